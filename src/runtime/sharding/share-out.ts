/** Who holds what, as everybody sees it. */
export interface Holdings {
  readonly shards: number;
  /** Names of those that live, in whatever order. */
  readonly replicas: readonly string[];
  /** By shard: who holds it; undefined: nobody, or one that is dead. */
  readonly holders: ReadonlyMap<number, string>;
}

/**
 * Whose each shard is to be: as many for each as for any other, or one more, and no more of them move than that takes. The same for everybody who sees
 * the same, and what is so already is left so.
 */
export const shareOut = ({ shards, replicas, holders }: Holdings): ReadonlyMap<number, string> => {
  const held = new Map(replicas.map((name): [string, number[]] => [name, []]));
  const free: number[] = [];
  for (let shard = 0; shard < shards; shard += 1) (held.get(holders.get(shard) ?? "") ?? free).push(shard);
  const targets = targetsOf(held, shards);
  for (const [name, own] of held) free.push(...own.splice(targets.get(name) ?? 0));
  free.sort((a, b) => a - b);
  for (const [name, target] of targets) {
    const own = held.get(name) ?? [];
    own.push(...free.splice(0, target - own.length));
  }
  return new Map([...held].flatMap(([name, own]) => own.map((shard): [number, string] => [shard, name])));
};

/** Whoever holds most keeps one more, where they cannot all have the same. */
const targetsOf = (held: ReadonlyMap<string, readonly number[]>, shards: number): ReadonlyMap<string, number> => {
  const order = [...held].toSorted(([a, own], [b, others]) => others.length - own.length || (a < b ? -1 : 1));
  const [least, rest] = [Math.floor(shards / order.length), shards % order.length];
  return new Map(order.map(([name], index) => [name, index < rest ? least + 1 : least]));
};
