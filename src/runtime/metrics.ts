import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What the machinery of controllers counts. Names stand after the prefix of the registry. */
export interface RuntimeMetrics {
  /** `reconcile_total{kind,result}`; result: success, requeue, error, conflict, interrupted. */
  readonly reconciles: Counter<"kind" | "result">;
  /** `reconcile_duration_seconds{kind}`. */
  readonly reconcileDuration: Histogram<"kind">;
  /** `workqueue_depth{kind}`: `depth` is asked when the metrics are read. */
  observeQueue(kind: string, depth: () => number): void;
  /** `api_requests_total{verb,code}`; code 0: no answer. */
  readonly apiRequests: Counter<"verb" | "code">;
  /** `watch_restarts_total{resource}`. */
  readonly watchRestarts: Counter<"resource">;
  /** `events_dropped_total`: Kubernetes events that were not written. */
  readonly eventsDropped: Counter;
  /** `leader_election_master_status{name}`, as client-go calls it: 1 while this process holds the Lease of that name, else 0. */
  readonly leader: Gauge<"name">;
}

/** The text Prometheus reads. */
export interface Exposition {
  expose(): Promise<string>;
  readonly contentType: string;
}

/** Makes metrics whose names begin with `prefix` and `_`. Two registries in one process do not meet. */
export class MetricsRegistry implements Exposition {
  readonly #registry = new Registry();
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    addProcess(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  expose(): Promise<string> {
    return this.#registry.metrics();
  }

  counter<Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name: this.#named(name), help, labelNames, registers: [this.#registry] });
  }

  gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return this.standardGauge(this.#named(name), help, labelNames);
  }

  /** One that has its name, without the prefix, wherever it is exposed. */
  standardGauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  histogram<Label extends string>(name: string, help: string, buckets: number[], labelNames: Label[] = []): Histogram<Label> {
    return new Histogram({ name: this.#named(name), help, buckets, labelNames, registers: [this.#registry] });
  }

  /** A gauge whose values are asked for when the metrics are read. Returns what takes a value of the label, and whom to ask for it. */
  asked(name: string, help: string, label: string): (value: string, ask: () => number) => void {
    const asked = new Map<string, () => number>();
    const gauge = new Gauge({
      name: this.#named(name),
      help,
      labelNames: [label],
      registers: [],
      collect() {
        for (const [value, ask] of asked) this.set({ [label]: value }, ask());
      },
    });
    this.#registry.registerMetric(gauge);
    return (value, ask) => void asked.set(value, ask);
  }

  #named(name: string): string {
    return `${this.#prefix}_${name}`;
  }
}

const reconcileBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600];

export const runtimeMetrics = (registry: MetricsRegistry): RuntimeMetrics => ({
  observeQueue: registry.asked("workqueue_depth", "Objects waiting for a worker.", "kind"),
  reconciles: registry.counter("reconcile_total", "Reconciliations, by result.", ["kind", "result"]),
  reconcileDuration: registry.histogram("reconcile_duration_seconds", "Duration of a reconciliation.", reconcileBuckets, ["kind"]),
  apiRequests: registry.counter("api_requests_total", "Requests to the API server, by verb and HTTP status; 0 if there was no response.", [
    "verb",
    "code",
  ]),
  watchRestarts: registry.counter("watch_restarts_total", "Watches that were restarted.", ["resource"]),
  eventsDropped: registry.counter("events_dropped_total", "Kubernetes events that were not written."),
  leader: registry.standardGauge("leader_election_master_status", "1 while this process holds the Lease, else 0.", ["name"]),
});

/** The two figures of prom-client's defaults that this program is judged by. */
const addProcess = (registry: Registry): void => {
  const cpu = new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time of the operator, without its child processes.",
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
