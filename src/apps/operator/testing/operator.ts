import { CHARTS, type ArmadaChart, type ArmadaChartSpec } from "../../../armada/api/chart.ts";
import { FakeHelm } from "../../../armada/chart/testing/fake-helm.ts";
import { ARTIFACT, KEEPER } from "../../../armada/chart/testing/charts.ts";
import { StoreEstate } from "../../../armada/estate/store-estate.ts";
import { chart, serve } from "../../../armada/testing/estate.ts";
import { silentLogger, type Facts, type Logger } from "../../../base/log.ts";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import type { EventInput } from "../../../runtime/events/event.ts";
import { FakeListWatcher } from "../../../runtime/testing/fake-list-watcher.ts";
import { Kernel } from "../../../runtime/reconcile/kernel.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import { Store } from "../../../runtime/cache/store.ts";
import type { SourceSpec } from "../../../sources/source.ts";
import { wireCharts } from "../chart-wiring.ts";
import { chartKind } from "../kinds.ts";
import { parseChart } from "../parse-object.ts";

const never = new AbortController().signal;
const ref = { resource: CHARTS, namespace: "site", name: "blog" };

/** The chart kind as the operator wires it, on one chart `blog`; everything behind the ports is in memory. */
export class ChartWorld {
  readonly api: MemoryApi;
  readonly clock: ManualClock;
  readonly helm: FakeHelm;
  readonly events: EventInput[] = [];
  /** Messages and facts of the log. */
  readonly logged: unknown[] = [];
  /** What sources were asked for. */
  readonly fetched: SourceSpec[] = [];
  readonly #estate = new StoreEstate({ log: silentLogger, crossNamespace: false });
  readonly #kernel: { reconcile(key: string, signal: AbortSignal): Promise<{ readonly afterMs?: number }> };
  readonly #watches: ObjectWatches;

  /** `cluster`: what outlives an operator, of an earlier one. */
  constructor(cluster?: Pick<ChartWorld, "api" | "clock" | "helm">) {
    const { api, clock, helm } = cluster ?? { api: new MemoryApi(), clock: new ManualClock(), helm: new FakeHelm() };
    this.api = api;
    this.clock = clock;
    this.helm = helm;
    const log = this.#log();
    this.helm.nowMs = () => clock.now();
    const listWatcher = () => new FakeListWatcher<never>();
    const watches = new ObjectWatches({ api, listWatcher, project: (object) => object, metadataOnly: () => false, namespaces: [], clock, log });
    this.#watches = watches;
    const source = {
      fetch: (spec: SourceSpec) => {
        this.fetched.push(spec);
        return Promise.resolve(ARTIFACT);
      },
    };
    const wired = wireCharts({
      config: {
        watchNamespaces: [],
        crossNamespace: "deny",
        clusterScoped: "deny",
        maxChartsPerNamespace: 0,
        defaultServiceAccount: undefined,
        chartRoots: [{ mount: "/charts", path: "/charts" }],
      },
      api,
      apiAs: () => api,
      own: [],
      clock,
      helm,
      caches: { estate: this.#estate, secrets: new Store<KubeObject>(), accounts: new Store<KubeObject>(), watches, releases: helm },
      records: helm,
      sources: { source, keeper: KEEPER },
      epochOf: () => "1-abc",
      leaseHolds: { look: () => Promise.resolve({ is: "over" }) },
      namespace: undefined,
      stop: never,
      stopGraceMs: () => 0,
      onSourceChange: () => undefined,
      onHelmStart: () => undefined,
    });
    const events = { emit: (event: EventInput) => void this.events.push(event) };
    this.#kernel = new Kernel(chartKind(wired), { api, clock, log, events, store: this.#estate.charts, parse: parseChart });
  }

  get chart(): ArmadaChart | undefined {
    return this.#estate.charts.get("site/blog");
  }

  /** An object as an earlier CRD let it be. */
  store(spec: object | undefined): Promise<void> {
    return this.#byHand(() => this.api.create({ resource: CHARTS, namespace: "site" }, { ...chart("blog"), spec }, never));
  }

  create(spec: Partial<ArmadaChartSpec>): Promise<void> {
    return this.#byHand(() => this.api.create({ resource: CHARTS, namespace: "site" }, chart("blog", { spec }), never));
  }

  /** Somebody edits the object. */
  edit(spec: Partial<ArmadaChartSpec>): Promise<void> {
    const generation = (this.chart?.metadata.generation ?? 0) + 1;
    return this.#byHand(() => this.api.patch(ref, { type: "merge", body: { metadata: { generation }, spec } }, never));
  }

  /** While the definition of its kind stays. */
  delete(): Promise<void> {
    return this.#byHand(async () => {
      await serve(CHARTS, this.api);
      await this.api.delete(ref, never);
    });
  }

  /** A request of somebody else's, which `api.calls` does not show, and what the watch tells of it. */
  async #byHand(request: () => Promise<unknown>): Promise<void> {
    const { before, calls } = this.api;
    const { length } = calls;
    this.api.before = () => undefined;
    await request();
    const live = await this.api.get(ref, never);
    calls.length = length;
    this.api.before = before;
    if (live !== undefined) this.#estate.charts.upsert(parseChart(live));
  }

  /** What the first list of a new operator tells it. */
  relist(): Promise<void> {
    return this.#byHand(() => this.helm.refresh({ namespace: "site", name: "blog" }));
  }

  reconcile(): Promise<{ readonly afterMs?: number }> {
    return this.#kernel.reconcile("site/blog", never);
  }

  /** Ends the watches. */
  close(): Promise<void> {
    return this.#watches.run(AbortSignal.abort());
  }

  #log(): Logger {
    const take = (message: string, facts?: Facts): void => void this.logged.push([message, facts]);
    const log: Logger = { debug: take, info: take, warn: take, error: take, with: (facts) => (this.logged.push(facts), log) };
    return log;
  }
}
