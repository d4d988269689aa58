import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What the operator counts. Every metric has its line in `docs/reference.md`. */
export interface Metrics {
  /** `armada_reconcile_total{kind,result}`; result: success, requeue, error, conflict, interrupted. */
  readonly reconciles: Counter<"kind" | "result">;
  /** `armada_reconcile_duration_seconds{kind}`. */
  readonly reconcileDuration: Histogram<"kind">;
  /** `armada_workqueue_depth{kind}`: `depth` is asked when the metrics are read. */
  observeQueue(kind: string, depth: () => number): void;
  /** `armada_helm_runs_total{verb,result}`; result: success, or the reason of the failure. */
  readonly helmRuns: Counter<"verb" | "result">;
  /** `armada_helm_run_duration_seconds{verb}`. */
  readonly helmRunDuration: Histogram<"verb">;
  /** `armada_handover_seconds`: from the last object before becoming ready to the start of the next helm. */
  readonly handover: Histogram;
  /** `armada_chart_phase_seconds{phase}`; phase: source, helm, ready. */
  readonly chartPhase: Histogram<"phase">;
  /** `armada_source_fetches_total{type,result}`; result: success, or the reason of the failure. */
  readonly sourceFetches: Counter<"type" | "result">;
  /** `armada_source_fetch_duration_seconds{type}`. */
  readonly sourceFetchDuration: Histogram<"type">;
  /** `armada_source_bytes_total{type}`: over the network. */
  readonly sourceBytes: Counter<"type">;
  /** `armada_source_cache_hits_total{type}`: fetches that had no content to transfer. */
  readonly sourceCacheHits: Counter<"type">;
  /** `armada_source_cache_bytes{cache}`: `bytes` is asked when the metrics are read. */
  readonly observeCache: (cache: string, bytes: () => number) => void;
  /** `armada_object_ready{kind,namespace,name}`: 1 or 0; one series an object. */
  readonly objectReady: Gauge<"kind" | "namespace" | "name">;
  /** `armada_api_requests_total{verb,code}`; code 0: no answer. */
  readonly apiRequests: Counter<"verb" | "code">;
  /** `armada_watch_restarts_total{resource}`. */
  readonly watchRestarts: Counter<"resource">;
  /** `armada_events_dropped_total`: Kubernetes events that were not written. */
  readonly eventsDropped: Counter;
  /** The text Prometheus reads. */
  expose(): Promise<string>;
  readonly contentType: string;
}

const reconcileBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600];
const helmBuckets = [0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 15, 60, 300, 900];
const phaseBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600];
const fetchBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];
const handoverBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Metrics in a registry of their own: two of them in one process do not meet. */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const depths = new Map<string, () => number>();
  const caches = new Map<string, () => number>();
  addAsked(registry, { name: "armada_workqueue_depth", help: "Keys that wait for a worker.", label: "kind", asked: depths });
  addAsked(registry, { name: "armada_source_cache_bytes", help: "Size of what caches of sources hold.", label: "cache", asked: caches });
  addProcess(registry);
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) => new Counter({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, buckets: number[], labelNames: Label[] = []) =>
    new Histogram({ name, help, buckets, labelNames, registers });
  return {
    reconciles: counter("armada_reconcile_total", "Passes over an object, by result.", ["kind", "result"]),
    reconcileDuration: histogram("armada_reconcile_duration_seconds", "Duration of a pass over an object.", reconcileBuckets, ["kind"]),
    observeQueue: (kind, depth) => void depths.set(kind, depth),
    helmRuns: counter("armada_helm_runs_total", "Helm processes that ended, by verb and result.", ["verb", "result"]),
    helmRunDuration: histogram("armada_helm_run_duration_seconds", "Duration of a helm process.", helmBuckets, ["verb"]),
    handover: histogram("armada_handover_seconds", "From the last object before becoming ready to the start of the next helm.", handoverBuckets),
    chartPhase: histogram("armada_chart_phase_seconds", "What charts spend their time on: source, helm, ready.", phaseBuckets, ["phase"]),
    sourceFetches: counter("armada_source_fetches_total", "Fetches of charts, by type of source and result.", ["type", "result"]),
    sourceFetchDuration: histogram("armada_source_fetch_duration_seconds", "Duration of a fetch of a chart.", fetchBuckets, ["type"]),
    sourceBytes: counter("armada_source_bytes_total", "Bytes that came over the network for charts.", ["type"]),
    sourceCacheHits: counter("armada_source_cache_hits_total", "Fetches of charts that had no content to transfer.", ["type"]),
    observeCache: (cache, bytes) => void caches.set(cache, bytes),
    objectReady: new Gauge({
      name: "armada_object_ready",
      help: "1 while what is wanted of the object is so.",
      labelNames: ["kind", "namespace", "name"],
      registers,
    }),
    apiRequests: counter("armada_api_requests_total", "Requests to the API server, by verb and HTTP status; 0 when no answer came.", [
      "verb",
      "code",
    ]),
    watchRestarts: counter("armada_watch_restarts_total", "Watches that were opened again.", ["resource"]),
    eventsDropped: counter("armada_events_dropped_total", "Kubernetes events that were not written."),
    expose: () => registry.metrics(),
    contentType: registry.contentType,
  };
};

interface Asked {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** By the value of the label. */
  readonly asked: ReadonlyMap<string, () => number>;
}

/** A gauge whose values are asked for when the metrics are read. */
const addAsked = (registry: Registry, { name, help, label, asked }: Asked): void => {
  const gauge = new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [],
    collect() {
      for (const [value, ask] of asked) this.set({ [label]: value }, ask());
    },
  });
  registry.registerMetric(gauge);
};

/** The two figures of prom-client's defaults that this program is judged by. */
const addProcess = (registry: Registry): void => {
  const cpu = new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time of the operator, without its helm processes.",
    registers: [],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const memory = new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the operator.",
    registers: [],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  registry.registerMetric(cpu);
  registry.registerMetric(memory);
};
