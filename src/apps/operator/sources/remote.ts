import { join } from "node:path";
import type { Clock } from "../../../base/time/clock.ts";
import { Semaphore } from "../../../base/work/semaphore.ts";
import { ownEnvironment } from "../../../base/process/environment.ts";
import { run } from "../../../base/process/process.ts";
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
import type { KeptIn, SourceType } from "../../../sources/types.ts";
import { ProvenanceVerifier } from "../../../sources/verify/provenance.ts";
import type { OperatorConfig } from "../settings/settings.ts";

/** How many times the size of what is fetched a chart may have unpacked. */
export const UNPACKED = 4;
/** git commands at once: those that talk to servers, and those that do not. A silent server costs little memory, and no disk. */
export const GIT_BOUNDS = { remote: { server: 4, all: 64 }, local: 2 };
/** Transfers of git at once, of the largest size. Those of one server always fit. */
export const GIT_TRANSFERS = GIT_BOUNDS.remote.server;

/** Every type but that of folders on this machine. */
export type RemoteType = Exclude<SourceType, "local">;
export type RemoteSources = Readonly<Record<RemoteType, ChartSource>>;

export interface RemoteDeps {
  readonly cache: ChartCache;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly meterOf: (type: RemoteType) => SourceMeter;
  readonly observeCache: (cache: string, bytes: () => number) => void;
}

/** What a source works with: the caches are those of all types, and whoever fetches is told who it is. */
interface Site extends Omit<RemoteDeps, "meterOf"> {
  readonly config: OperatorConfig;
  readonly meter: SourceMeter;
  readonly raw: RawCache;
  readonly charts: ArchivedCharts;
  readonly provenance: ProvenanceVerifier;
}

/** How each is made. */
const MAKERS: Readonly<Record<RemoteType, (site: Site) => ChartSource | Promise<ChartSource>>> = {
  tar: (site) => new TarSource({ ...overHttp(site), roots: site.config.chartRoots }),
  repo: (site) => {
    const common = overHttp(site);
    const indexes = new Downloads({ http: common.http, raw: site.raw, maxBytes: common.maxBytes, signal: site.stop });
    return new RepoSource({ ...common, indexes, oci: registries(common, site) });
  },
  oci: (site) => registries(overHttp(site), site),
  git: (site) => openGit(site),
};

/** Sources that fetch; their charts go to `cache`. `stop` ends what is being fetched. */
export const openRemoteSources = async (config: OperatorConfig, { meterOf, ...deps }: RemoteDeps): Promise<RemoteSources> => {
  const { cache, stop, observeCache } = deps;
  const raw = await RawCache.open(folderOf("archives", config, deps));
  observeCache("archives", () => raw.bytes);
  const charts = new ArchivedCharts({ raw, cache, limits: { ...ARCHIVE_LIMITS, unpackedBytes: config.maxChartBytes * UNPACKED }, signal: stop });
  const provenance = new ProvenanceVerifier({ run, helm: config.helm, raw });
  const make = async (type: RemoteType): Promise<ChartSource> => MAKERS[type]({ ...deps, config, meter: meterOf(type), raw, charts, provenance });
  return { tar: await make("tar"), repo: await make("repo"), oci: await make("oci"), git: await make("git") };
};

const folderOf = (name: KeptIn, { stateDir, cacheBytes: maxBytes }: OperatorConfig, { clock }: Pick<RemoteDeps, "clock">) => ({
  directory: join(stateDir, name),
  clock,
  maxBytes,
});

const overHttp = ({ config, meter, raw, charts, clock, stop, provenance }: Site) => {
  const { allowLocalAddresses, maxChartBytes: maxBytes } = config;
  const http = new HttpFetch({ clock, allowLocalAddresses, onReceived: meter.received });
  const downloads = new Downloads({ http, raw, maxBytes, signal: stop, onSpared: meter.spared });
  return { http, downloads, charts, raw, clock, maxBytes, provenance };
};

const registries = (common: ReturnType<typeof overHttp>, { config: { plainHttpRegistries } }: Site): OciSource =>
  new OciSource({ ...common, plainHttpRegistries });

const openGit = async (site: Site): Promise<GitSource> => {
  const { config, clock, stop, cache, meter, observeCache } = site;
  const { maxChartBytes: maxBytes, allowLocalAddresses } = config;
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
    repositories: folderOf("git", config, site),
    onRun: ({ receivedBytes }) => meter.received(receivedBytes),
    onSpared: meter.spared,
  });
  observeCache("git", () => git.bytes);
  return git;
};
