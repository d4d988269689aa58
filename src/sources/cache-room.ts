import { SourceError } from "./source.ts";

/** The unit in which disks are given away: a chart of many tiny files takes more than their sizes. */
const BLOCK = 4096;

/** What a file or folder of so many bytes takes on disk. */
export const onDisk = (bytes: number): number => Math.max(1, Math.ceil(bytes / BLOCK)) * BLOCK;

/** Who uses what of a cache; that stays. */
export class Holders {
  readonly #held = new Map<unknown, string>();

  /** From now on `holder` uses this, and nothing else. */
  hold(holder: unknown, name: string): void {
    this.#held.set(holder, name);
  }

  release(holder: unknown): void {
    this.#held.delete(holder);
  }

  /** Nothing that is used by `work` goes before it has ended. */
  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    const holder = {};
    this.hold(holder, name);
    try {
      return await work();
    } finally {
      this.release(holder);
    }
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#held.values());
  }
}

export interface Demand {
  readonly entries: ReadonlyMap<string, { readonly bytes: number; readonly usedMs: number }>;
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
  throw new SourceError(`there is no room in the cache, which may have ${maxBytes} bytes: what is in use leaves too little; raise --cache-size`, {
    reason: "TooLarge",
    class: "transient",
  });
};
