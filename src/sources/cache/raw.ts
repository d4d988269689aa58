import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/time/clock.ts";
import { OldestOut } from "../../base/work/oldest-out.ts";
import { digestOf, writeHashed } from "./content-file.ts";
import { parseRemembered, type Remembered } from "./remembered.ts";
import { Holders, toMakeRoom } from "./room.ts";
import type { Sink } from "../net/http-request.ts";

export interface RawCacheOptions {
  /** Belongs to one process; created with mode 0700. */
  readonly directory: string;
  readonly clock: Clock;
  /** Of contents, those that are being written included. Default 1 GiB. */
  readonly maxBytes?: number;
}

interface Entry {
  readonly bytes: number;
  usedMs: number;
}

const MAX_NAMES = 10_000;
const TEMPORARY = "tmp-";
const CONTENT = /^[0-9a-f]{64}$/;
const NAME = /^name-([0-9a-f]{64})$/;

/**
 * Archives as they were fetched, by digest, and what places were found to hold. An entry is complete or absent, and compared with its name whenever
 * it is handed out. Errors are those of the file system.
 */
export class RawCache {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #holders = new Holders();
  readonly #entries = new Map<string, Entry>();
  readonly #names = new OldestOut<string, Remembered>(MAX_NAMES);
  #writing = 0;

  private constructor({ directory, clock, maxBytes = 2 ** 30 }: RawCacheOptions) {
    this.#directory = directory;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** Takes over what an earlier process left; removes what it did not finish. */
  static async open(options: RawCacheOptions): Promise<RawCache> {
    const cache = new RawCache(options);
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const found = await readdir(options.directory);
    for (const name of found) await cache.#adoptContent(name);
    for (const name of found) await cache.#adoptName(name);
    return cache;
  }

  /** Of all contents together. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What `key` held, if that is still here and whole; it counts as used. */
  async recall(key: string): Promise<Remembered | undefined> {
    const known = this.#names.get(key);
    return known !== undefined && (await this.find(known.digest)) !== undefined ? known : undefined;
  }

  /** `key`: 64 hex digits. What it held before goes, unless it is in use or another key holds it too. */
  async remember(key: string, what: Remembered): Promise<void> {
    const former = this.#names.get(key)?.digest;
    await this.#name(key, what);
    await this.scratch(async (folder) => {
      await writeFile(join(folder, "new"), JSON.stringify(what), { mode: 0o600 });
      await rename(join(folder, "new"), join(this.#directory, `name-${key}`));
    });
    if (former !== undefined && !this.#isWanted(former)) await this.#drop(former);
  }

  /** The file of a content that is here and whole; it counts as used. A damaged one is removed. */
  async find(digest: string): Promise<string | undefined> {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    entry.usedMs = this.#clock.now();
    const path = this.#pathOf(digest);
    if ((await digestOf(path)) === digest) return path;
    await this.#drop(digest);
    return undefined;
  }

  /** Does `work` with the file of a content that is here and whole, and stays for so long. */
  use<T>(digest: string, work: (file: string | undefined) => Promise<T>): Promise<T> {
    return this.#holders.during(digest, async () => work(await this.find(digest)));
  }

  /**
   * Keeps what `fill` hands to the sink and returns its digest; undefined when `fill` says that there is nothing to keep.
   * What does not have the `expected` digest is not kept. Rejects with `SourceError` when there is no room beside what is in use.
   */
  async keep(fill: (sink: Sink) => Promise<boolean>, expected?: string): Promise<string | undefined> {
    return this.scratch(async (folder) => {
      let claimed = 0;
      const claim = async (bytes: number): Promise<void> => {
        const victims = this.#victims(bytes);
        claimed += bytes;
        this.#writing += bytes;
        await this.#dropAll(victims);
      };
      try {
        return await this.#write({ path: join(folder, "content"), expected, claim }, fill);
      } finally {
        this.#writing -= claimed;
      }
    });
  }

  async #write({ path, expected, claim }: Writing, fill: (sink: Sink) => Promise<boolean>): Promise<string | undefined> {
    const written = await writeHashed(path, claim, fill);
    if (written === undefined) return undefined;
    const { digest, bytes } = written;
    if (expected !== undefined && digest !== expected) return digest;
    await rename(path, this.#pathOf(digest));
    this.#entries.set(digest, { bytes, usedMs: this.#clock.now() });
    return digest;
  }

  /** Does `work` with a private folder that is gone afterwards. */
  async scratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(this.#directory, TEMPORARY));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #adoptContent(name: string): Promise<void> {
    const path = join(this.#directory, name);
    if (name.startsWith(TEMPORARY)) return rm(path, { recursive: true, force: true });
    if (!CONTENT.test(name)) return undefined;
    const { size, mtimeMs } = await stat(path);
    this.#entries.set(`sha256:${name}`, { bytes: size, usedMs: mtimeMs });
  }

  async #adoptName(name: string): Promise<void> {
    const key = NAME.exec(name)?.[1];
    if (key === undefined) return;
    const path = join(this.#directory, name);
    const what = parseRemembered(await readFile(path, "utf8"));
    if (what !== undefined && this.#entries.has(what.digest)) await this.#name(key, what);
    else await rm(path, { force: true });
  }

  #isWanted(digest: string): boolean {
    return this.#holders.names.has(digest) || [...this.#names.entries()].some(([, what]) => what.digest === digest);
  }

  /** No longer counted, from now on. */
  #victims(bytes: number): readonly string[] {
    const victims = toMakeRoom({ entries: this.#entries, held: this.#holders.names, bytes: this.#writing + bytes, maxBytes: this.#maxBytes });
    for (const digest of victims) this.#entries.delete(digest);
    return victims;
  }

  async #dropAll(digests: readonly string[]): Promise<void> {
    for (const digest of digests) await this.#drop(digest);
  }

  /** Removes a content that is of no use to the caller, unless somebody else works with it. */
  async discard(digest: string): Promise<void> {
    if (!this.#holders.names.has(digest)) await this.#drop(digest);
  }

  /** Removes a content and all memory of it. */
  async #drop(digest: string): Promise<void> {
    this.#entries.delete(digest);
    for (const [key, what] of this.#names.entries()) if (what.digest === digest) await this.#forget(key);
    await rm(this.#pathOf(digest), { recursive: true, force: true });
  }

  async #name(key: string, what: Remembered): Promise<void> {
    const oldest = this.#names.set(key, what);
    if (oldest !== undefined) await this.#forget(oldest);
  }

  async #forget(key: string): Promise<void> {
    this.#names.delete(key);
    await rm(join(this.#directory, `name-${key}`), { force: true });
  }

  #pathOf(digest: string): string {
    return join(this.#directory, digest.slice("sha256:".length));
  }
}

interface Writing {
  readonly path: string;
  readonly expected: string | undefined;
  /** Asked before bytes are written; rejects when there is no room. */
  readonly claim: (bytes: number) => Promise<void>;
}
