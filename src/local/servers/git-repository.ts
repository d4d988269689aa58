import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "../../base/process/environment.ts";
import { copyChart } from "./chart-copy.ts";
import { runToEnd } from "./tool-run.ts";

/** A commit adds charts, by the names of their folders. */
export interface CommitOf {
  readonly message: string;
  readonly charts: readonly string[];
  /** A lightweight tag on it. */
  readonly tag?: string | undefined;
}

export interface RepositoryOf {
  /** The default branch, the only one. */
  readonly branch: string;
  readonly commits: readonly CommitOf[];
}

export interface RepositoryOptions {
  /** Folder that holds the charts. */
  readonly charts: string;
  /** Bare repository, to be made. */
  readonly repository: string;
  /** For files that are committed; to be made, and of no use afterwards. */
  readonly workTree: string;
  /** Where git is looked up. */
  readonly path: string;
}

/** The first commit's; each further one is a minute later. */
const BEGINNING = Date.UTC(2026, 0, 1) / 1000;
const WHO = { NAME: "armada", EMAIL: "armada@example.com" };

/**
 * Makes a bare repository of charts and returns the commits. Nothing of this machine is in it (no configuration, file modes, names, time): the same
 * charts make the same commits everywhere.
 */
export const makeRepository = async (
  { branch, commits }: RepositoryOf,
  options: RepositoryOptions,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const { charts, repository, workTree } = options;
  await mkdir(workTree, { recursive: true, mode: 0o700 });
  const git = (env: Environment, ...args: readonly string[]): Promise<string> =>
    runToEnd("git", args, { env: { ...plainGit(options), ...env }, cwd: workTree }, signal);
  await git({}, "init", "--quiet", "--bare", "--template=", "--object-format=sha1", `--initial-branch=${branch}`, repository);
  const made: string[] = [];
  for (const [index, commit] of commits.entries()) {
    for (const chart of commit.charts) await copyChart(join(charts, chart), join(workTree, chart));
    const within = { ...plainGit(options), ...signature(index), GIT_DIR: repository, GIT_WORK_TREE: workTree };
    await git(within, "-c", "core.fileMode=false", "-c", "core.autocrlf=false", "add", "--all", "--force", ".");
    await git(within, "commit", "--quiet", `--message=${commit.message}`);
    if (commit.tag !== undefined) await git(within, "tag", commit.tag);
    made.push(await git(within, "rev-parse", "HEAD"));
  }
  return made;
};

const plainGit = ({ path, workTree }: RepositoryOptions): Environment => ({
  PATH: path,
  HOME: workTree,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
});

const signature = (index: number): Environment =>
  Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((role) => [
      [`GIT_${role}_NAME`, WHO.NAME],
      [`GIT_${role}_EMAIL`, WHO.EMAIL],
      [`GIT_${role}_DATE`, `@${String(BEGINNING + index * 60)} +0000`],
    ]),
  );
