import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { Clock } from "../base/clock.ts";
import { chartDigest } from "./chart.ts";
import type { ChartFile } from "./chart-files.ts";

export interface ChartCacheOptions {
  /** Belongs to one process; created with mode 0700. */
  readonly directory: string;
  readonly clock: Clock;
  /** Default 1 GiB. Exceeded rather than removing an entry that may be in use. */
  readonly maxBytes?: number;
  /** How long after its last use an entry is taken to be in use, because a helm run may still read it. Default one hour. */
  readonly keepMs?: number;
}

interface Entry {
  readonly bytes: number;
  usedMs: number;
  /** Its content was compared with its name in this process. */
  verified: boolean;
}

const TEMPORARY = "tmp-";
const ENTRY = /^sha256\.[0-9a-f]{40}$/;

/** Content-addressed folders `<directory>/<digest>`. An entry is complete or absent; nobody changes it. Errors are those of the file system. */
export class ChartCache {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #keepMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #puts = new Map<string, Promise<string>>();

  private constructor(options: ChartCacheOptions) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#maxBytes = options.maxBytes ?? 2 ** 30;
    this.#keepMs = options.keepMs ?? 3_600_000;
  }

  /** Takes over what an earlier process left; removes what it did not finish. */
  static async open(options: ChartCacheOptions): Promise<ChartCache> {
    const cache = new ChartCache(options);
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(options.directory)) {
      const path = join(options.directory, name);
      if (name.startsWith(TEMPORARY)) await rm(path, { recursive: true, force: true });
      else if (ENTRY.test(name)) cache.#entries.set(name, { bytes: await sizeOf(path), usedMs: (await stat(path)).mtimeMs, verified: false });
    }
    return cache;
  }

  /** The folder that holds `files`, whose digest the caller has computed. Written at most once. */
  put(digest: string, files: readonly ChartFile[]): Promise<string> {
    const running = this.#puts.get(digest) ?? this.#put(digest, files).finally(() => this.#puts.delete(digest));
    this.#puts.set(digest, running);
    return running;
  }

  /** The folder of an entry that is whole; it counts as used. */
  async find(digest: string): Promise<string | undefined> {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    entry.usedMs = this.#clock.now();
    return (await this.#isSound(digest, entry)) ? join(this.#directory, digest) : undefined;
  }

  async #put(digest: string, files: readonly ChartFile[]): Promise<string> {
    const path = join(this.#directory, digest);
    const entry = this.#entries.get(digest);
    if (entry !== undefined) entry.usedMs = this.#clock.now();
    if (entry !== undefined && (await this.#isSound(digest, entry))) return path;
    await this.#remove(digest);
    await this.#write(path, files);
    const bytes = files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
    this.#entries.set(digest, { bytes, usedMs: this.#clock.now(), verified: true });
    await this.#evict();
    return path;
  }

  async #isSound(digest: string, entry: Entry): Promise<boolean> {
    const path = join(this.#directory, digest);
    entry.verified = entry.verified ? await exists(path) : (await digestOf(path)) === digest;
    return entry.verified;
  }

  async #write(path: string, files: readonly ChartFile[]): Promise<void> {
    const temporary = await mkdtemp(join(this.#directory, TEMPORARY));
    try {
      for (const file of files) {
        const target = join(temporary, file.path);
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await writeFile(target, file.bytes, { mode: 0o600, flag: "wx" });
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
  }

  async #evict(): Promise<void> {
    const idle = [...this.#entries].filter(([, { usedMs }]) => usedMs < this.#clock.now() - this.#keepMs).sort(([, a], [, b]) => a.usedMs - b.usedMs);
    let total = [...this.#entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [digest, { bytes }] of idle) {
      if (total <= this.#maxBytes) return;
      if (this.#puts.has(digest)) continue;
      total -= bytes;
      await this.#remove(digest);
    }
  }

  /** By way of a temporary name, so that a half-removed folder is never taken for an entry. */
  async #remove(digest: string): Promise<void> {
    this.#entries.delete(digest);
    const path = join(this.#directory, digest);
    if (!(await exists(path))) return;
    const temporary = await mkdtemp(join(this.#directory, TEMPORARY));
    await rename(path, join(temporary, digest));
    await rm(temporary, { recursive: true, force: true });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const filesBelow = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));

const sizeOf = async (folder: string): Promise<number> => {
  let bytes = 0;
  for (const path of await filesBelow(folder)) bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  return bytes;
};

const digestOf = async (folder: string): Promise<string | undefined> => {
  try {
    const files: ChartFile[] = [];
    for (const path of await filesBelow(folder)) files.push({ path: relative(folder, path).replaceAll(sep, "/"), bytes: await readFile(path) });
    return chartDigest(files);
  } catch {
    return undefined;
  }
};
