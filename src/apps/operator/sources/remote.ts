import { join } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import { Semaphore } from "../../../base/semaphore.ts";
import { ownEnvironment, run } from "../../../base/process.ts";
import { ARCHIVE_LIMITS } from "../../../sources/archive/walk.ts";
import { ArchivedCharts } from "../../../sources/archive/charts.ts";
import type { ChartCache } from "../../../sources/cache/charts.ts";
import { Downloads } from "../../../sources/cache/downloads.ts";
import { GIT_LIMITS } from "../../../sources/git/limits.ts";
import { BytesInFlight, ServerSemaphores } from "../../../sources/git/bounds.ts";
import { GitSource } from "../../../sources/git/source.ts";
import { HttpFetch } from "../../../sources/net/http-fetch.ts";
import type { SourceMeter } from "../../../sources/meter.ts";
import { OciSource } from "../../../sources/oci/source.ts";
import { RawCache } from "../../../sources/cache/raw.ts";
import { RepoSource } from "../../../sources/repo/source.ts";
import type { ChartSource } from "../../../sources/source.ts";
import { TarSource } from "../../../sources/tar-source.ts";
import { ProvenanceVerifier } from "../../../sources/verify/provenance.ts";
import type { OperatorConfig } from "../settings/settings.ts";

/** How many times the size of what is fetched a chart may have unpacked. */
export const UNPACKED = 4;
/** git commands at once: those that talk to servers, and those that do not. A silent server costs little memory, and no disk. */
export const GIT_BOUNDS = { remote: { server: 4, all: 64 }, local: 2 };
/** Transfers of git at once, of the largest size. Those of one server always fit. */
export const GIT_TRANSFERS = GIT_BOUNDS.remote.server;

/** By `source.type`. */
export type RemoteSources = Readonly<Record<"tar" | "repo" | "oci" | "git", ChartSource>>;

export interface RemoteDeps {
  readonly cache: ChartCache;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  /** By `source.type`. */
  readonly meterOf: (type: keyof RemoteSources) => SourceMeter;
  readonly observeCache: (cache: string, bytes: () => number) => void;
}

/** Sources that fetch; their charts go to `cache`. `stop` ends what is being fetched. */
export const openRemoteSources = async (
  config: OperatorConfig,
  { cache, clock, stop, meterOf, observeCache }: RemoteDeps,
): Promise<RemoteSources> => {
  const { stateDir, chartRoots: roots, maxChartBytes: maxBytes, cacheBytes, allowLocalAddresses, plainHttpRegistries } = config;
  const folder = (name: string) => ({ directory: join(stateDir, name), clock, maxBytes: cacheBytes });
  const raw = await RawCache.open(folder("archives"));
  const charts = new ArchivedCharts({ raw, cache, limits: { ...ARCHIVE_LIMITS, unpackedBytes: maxBytes * UNPACKED }, signal: stop });
  const provenance = new ProvenanceVerifier({ run, helm: config.helm, raw });
  /** What a source works with; each type has its own, by which it is told who fetches. */
  const site = (type: keyof RemoteSources) => {
    const { received: onReceived, spared: onSpared } = meterOf(type);
    const http = new HttpFetch({ clock, allowLocalAddresses, onReceived });
    return { http, downloads: new Downloads({ http, raw, maxBytes, signal: stop, onSpared }), charts, raw, clock, maxBytes, provenance };
  };
  const repo = site("repo");
  const { received, spared } = meterOf("git");
  const git = await GitSource.open({
    run,
    git: config.git,
    path: ownEnvironment()["PATH"] ?? "",
    clock,
    limits: { ...GIT_LIMITS, maxBytes, maxUnpackedBytes: maxBytes * UNPACKED, allowLocalAddresses },
    bounds: { remote: new ServerSemaphores(GIT_BOUNDS.remote), local: new Semaphore(GIT_BOUNDS.local) },
    inFlight: new BytesInFlight(GIT_TRANSFERS * maxBytes),
    signal: stop,
    charts: cache,
    repositories: folder("git"),
    onRun: ({ receivedBytes }) => received(receivedBytes),
    onSpared: spared,
  });
  observeCache("archives", () => raw.bytes);
  observeCache("git", () => git.bytes);
  return {
    tar: new TarSource({ ...site("tar"), roots }),
    repo: new RepoSource({
      ...repo,
      indexes: new Downloads({ http: repo.http, raw, maxBytes, signal: stop }),
      oci: new OciSource({ ...repo, plainHttpRegistries }),
    }),
    oci: new OciSource({ ...site("oci"), plainHttpRegistries }),
    git,
  };
};
