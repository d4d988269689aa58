import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { GIT_BOUNDS, GIT_TRANSFERS } from "../../../src/apps/operator/sources/remote.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run, type RunOptions } from "../../../src/base/process/process.ts";
import { Semaphore } from "../../../src/base/work/semaphore.ts";
import { ChartCache } from "../../../src/sources/cache/charts.ts";
import type { GitRun } from "../../../src/sources/git/run.ts";
import { GIT_LIMITS, type GitLimits } from "../../../src/sources/git/limits.ts";
import { BytesInFlight, ServerSemaphores } from "../../../src/sources/git/bounds.ts";
import { GitSource } from "../../../src/sources/git/source.ts";
import type { ChartArtifact, SourceSpec } from "../../../src/sources/source.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";

/** A child process as it was started. */
export interface Started {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface GitSite {
  /** For repositories, and whatever else a test makes. */
  readonly path: string;
  /** Every git that was started; the real ones run. */
  readonly started: Started[];
  readonly runs: readonly GitRun[];
  /** Fetches that had nothing to transfer. */
  spared: number;
  /** A source as after a start of the operator; the cache stays. */
  source(limits?: Partial<GitLimits>): Promise<GitSource>;
  /** What is on disk of repositories, unfinished ones and private folders included. */
  cached(): Promise<readonly string[]>;
  /** As when the operator stops. */
  stop(reason: Error): void;
  remove(): Promise<void>;
}

/** A cache and the real git; loopback addresses are allowed. */
export const gitSite = async (): Promise<GitSite> => {
  const folder = await temporaryFolder();
  const { path } = folder;
  const started: Started[] = [];
  const runs: GitRun[] = [];
  const ended = new AbortController();
  const repositories = join(path, "cache", "git");
  const recording: typeof run = (command, args, options: RunOptions, signal) => {
    started.push({ argv: [command, ...args].map((arg) => arg.replaceAll(/tmp-\w+/g, "tmp-*").replaceAll(repositories, "")), env: options.env });
    return run(command, args, options, signal);
  };
  const site: GitSite = {
    path,
    started,
    runs,
    spared: 0,
    source: async (limits) =>
      GitSource.open({
        run: recording,
        git: "git",
        path: ownEnvironment()["PATH"] ?? "",
        clock: systemClock,
        limits: { ...GIT_LIMITS, allowLocalAddresses: true, ...limits },
        bounds: { remote: new ServerSemaphores(GIT_BOUNDS.remote), local: new Semaphore(GIT_BOUNDS.local) },
        inFlight: new BytesInFlight(GIT_TRANSFERS * (limits?.maxBytes ?? GIT_LIMITS.maxBytes)),
        signal: ended.signal,
        onRun: (each) => runs.push(each),
        onSpared: () => void site.spared++,
        charts: await ChartCache.open({ directory: join(path, "cache", "charts"), clock: systemClock }),
        repositories: { directory: repositories, clock: systemClock },
      }),
    cached: async () => (existsSync(repositories) ? readdir(repositories) : []),
    stop: (reason) => ended.abort(reason),
    remove: async () => {
      ended.abort(new Error("the test is over"));
      await folder.remove();
    },
  };
  return site;
};

const signal = new AbortController().signal;

export const fetchChart = (source: GitSource, location: string, spec: Partial<SourceSpec> = {}): Promise<ChartArtifact> =>
  source.fetch({ type: "git", subpath: ".", ...spec, location }, signal);

export const chartYaml = (name: string): string => `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n`;
