import { noRoom } from "../errors.ts";

/** The unit in which disks are given away: a chart of many tiny files takes more than their sizes. */
const BLOCK = 4096;

/** What a file or folder of so many bytes takes on disk. */
export const onDisk = (bytes: number): number => Math.max(1, Math.ceil(bytes / BLOCK)) * BLOCK;

/** What is used, and on whose account; work of the operator's own is on nobody's. */
export interface Use {
  readonly name: string;
  readonly account?: string | undefined;
}

/** Who uses what of a cache; that stays. */
export class Holders {
  readonly #held = new Map<unknown, Use>();

  /** From now on `holder` uses this, and nothing else. */
  hold(holder: unknown, use: Use): void {
    this.#held.set(holder, use);
  }

  release(holder: unknown): void {
    this.#held.delete(holder);
  }

  /** Nothing that is used by `work` goes before it has ended. */
  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    const holder = {};
    this.hold(holder, { name });
    try {
      return await work();
    } finally {
      this.release(holder);
    }
  }

  get names(): ReadonlySet<string> {
    return new Set([...this.#held.values()].map(({ name }) => name));
  }

  /** What everybody but `holder` uses. */
  besides(holder: unknown): readonly Use[] {
    return [...this.#held].flatMap(([other, use]) => (other === holder ? [] : [use]));
  }
}

type Entries = ReadonlyMap<string, { readonly bytes: number; readonly usedMs: number }>;

export interface Claim extends Use {
  readonly entries: Entries;
  /** What all others use. */
  readonly uses: readonly Use[];
  readonly maxBytes: number;
}

/**
 * Whether it may be used, too: what one account uses leaves as much for all others as it takes, so that there is room for each, however many
 * they are. What somebody uses already takes no room.
 * @throws {SourceError} It would leave less.
 */
export const refuseBeyondShare = ({ name, account, entries, uses, maxBytes }: Claim): void => {
  if (account === undefined || uses.some((use) => use.name === name)) return;
  const bytesOf = (names: readonly string[]): number => [...new Set(names)].reduce((sum, each) => sum + (entries.get(each)?.bytes ?? 0), 0);
  const all = [...uses, { name, account }];
  const own = bytesOf(all.filter((use) => use.account === account).map((use) => use.name));
  const left = maxBytes - bytesOf(all.map((use) => use.name));
  if (own <= left) return;
  throw noRoom(
    `the cache has no room for another chart of namespace ${JSON.stringify(account)}: its charts in use would take ${own} of ${maxBytes} bytes and leave ${Math.max(0, left)} for all other namespaces, less than they take themselves; delete charts that are not needed there, or raise --cache-size`,
  );
};

export interface Demand {
  readonly entries: Entries;
  readonly held: ReadonlySet<string>;
  /** Wanted beside the entries. */
  readonly bytes: number;
  readonly maxBytes: number;
}

/**
 * The entries that must go to make room, the least recently used first, never what is held.
 * @throws {SourceError} That would not be enough.
 */
export const toMakeRoom = ({ entries, held, bytes, maxBytes }: Demand): readonly string[] => {
  let excess = [...entries.values()].reduce((sum, entry) => sum + entry.bytes, bytes) - maxBytes;
  const victims: string[] = [];
  if (excess <= 0) return victims;
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.usedMs - b.usedMs)) {
    if (excess <= 0) break;
    if (held.has(name)) continue;
    victims.push(name);
    excess -= entry.bytes;
  }
  if (excess <= 0) return victims;
  throw noRoom(`the cache is full: what is in use leaves too little of its ${maxBytes} bytes; raise --cache-size`);
};
