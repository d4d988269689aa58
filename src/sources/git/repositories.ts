import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { sha256_40 } from "../../base/json/digest.ts";
import { canonicalJson } from "../../base/json/json.ts";
import { SingleFlight } from "../../base/work/single-flight.ts";
import { FolderCache, type FolderCacheOptions } from "../cache/folders.ts";
import { at, type Git, type GitOutcome, stdoutOf } from "./run.ts";
import { expandArgs, fetchCommitArgs, fetchHistoryArgs, initArgs } from "./argv.ts";
import { notFound, type SourceError } from "../errors.ts";
import type { GitRemote } from "./remote.ts";

const ENTRY = /^[0-9a-f]{40}-(?:[0-9a-f]{40}|[0-9a-f]{64}|short-[0-9a-f]{4,63})$/;

/**
 * What was fetched, on disk: `<who>-<commit>` is a bare repository with that commit and none of its history, `<who>-short-<prefix>` the full name of
 * an abbreviated one. Each is fetched once, however many ask, also after a restart. `who` stands for the location together with the credentials:
 * whoever has others has to show that they are let in. And with the proxy: somebody's own could answer in the server's place.
 */
export class GitRepositories {
  readonly #git: Git;
  readonly #folders: FolderCache;
  /** Looks at repositories, which are read as a whole for it. */
  readonly #judged = new SingleFlight<void>();

  private constructor(git: Git, folders: FolderCache) {
    this.#git = git;
    this.#folders = folders;
  }

  static async open(git: Git, options: FolderCacheOptions): Promise<GitRepositories> {
    return new GitRepositories(git, await FolderCache.open(options, ENTRY));
  }

  /** Of all repositories together. */
  get bytes(): number {
    return this.#folders.bytes;
  }

  /** The repository of the commit, once it is here, stays until `work` has ended. */
  during<T>(remote: GitRemote, commit: string, work: () => Promise<T>): Promise<T> {
    return this.#folders.during(this.#nameOf(remote, commit), work);
  }

  /** The folder of a repository that has the commit. `fetched`: this call has brought it. */
  async obtain(remote: GitRemote, commit: string): Promise<{ readonly repository: string; readonly fetched: boolean }> {
    let fetched = false;
    const fill = (folder: string): Promise<void> => {
      fetched = true;
      return this.#fetch(remote, commit, folder);
    };
    const repository = await this.#folders.obtain(this.#nameOf(remote, commit), { fill, isSound });
    return { repository, fetched };
  }

  /** The full name of the one commit whose name begins so. `like`: an object of the repository, whose name shows the kind of names it has. */
  async expand(remote: GitRemote, prefix: string, like: string): Promise<string> {
    const folder = await this.#folders.obtain(this.#nameOf(remote, `short-${prefix}`), {
      fill: (made) => this.#lookUp(remote, prefix, { like, folder: made }),
      isSound: async (made) => (await noteIn(made)).startsWith(prefix),
    });
    return noteIn(folder);
  }

  /** For a repository that could not be read: it will be fetched again if it is damaged. Otherwise it stays, because others read it. */
  judge(repository: string): Promise<void> {
    return this.#judged.do(repository, () => this.#judge(repository));
  }

  async #judge(repository: string): Promise<void> {
    if (!(await isSound(repository))) await this.#folders.remove(basename(repository));
  }

  /** A private folder for one command. */
  temporary<T>(use: (folder: string) => Promise<T>): Promise<T> {
    return this.#folders.temporary(use);
  }

  #nameOf({ location, credentials, proxy }: GitRemote, what: string): string {
    const { url, port, username = "", password = "" } = location;
    const who = sha256_40(url, String(port), username, password, canonicalJson(credentials), proxy?.href ?? "");
    return `${who.slice("sha256.".length)}-${what}`;
  }

  async #fetch(remote: GitRemote, commit: string, repository: string): Promise<void> {
    await this.#init(repository, commit, remote.field);
    const outcome = await this.#remote(remote, (url) => fetchCommitArgs(repository, url, commit));
    if (outcome.ok) return;
    if (!outcome.unadvertised) throw at(remote.field, outcome.failure);
    stdoutOf(await this.#remote(remote, (url) => fetchHistoryArgs(repository, url, { blobs: true })), remote.field);
    await this.#expandIn(repository, commit, remote.field);
  }

  async #lookUp(remote: GitRemote, prefix: string, { like, folder }: { readonly like: string; readonly folder: string }): Promise<void> {
    const history = join(folder, "history");
    await this.#init(history, like, remote.field);
    stdoutOf(await this.#remote(remote, (url) => fetchHistoryArgs(history, url, { blobs: false })), remote.field);
    const commit = await this.#expandIn(history, prefix, remote.field);
    await rm(history, { recursive: true });
    await writeFile(join(folder, NOTE), commit, { mode: 0o600 });
  }

  async #expandIn(repository: string, prefix: string, field: string): Promise<string> {
    const outcome = await this.temporary((folder) => this.#git.local(expandArgs(repository, prefix), { folder }));
    if (outcome.ok) return outcome.stdout.trim();
    throw noSuchCommit(prefix, outcome.failure, field);
  }

  async #init(repository: string, object: string, field: string): Promise<void> {
    stdoutOf(await this.temporary((folder) => this.#git.local(initArgs(repository, object), { folder })), field);
    await mkdir(join(repository, "info"));
    await writeFile(join(repository, "info", "attributes"), NO_ATTRIBUTES, { mode: 0o600 });
  }

  #remote(remote: GitRemote, args: (url: string) => readonly string[]): Promise<GitOutcome> {
    return this.temporary((folder) => this.#git.remote(remote, args, folder));
  }
}

/** Goes before what the repository says of itself: files come out as they were committed. */
const NO_ATTRIBUTES = "* -text !eol !ident !filter !working-tree-encoding\n";

const NOTE = "commit";

const noteIn = (folder: string): Promise<string> => readFile(join(folder, NOTE), "utf8").catch(() => "");

const noSuchCommit = (prefix: string, { message }: SourceError, field: string): SourceError =>
  /ambiguous/.test(message)
    ? notFound(`${field}: several objects have hashes that begin with ${prefix}: give more of the commit hash`)
    : notFound(`${field}: no branch or tag has a commit whose hash begins with ${prefix}`);

const isSound = async (repository: string): Promise<boolean> => {
  const [head, config] = await Promise.all(["HEAD", "config"].map((name) => readFile(join(repository, name), "utf8").catch(() => "")));
  return head?.startsWith("ref: ") === true && config?.startsWith("[core]") === true && hasSoundPacks(repository, config.includes("sha256"));
};

/** git ends packs and their indexes with the digest of all before. */
const hasSoundPacks = async (repository: string, sha256: boolean): Promise<boolean> => {
  const folder = join(repository, "objects", "pack");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.(?:pack|idx)$/.test(name));
  for (const name of names) if (!endsWithItsDigest(await readFile(join(folder, name)), sha256 ? "sha256" : "sha1")) return false;
  return names.some((name) => name.endsWith(".pack")) && names.some((name) => name.endsWith(".idx"));
};

const endsWithItsDigest = (bytes: Buffer, algorithm: "sha1" | "sha256"): boolean => {
  const length = algorithm === "sha1" ? 20 : 32;
  return createHash(algorithm).update(bytes.subarray(0, -length)).digest().equals(bytes.subarray(-length));
};
