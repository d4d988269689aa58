import type { Counter, Gauge, Histogram } from "prom-client";
import { MetricsRegistry, runtimeMetrics, type Exposition, type RuntimeMetrics } from "../../../runtime/metrics.ts";
import { VERSION } from "../../version.ts";

/** What the operator counts. Every metric has its line in `docs/reference.md`. */
export interface Metrics extends RuntimeMetrics, HelmMetrics, SourceMetrics, Exposition {
  /** `armada_object_ready{kind,namespace,name}`: 1 or 0; one series an object. */
  readonly objectReady: Gauge<"kind" | "namespace" | "name">;
  /** `armada_shard_held{shard}`: 1 for each shard that this replica holds. */
  readonly shardHeld: Gauge<"shard">;
  /** `armada_shard_moves_total{shard,move}`; move: taken, given. */
  readonly shardMoves: Counter<"shard" | "move">;
}

export interface HelmMetrics {
  /** `armada_helm_runs_total{verb,result}`; result: success, or the reason of the failure. */
  readonly helmRuns: Counter<"verb" | "result">;
  /** `armada_helm_run_duration_seconds{verb}`. */
  readonly helmRunDuration: Histogram<"verb">;
  /** `armada_handover_seconds`: from the last object before becoming ready to the start of the next helm. */
  readonly handover: Histogram;
  /** `armada_chart_phase_seconds{phase}`; phase: source, helm, ready. */
  readonly chartPhase: Histogram<"phase">;
}

export interface SourceMetrics {
  /** `armada_source_fetches_total{type,result}`; result: success, or the reason of the failure. */
  readonly sourceFetches: Counter<"type" | "result">;
  /** `armada_source_fetch_duration_seconds{type}`. */
  readonly sourceFetchDuration: Histogram<"type">;
  /** `armada_source_bytes_total{type}`: over the network. */
  readonly sourceBytes: Counter<"type">;
  /** `armada_source_cache_hits_total{type}`: fetches that had no content to transfer. */
  readonly sourceCacheHits: Counter<"type">;
  /** `armada_source_cache_bytes{cache}`: `bytes` is asked when the metrics are read. */
  observeCache(cache: string, bytes: () => number): void;
}

const helmBuckets = [0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 15, 60, 300, 900];
const phaseBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600];
const fetchBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];
const handoverBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const createMetrics = (): Metrics => {
  const registry = new MetricsRegistry("armada");
  const build = registry.gauge("build_info", "1, with the versions of the operator and of the Node.js that runs it.", ["version", "node_version"]);
  build.set({ version: VERSION, node_version: process.version }, 1);
  return {
    ...runtimeMetrics(registry),
    ...helmMetrics(registry),
    ...sourceMetrics(registry),
    objectReady: registry.gauge("object_ready", "1 while the object is in its desired state, else 0.", ["kind", "namespace", "name"]),
    shardHeld: registry.gauge("shard_held", "1 for each shard that this replica holds.", ["shard"]),
    shardMoves: registry.counter("shard_moves_total", "Shards that this replica took, or gave up.", ["shard", "move"]),
    expose: () => registry.expose(),
    contentType: registry.contentType,
  };
};

const helmMetrics = (registry: MetricsRegistry): HelmMetrics => ({
  helmRuns: registry.counter("helm_runs_total", "Helm processes that exited, by verb and result.", ["verb", "result"]),
  helmRunDuration: registry.histogram("helm_run_duration_seconds", "Duration of a helm process.", helmBuckets, ["verb"]),
  handover: registry.histogram(
    "handover_seconds",
    "Time from the last object of a chart becoming ready to the start of helm for the next chart.",
    handoverBuckets,
  ),
  chartPhase: registry.histogram("chart_phase_seconds", "Time that charts spend in each phase: source, helm, ready.", phaseBuckets, ["phase"]),
});

const sourceMetrics = (registry: MetricsRegistry): SourceMetrics => ({
  sourceFetches: registry.counter("source_fetches_total", "Chart fetches, by source type and result.", ["type", "result"]),
  sourceFetchDuration: registry.histogram("source_fetch_duration_seconds", "Duration of fetching a chart.", fetchBuckets, ["type"]),
  sourceBytes: registry.counter("source_bytes_total", "Bytes received over the network for charts.", ["type"]),
  sourceCacheHits: registry.counter("source_cache_hits_total", "Chart fetches that transferred no content.", ["type"]),
  observeCache: registry.asked("source_cache_bytes", "Size of the source caches in bytes.", "cache"),
});
