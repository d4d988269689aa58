import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";

export interface FolderCacheOptions {
  /** Belongs to one process; created with mode 0700. */
  readonly directory: string;
  readonly clock: Clock;
  /** Default 1 GiB. Exceeded rather than removing an entry that may be in use. */
  readonly maxBytes?: number;
  /** How long after its last use an entry is taken to be in use. Default one hour. */
  readonly keepMs?: number;
}

/** How an entry is made, and how it is told that nobody has damaged it. */
export interface Making {
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
  readonly #keepMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Map<string, Promise<string>>();

  private constructor(options: FolderCacheOptions) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#maxBytes = options.maxBytes ?? 2 ** 30;
    this.#keepMs = options.keepMs ?? 3_600_000;
  }

  /** Takes over what an earlier process left under names that match; removes what it did not finish. */
  static async open(options: FolderCacheOptions, names: RegExp): Promise<FolderCache> {
    const cache = new FolderCache(options);
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(options.directory)) {
      const path = join(options.directory, name);
      if (name.startsWith(TEMPORARY)) await rm(path, { recursive: true, force: true });
      else if (names.test(name)) cache.#entries.set(name, { bytes: await sizeOf(path), usedMs: (await stat(path)).mtimeMs, verified: false });
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

  /** The folder of that name, made if need be; at most once, however many ask at the same time. */
  obtain(name: string, making: Making): Promise<string> {
    const running = this.#running.get(name) ?? this.#obtain(name, making).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    return running;
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
    await this.remove(name);
    await this.temporary(async (folder) => {
      const made = join(folder, name);
      await mkdir(made, { mode: 0o700 });
      await making.fill(made);
      await rename(made, path);
    });
    this.#entries.set(name, { bytes: await sizeOf(path), usedMs: this.#clock.now(), verified: true });
    await this.#evict();
    return path;
  }

  async #evict(): Promise<void> {
    const idle = [...this.#entries].filter(([, { usedMs }]) => usedMs < this.#clock.now() - this.#keepMs).sort(([, a], [, b]) => a.usedMs - b.usedMs);
    let total = this.bytes;
    for (const [name, { bytes }] of idle) {
      if (total <= this.#maxBytes) return;
      if (this.#running.has(name)) continue;
      total -= bytes;
      await this.remove(name);
    }
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

const sizeOf = async (folder: string): Promise<number> => {
  let bytes = 0;
  for (const path of await filesBelow(folder)) bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  return bytes;
};
