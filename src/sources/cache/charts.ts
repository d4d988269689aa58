import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { OldestOut } from "../../base/work/oldest-out.ts";
import { onDisk } from "./room.ts";
import { chartDigest } from "../chart/chart.ts";
import { type ChartFile, foldersOf } from "../chart/files.ts";
import { filesBelow, FolderCache, type FolderCacheOptions } from "./folders.ts";
import type { ArtifactHolder, ArtifactKeeper, ChartArtifact } from "../source.ts";

export interface ChartCacheOptions extends FolderCacheOptions {
  /** Asked once of each content, before it can be used; throws what is wrong with it. Default: all is taken. */
  readonly judge?: (files: readonly ChartFile[]) => Promise<void>;
}

const REMEMBERED = 2_000;

/** Chart folders `<directory>/<digest>`. An entry is complete or absent; nobody changes it. Errors are those of the file system. */
export class ChartCache implements ArtifactKeeper {
  readonly #folders: FolderCache;
  readonly #judge: NonNullable<ChartCacheOptions["judge"]>;
  /** Digests of contents that were found good. */
  readonly #good = new OldestOut<string, true>(REMEMBERED);

  private constructor(folders: FolderCache, judge: NonNullable<ChartCacheOptions["judge"]>) {
    this.#folders = folders;
    this.#judge = judge;
  }

  /** Takes over what an earlier process left; removes what it did not finish. */
  static async open({ judge = () => Promise.resolve(), ...options }: ChartCacheOptions): Promise<ChartCache> {
    return new ChartCache(await FolderCache.open(options, /^sha256\.[0-9a-f]{40}$/), judge);
  }

  /** Of all charts together. */
  get bytes(): number {
    return this.#folders.bytes;
  }

  /** The folder that holds `files`, whose digest the caller has computed. Written at most once. Rejects with `SourceError` when there is no room, and with what `judge` throws. */
  async put(digest: string, files: readonly ChartFile[]): Promise<string> {
    if (this.#good.get(digest) === undefined) await this.#judge(files);
    this.#good.set(digest, true);
    return this.#folders.obtain(digest, {
      bytes: sizeOf(files),
      fill: (folder) => write(folder, files),
      isSound: holds(digest),
    });
  }

  /** The folder of an entry that is whole; it counts as used. */
  find(digest: string): Promise<string | undefined> {
    return this.#folders.find(digest, holds(digest));
  }

  hold({ uid, namespace }: ArtifactHolder, { digest }: Pick<ChartArtifact, "digest">): Promise<boolean> {
    return this.#folders.hold(uid, { name: digest, account: namespace }, holds(digest));
  }

  release(uid: string): void {
    this.#folders.release(uid);
  }
}

/** On disk, with the folders. */
const sizeOf = (files: readonly ChartFile[]): number =>
  files.reduce((sum, { bytes }) => sum + onDisk(bytes.byteLength), (1 + foldersOf(files).size) * onDisk(0));

/** When an entry was made: the same as long as it is there. */
export const storedAtMs = async (path: string): Promise<number> => Math.floor((await stat(path)).mtimeMs);

const holds =
  (digest: string) =>
  async (folder: string): Promise<boolean> =>
    (await digestOf(folder)) === digest;

/** The last of several doors: whoever makes paths of what others wrote must not reach another entry. */
const staysInside = (path: string): boolean => path.split("/").every((part) => part !== "" && part !== "." && part !== "..");

const write = async (folder: string, files: readonly ChartFile[]): Promise<void> => {
  for (const file of files) {
    if (!staysInside(file.path)) throw new Error(`a chart in the cache cannot have the path ${JSON.stringify(file.path)}`);
    const target = join(folder, file.path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, file.bytes, { mode: 0o600, flag: "wx" });
  }
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
