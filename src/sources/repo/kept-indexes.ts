import { Semaphore } from "../../base/work/semaphore.ts";
import type { RepoIndex } from "./repository-index.ts";

/** Versions of charts in memory, some 200 bytes each. */
const MAX_VERSIONS = 300_000;

interface Kept {
  readonly reading: Promise<RepoIndex>;
  /** Known once it is read. */
  versions: number;
}

/** Indexes by digest, each read once however many ask, and one at a time, because that takes memory: reading a large one takes a second. */
export class KeptIndexes {
  readonly #kept = new Map<string, Kept>();
  readonly #turn = new Semaphore(1);

  /** What `read` gives, now or before. The promise stands for shared work. One that fails is forgotten. */
  get(digest: string, read: () => Promise<RepoIndex>): Promise<RepoIndex> {
    const kept = this.#kept.get(digest) ?? { reading: this.#turn.run(read, NEVER), versions: 0 };
    const isNew = !this.#kept.delete(digest);
    this.#kept.set(digest, kept);
    if (isNew)
      kept.reading.then(
        (index) => this.#weigh(kept, index),
        () => this.#kept.delete(digest),
      );
    return kept.reading;
  }

  /** Those asked for longest ago go, the newest never. */
  #weigh(kept: Kept, index: RepoIndex): void {
    kept.versions = [...index.values()].reduce((sum, { versions, unusable }) => sum + versions.length + unusable.length, 0);
    let total = [...this.#kept.values()].reduce((sum, { versions }) => sum + versions, 0);
    for (const [digest, { versions }] of this.#kept) {
      if (total <= MAX_VERSIONS || this.#kept.size === 1) return;
      this.#kept.delete(digest);
      total -= versions;
    }
  }
}

const NEVER = new AbortController().signal;
