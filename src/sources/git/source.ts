import { lstat, realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { abortable } from "../../base/time/abortable.ts";
import { OldestOut } from "../../base/work/oldest-out.ts";
import { SingleFlight } from "../../base/work/single-flight.ts";
import { type ChartCache, storedAtMs } from "../cache/charts.ts";
import { chartDigest, type ChartMetadata, noChart, readChartMetadata } from "../chart/chart.ts";
import { contentsOf } from "../chart/contents.ts";
import { readChartFiles } from "../chart/files.ts";
import { filesBelow, type FolderCacheOptions } from "../cache/folders.ts";
import { Git, type GitDeps, stdoutOf } from "./run.ts";
import { lsRemoteArgs } from "./argv.ts";
import { GitCheckouts } from "./checkouts.ts";
import { parseGitLocation, shownLocation } from "./location.ts";
import { type GitReference, objectOf, parseGitReference, parseRefs, patternsOf } from "./reference.ts";
import type { GitRemote } from "./remote.ts";
import { GitRepositories } from "./repositories.ts";
import { checkPin } from "../pin.ts";
import { parseSubpath } from "./tree.ts";
import { parseProxy } from "../net/proxy.ts";
import { SharedReads } from "../cache/shared-reads.ts";
import type { ChartArtifact, ChartSource, SourceSpec } from "../source.ts";
import { notFound, SourceError, unreadable } from "../errors.ts";

export interface GitSourceOptions extends GitDeps {
  /** Of the charts that are read from repositories. */
  readonly charts: ChartCache;
  /** Of the repositories; `directory` is its own. */
  readonly repositories: FolderCacheOptions;
  /** Told of each fetch of a commit that was here, or that another one was bringing. */
  readonly onSpared?: () => void;
}

interface Wanted {
  readonly remote: GitRemote;
  readonly reference: GitReference;
  readonly subpath: string;
  /** Names location and subpath. */
  readonly field: string;
  readonly digest: string | undefined;
}

/**
 * `source.type: git`. A name is asked of the server at each fetch, a commit is not: it is what it is. The commit is fetched once for all charts in it;
 * the digest is that of the chart's files, so a commit elsewhere in the repository changes nothing.
 */
export class GitSource implements ChartSource {
  readonly #options: GitSourceOptions;
  readonly #git: Git;
  readonly #repositories: GitRepositories;
  readonly #checkouts: GitCheckouts;
  readonly #questions = new SharedReads<string>();
  readonly #known = new OldestOut<string, Content>(MAX_KNOWN);
  readonly #running = new SingleFlight<Content & { readonly path: string }>();

  private constructor(options: GitSourceOptions, git: Git, repositories: GitRepositories) {
    this.#options = options;
    this.#git = git;
    this.#repositories = repositories;
    this.#checkouts = new GitCheckouts((use) => repositories.temporary(use), options.signal);
  }

  static async open(options: GitSourceOptions): Promise<GitSource> {
    const git = new Git(options);
    return new GitSource(options, git, await GitRepositories.open(git, options.repositories));
  }

  /** Of the repositories together. */
  get bytes(): number {
    return this.#repositories.bytes;
  }

  async fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    signal.throwIfAborted();
    return abortable(this.#fetch(parse(spec)), signal);
  }

  async #fetch(wanted: Wanted): Promise<ChartArtifact> {
    const commit = await this.#resolve(wanted);
    return this.#repositories.during(wanted.remote, commit, () => this.#fetchCommit(wanted, commit));
  }

  async #fetchCommit(wanted: Wanted, commit: string): Promise<ChartArtifact> {
    const { repository, fetched } = await this.#repositories.obtain(wanted.remote, commit).catch(trouble);
    if (!fetched) this.#options.onSpared?.();
    const artifact = await this.#read(wanted, repository, commit);
    checkPin(wanted.digest, [commit, artifact.digest], wanted.field);
    return artifact;
  }

  async #resolve({ remote, reference }: Wanted): Promise<string> {
    if (reference.kind === "commit") return reference.commit;
    const key = JSON.stringify([remote, patternsOf(reference)]);
    const refs = parseRefs(await this.#questions.read(key, () => this.#ask(remote, patternsOf(reference))).catch(trouble));
    const found = objectOf(reference, refs);
    if (found !== undefined) return found;
    if (reference.kind === "name" && reference.prefix !== undefined)
      return this.#repositories.expand(remote, reference.prefix, refs.get("HEAD") ?? "").catch(trouble);
    throw notFound(`${remote.field}: ${missing(reference)}`);
  }

  async #ask(remote: GitRemote, patterns: readonly string[]): Promise<string> {
    const outcome = await this.#repositories.temporary((folder) => this.#git.remote(remote, (url) => lsRemoteArgs(url, patterns), folder));
    return stdoutOf(outcome, remote.field);
  }

  async #read(wanted: Wanted, repository: string, commit: string): Promise<ChartArtifact> {
    const key = `${repository}:${wanted.subpath}`;
    const known = this.#known.get(key);
    const path = known === undefined ? undefined : await this.#options.charts.find(known.digest);
    if (known !== undefined && path !== undefined) return artifactOf(known, path, commit);
    const content = await this.#running.do(key, () => this.#extract(wanted, repository, commit));
    this.#known.set(key, { digest: content.digest, metadata: content.metadata });
    return artifactOf(content, content.path, commit);
  }

  async #extract({ subpath, field }: Wanted, repository: string, commit: string): Promise<Content & { readonly path: string }> {
    const { limits, charts } = this.#options;
    try {
      return await this.#checkouts.use({ git: this.#git, repository, commit, subpath, limits, field }, async (tree) => {
        const folder = await realpath(tree);
        await expectChart(folder, field);
        const files = await readChartFiles(folder, field);
        const [digest, metadata] = [chartDigest(files), readChartMetadata(files, field)];
        return { path: await charts.put(digest, files), digest, metadata };
      });
    } catch (error) {
      // Objects that cannot be read are fetched again the next time.
      if (error instanceof SourceError && error.reason === "Unreadable") await this.#repositories.judge(repository);
      return trouble(error);
    }
  }
}

/** What a folder of a commit holds; that never changes. */
interface Content {
  readonly digest: string;
  readonly metadata: ChartMetadata;
}

const MAX_KNOWN = 10_000;

const artifactOf = async ({ digest, metadata }: Content, path: string, commit: string): Promise<ChartArtifact> => ({
  path,
  digest,
  ...metadata,
  source: { resolved: commit, fetchedAtMs: await storedAtMs(path) },
});

/** Before the walk: a whole repository may hold what no chart may. */
const expectChart = async (folder: string, field: string): Promise<void> => {
  if ((await lstat(join(folder, "Chart.yaml")).catch(() => undefined)) !== undefined) return;
  throw noChart(field, contentsOf((await filesBelow(folder)).map((path) => relative(folder, path))));
};

/** @throws {SourceError} Terminal. */
const parse = (spec: SourceSpec): Wanted => {
  const place = `source.location ${shownLocation(spec.location)}`;
  const field = spec.subpath === "." || spec.subpath === "" ? place : `${place} with source.subpath ${JSON.stringify(spec.subpath)}`;
  const remote = { location: parseGitLocation(spec.location), credentials: spec.credentials ?? {}, proxy: parseProxy(spec.proxy), field: place };
  return {
    remote,
    reference: parseGitReference(spec.resolved ?? spec.reference),
    subpath: parseSubpath(spec.subpath, field),
    field,
    digest: spec.digest,
  };
};

const missing = (reference: GitReference): string =>
  reference.kind === "name"
    ? `the repository has none of ${reference.names.join(", ")}: check source.reference`
    : "the repository has no default branch: set source.reference to a branch, a tag or a commit";

/** What the disk does is the operator's trouble, and passes; what is aborted is. */
const trouble = (error: unknown): never => {
  if (error instanceof SourceError || !(error instanceof Error) || !("code" in error) || !("syscall" in error)) throw error;
  throw unreadable(
    `the cache of git repositories cannot be used (${String(error.code)}): free space on its volume and grant the operator write access`,
    error,
  );
};
