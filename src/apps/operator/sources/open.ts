import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../base/time/clock.ts";
import type { Metrics } from "../measure/metrics.ts";
import { ChartCache } from "../../../sources/cache/charts.ts";
import { judgeSchemas } from "../../../sources/archive/schemas.ts";
import { CompletedCharts } from "../../../sources/dependencies/completed-charts.ts";
import { LocalSource } from "../../../sources/local/source.ts";
import { metered, type SourceMeter } from "../../../sources/meter.ts";
import { SourceRouter } from "../../../sources/router.ts";
import type { ArtifactKeeper, ChartSource } from "../../../sources/source.ts";
import { byType, factsOf, SOURCE_TYPES, type SourceType } from "../../../sources/types.ts";
import type { OperatorConfig } from "../settings/settings.ts";
import type { RemoteSources, RemoteType } from "./remote.ts";

export interface SourcesDeps {
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly metrics: Pick<Metrics, "sourceFetches" | "sourceFetchDuration" | "sourceBytes" | "sourceCacheHits" | "observeCache">;
}

export interface OpenedSources {
  readonly source: ChartSource;
  /** Of what they fetch. */
  readonly keeper: ArtifactKeeper;
}

/** Folders below the state folder that are theirs who fetch. */
const KEPT_IN = [...new Set(SOURCE_TYPES.flatMap((type) => factsOf(type).keptIn ?? []))];

/**
 * Every type of source, with its caches below the state folder. Those that fetch are loaded when the first chart wants one, because every helm
 * run pays for the size of this process; at once where an earlier run left something of theirs, which may have to be removed.
 * `stop` ends what is being fetched.
 */
export const openSources = async (config: OperatorConfig, { clock, stop, metrics }: SourcesDeps): Promise<OpenedSources> => {
  const { stateDir, chartRoots: roots, cacheBytes: maxBytes } = config;
  const cache = await ChartCache.open({ directory: join(stateDir, "charts"), clock, maxBytes, judge: (files) => judgeSchemas(files, stop) });
  metrics.observeCache("charts", () => cache.bytes);
  const meterOf = (type: SourceType): SourceMeter => meterOn(metrics, type);
  let opened: Promise<RemoteSources> | undefined;
  const open = (): Promise<RemoteSources> => {
    opened ??= import("./remote.ts")
      .then(({ openRemoteSources }) => openRemoteSources(config, { cache, clock, stop, meterOf, observeCache: metrics.observeCache }))
      .catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
    return opened;
  };
  const later = (type: RemoteType): ChartSource => ({
    fetch: async (spec, signal) => (await open())[type].fetch(spec, AbortSignal.any([signal, stop])),
  });
  if (await someExist(KEPT_IN.map((name) => join(stateDir, name)))) await open();
  const local = new LocalSource({ roots, cache, clock });
  const source = new SourceRouter(byType((type) => metered(type === "local" ? local : later(type), { meter: meterOf(type), clock })));
  return { source: new CompletedCharts({ source, cache }), keeper: cache };
};

const meterOn = (metrics: SourcesDeps["metrics"], type: SourceType): SourceMeter => ({
  fetched: (result, durationMs) => {
    metrics.sourceFetches.inc({ type, result });
    metrics.sourceFetchDuration.observe({ type }, durationMs / 1000);
  },
  received: (bytes) => metrics.sourceBytes.inc({ type }, bytes),
  spared: () => metrics.sourceCacheHits.inc({ type }),
});

const someExist = async (paths: readonly string[]): Promise<boolean> => {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return found.some((stats) => stats !== undefined);
};
