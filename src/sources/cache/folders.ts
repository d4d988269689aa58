import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/time/clock.ts";
import { SingleFlight } from "../../base/work/single-flight.ts";
import { Holders, onDisk, refuseBeyondShare, toMakeRoom, type Use } from "./room.ts";

export interface FolderCacheOptions {
  /** Belongs to one process; created with mode 0700. */
  readonly directory: string;
  readonly clock: Clock;
  /** Of all entries. Default 1 GiB. */
  readonly maxBytes?: number;
}

/** How an entry is made, and how it is told that nobody has damaged it. */
export interface Making {
  /** On disk, where that is known beforehand; otherwise it is measured before the entry counts as one. */
  readonly bytes?: number;
  /** Fills the new, empty folder. */
  fill(folder: string): Promise<void>;
  /** Asked once a process of what an earlier process left. */
  isSound(folder: string): Promise<boolean>;
}

interface Entry {
  readonly bytes: number;
  usedMs: number;
  /** Its content was looked at in this process. */
  verified: boolean;
}

const TEMPORARY = "tmp-";

/** Folders `<directory>/<name>` whose content follows from their name. An entry is complete or absent; nobody changes it. Errors are those of the file system. */
export class FolderCache {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #holders = new Holders();
  readonly #entries = new Map<string, Entry>();
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #running = new SingleFlight<string>();

  private constructor(options: FolderCacheOptions) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#maxBytes = options.maxBytes ?? 2 ** 30;
  }

  /** Takes over what an earlier process left under names that match; removes what it did not finish. */
  static async open(options: FolderCacheOptions, names: RegExp): Promise<FolderCache> {
    const cache = new FolderCache(options);
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(options.directory)) {
      const path = join(options.directory, name);
      if (name.startsWith(TEMPORARY)) await rm(path, { recursive: true, force: true });
      else if (names.test(name)) cache.#entries.set(name, { bytes: await bytesBelow(path), usedMs: (await stat(path)).mtimeMs, verified: false });
    }
    return cache;
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Of all entries together. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The folder of that name if it is there and whole; it counts as used. */
  async find(name: string, isSoundFolder: Making["isSound"]): Promise<string | undefined> {
    const path = join(this.#directory, name);
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    entry.usedMs = this.#clock.now();
    return (await isSound(path, entry, isSoundFolder)) ? path : undefined;
  }

  /**
   * From now on `holder` uses this folder and no other: it stays. False when it is not there, or not whole.
   * Rejects with `SourceError` when the account would have more than its share; then the holder keeps what it had.
   */
  async hold(holder: unknown, use: Use, isSoundFolder: Making["isSound"]): Promise<boolean> {
    refuseBeyondShare({ ...use, entries: this.#entries, uses: this.#holders.besides(holder), maxBytes: this.#maxBytes });
    this.#holders.hold(holder, use);
    return (await this.find(use.name, isSoundFolder)) !== undefined;
  }

  release(holder: unknown): void {
    this.#holders.release(holder);
  }

  /** Nothing takes the folder of that name away before `work` has ended. */
  during<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#holders.during(name, work);
  }

  /**
   * The folder of that name, made if need be; at most once, however many ask at the same time.
   * Rejects with `SourceError` when there is no room beside what is in use.
   */
  obtain(name: string, making: Making): Promise<string> {
    return this.#running.do(name, () => this.#obtain(name, making));
  }

  /** A folder beside the entries, for `use` only; removed afterwards. */
  async temporary<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(this.#directory, TEMPORARY));
    try {
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** By way of a temporary name, so that a half-removed folder is never taken for an entry. */
  async remove(name: string): Promise<void> {
    this.#entries.delete(name);
    const path = join(this.#directory, name);
    if (await exists(path)) await this.temporary((folder) => rename(path, join(folder, name)));
  }

  async #obtain(name: string, making: Making): Promise<string> {
    const found = await this.find(name, (folder) => making.isSound(folder));
    if (found !== undefined) return found;
    const path = join(this.#directory, name);
    await this.#leaving.get(name);
    await this.remove(name);
    try {
      await this.temporary((folder) => this.#make({ name, path, made: join(folder, name) }, making));
    } catch (error) {
      this.#entries.delete(name);
      throw error;
    }
    return path;
  }

  async #make({ name, path, made }: { readonly name: string; readonly path: string; readonly made: string }, making: Making): Promise<void> {
    await mkdir(made, { mode: 0o700 });
    if (making.bytes !== undefined) await this.#admit(name, making.bytes);
    await making.fill(made);
    if (making.bytes === undefined) await this.#admit(name, await bytesBelow(made));
    await rename(made, path);
  }

  /** Whoever wants it again waits until it has gone. */
  #leave(name: string): Promise<void> {
    const leaving = this.remove(name).finally(() => this.#leaving.delete(name));
    this.#leaving.set(name, leaving);
    return leaving;
  }

  /** Counts from now on; what must go for it does so. */
  async #admit(name: string, bytes: number): Promise<void> {
    const held = new Set([...this.#holders.names, ...this.#running.keys()]);
    const victims = toMakeRoom({ entries: this.#entries, held, bytes, maxBytes: this.#maxBytes });
    for (const victim of victims) this.#entries.delete(victim);
    this.#entries.set(name, { bytes, usedMs: this.#clock.now(), verified: true });
    await Promise.all(victims.map((victim) => this.#leave(victim)));
  }
}

const isSound = async (path: string, entry: Entry, isSoundFolder: Making["isSound"]): Promise<boolean> => {
  entry.verified = entry.verified ? await exists(path) : await isSoundFolder(path);
  return entry.verified;
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Paths of everything below a folder that is no folder itself. */
export const filesBelow = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));

/** What a folder takes on disk. */
export const bytesBelow = async (folder: string): Promise<number> => {
  let bytes = onDisk(0);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const size = entry.isDirectory() ? 0 : (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size;
    bytes += onDisk(size ?? 0);
  }
  return bytes;
};
