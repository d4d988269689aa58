import { aborted } from "../../base/time/abortable.ts";
import { shardOf } from "./shard-of.ts";

interface Shard {
  /** Of this replica's hold of it. */
  readonly epoch: string;
  /** Passes under way. */
  active: number;
  /** It is to be given up: no pass begins any more. */
  leaving: boolean;
  idle: PromiseWithResolvers<void>;
}

/** Which shards this replica holds, and which passes are under way in each: none begins in one that is not held. */
export class Gate {
  readonly shards: number;
  readonly #held = new Map<number, Shard>();

  constructor(shards: number) {
    this.shards = shards;
  }

  get held(): readonly number[] {
    return [...this.#held.keys()].toSorted((a, b) => a - b);
  }

  /** Of the hold under which the object of this uid is worked on; undefined: it is not ours. */
  epochOf(uid: string): string | undefined {
    return this.#held.get(shardOf(uid, this.shards))?.epoch;
  }

  epochOfShard(shard: number): string | undefined {
    return this.#held.get(shard)?.epoch;
  }

  gain(shard: number, epoch: string): void {
    this.#held.set(shard, { epoch, active: 0, leaving: false, idle: Promise.withResolvers() });
  }

  lose(shard: number): void {
    this.#held.delete(shard);
  }

  /** Does the pass if the object of this uid is ours and stays so for now; otherwise resolves with undefined at once. */
  async pass<T>(uid: string, pass: () => Promise<T>): Promise<T | undefined> {
    const shard = this.#held.get(shardOf(uid, this.shards));
    if (shard === undefined || shard.leaving) return undefined;
    shard.active += 1;
    try {
      return await pass();
    } finally {
      shard.active -= 1;
      if (shard.active === 0) shard.idle.resolve();
    }
  }

  /** From now on no pass begins in it. Resolves when none is under way, or when the signal aborts: then with false. */
  async close(shard: number, signal: AbortSignal): Promise<boolean> {
    const one = this.#held.get(shard);
    if (one === undefined) return true;
    one.leaving = true;
    one.idle = Promise.withResolvers();
    if (one.active > 0) await Promise.race([one.idle.promise, aborted(signal)]);
    return one.active === 0;
  }

  /** After all it stays ours. */
  reopen(shard: number): void {
    const one = this.#held.get(shard);
    if (one !== undefined) one.leaving = false;
  }
}
