import type { ArmadaChart } from "../../armada/api/chart.ts";
import { accountRefusal, namespaceRefusal } from "../../armada/api/refuse.ts";
import { accountOf } from "../../armada/chart/account.ts";
import { boundsOf } from "../../armada/chart/bounds.ts";
import { CompleteChartReader } from "../../armada/chart/chart-source/complete-reader.ts";
import { secretsOf } from "../../armada/chart/chart-source/credentials.ts";
import { ChartReader } from "../../armada/chart/chart-source/reader.ts";
import { EffectMemory } from "../../armada/chart/objects/effects.ts";
import { boundedApi } from "../../armada/chart/objects/bounded-api.ts";
import { ReleaseObjects } from "../../armada/chart/objects/release-objects.ts";
import { prepareChart, type ChartObserveDeps } from "../../armada/chart/observe.ts";
import type { ChartPerformDeps } from "../../armada/chart/perform.ts";
import { BusyReleases } from "../../armada/chart/release/busy.ts";
import { crowdingOf } from "../../armada/estate/crowding.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { HelmDriver } from "../../helm/driver.ts";
import { grantsFor } from "./deploy/grants.ts";
import { parseConflict } from "../../helm/output/conflict.ts";
import { redactionFor } from "../../helm/output/redact.ts";
import { releaseOf } from "../../helm/record/revision.ts";
import type { ReleaseRecords, ReleaseStore } from "../../helm/release.ts";
import type { ServiceAccount } from "../../runtime/account.ts";
import type { ApiClient } from "../../runtime/api.ts";
import { keyOf } from "../../runtime/object.ts";
import type { LeaseHolds } from "../../runtime/leaderelection/lease-holds.ts";
import { chartUids, type Caches } from "./caches.ts";
import { LivingCharts } from "./living-charts.ts";
import { parseChart } from "./parse-object.ts";
import { ReleaseFeed } from "./release-feed.ts";
import type { OperatorConfig } from "./settings/settings.ts";
import type { OpenedSources } from "./sources/open.ts";

export interface ChartWiringDeps {
  readonly config: Pick<
    OperatorConfig,
    "watchNamespaces" | "crossNamespace" | "clusterScoped" | "chartRoots" | "maxChartsPerNamespace" | "defaultServiceAccount"
  >;
  readonly api: ChartObserveDeps["api"];
  /** Requests with the rights of that account. */
  readonly apiAs: (account: ServiceAccount) => ApiClient;
  readonly clock: Clock;
  readonly helm: HelmDriver;
  readonly caches: Pick<Caches, "estate" | "secrets" | "accounts" | "watches"> & { readonly releases: ReleaseStore };
  readonly records: ReleaseRecords;
  readonly sources: OpenedSources;
  /** Of this operator's hold of the Lease under which the object of that uid is worked on. */
  readonly epochOf: (uid: string) => string;
  /** Of this operator and of others. */
  readonly leaseHolds: Pick<LeaseHolds, "look">;
  /** The operator's own: the pod's, or that of the kubeconfig's context. */
  readonly namespace: string | undefined;
  /** Namespaces that are the operator's: {@link namespace}, and that of its Lease. */
  readonly own: readonly string[];
  /** Aborts when the operator stops, or has lost its Lease. */
  readonly stop: AbortSignal;
  /** How long helm that runs may go on after that. */
  readonly stopGraceMs: () => number;
  /** What the source of the chart of this uid gives has changed. */
  readonly onSourceChange: (uid: string) => void;
  /** A helm process was started for the chart. */
  readonly onHelmStart: (chart: ArmadaChart) => void;
}

/** What observing and performing for charts takes, made of what the operator has. What it remembers is forgotten as the caches change. */
export const wireCharts = (deps: ChartWiringDeps): ChartObserveDeps & ChartPerformDeps => {
  const { config, api, clock, helm, caches, records, epochOf, leaseHolds, stop } = deps;
  const { estate, releases, watches } = caches;
  const feed = new ReleaseFeed({ secrets: caches.secrets, clock });
  const grantOf = grantsFor(config);
  const objects = new ReleaseObjects({ api, watches, heardAt: (secret) => feed.heardAt(secret), grantOf });
  const charts = readCharts(deps);
  const living = new LivingCharts({ list: (signal) => chartUids({ config, api }, signal), stop });
  const effects = new EffectMemory();
  const purged = new Set<string>();
  forgetReleases(caches, [objects, effects]);
  forgetCharts(caches, { charts, living, purged });
  const { defaultServiceAccount } = config;
  const find = ({ namespace, name }: ServiceAccount) => caches.accounts.get(keyOf({ metadata: { namespace, name } }));
  const rules = { crossNamespace: estate.crossNamespace, watched: config.watchNamespaces };
  const bounds = { crossNamespace: estate.crossNamespace, clusterScoped: config.clusterScoped === "allow", own: deps.own };
  return {
    ...{
      api,
      clock,
      helm,
      estate,
      releases,
      records,
      charts,
      objects,
      watches,
      effects,
      purged,
      epochOf,
      leaseHolds,
      stop,
      parseConflict,
      grantOf,
      redact: redactionFor,
    },
    busy: new BusyReleases(),
    namespaces: config.watchNamespaces,
    stopGraceMs: deps.stopGraceMs,
    chartByUid: (uid) => estate.chartByUid(uid),
    refusal: (chart) => namespaceRefusal(chart, rules) ?? accountRefusal(chart, { defaultServiceAccount, own: deps.own }),
    crowding: (chart) => crowdingOf(chart, estate.chartsIn(chart.metadata.namespace ?? ""), config.maxChartsPerNamespace),
    accountOf: (chart, release) => accountOf(chart, release, { defaultServiceAccount, find }),
    boundsOf: (chart, { release, account }) => boundsOf(chart, release, account, bounds),
    apiFor: (chart, { release, account }) => boundedApi(account === undefined ? api : deps.apiAs(account), boundsOf(chart, release, account, bounds)),
    chartExists: (uid, signal) => living.has(uid, signal),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    onRecordChange: (release, listener) => feed.onChange(release, listener),
    prepare: (record, signal) => prepareChart(record, { records, objects }, signal),
    onHelmStart: deps.onHelmStart,
    store: (chart) => void estate.charts.upsert(parseChart(chart)),
  };
};

const readCharts = ({ config, api, clock, caches, sources, namespace, onSourceChange }: ChartWiringDeps): CompleteChartReader => {
  const { source, keeper } = sources;
  const hostsRequired = config.defaultServiceAccount !== undefined;
  const secrets = (chart: ArmadaChart, signal: AbortSignal) => secretsOf(chart, { api, operatorNamespace: namespace, hostsRequired }, signal);
  const reader = new ChartReader({ source, keeper, clock, secrets, onChange: onSourceChange });
  return new CompleteChartReader({ reader, source, estate: caches.estate, roots: config.chartRoots.map(({ mount }) => mount), clock });
};

const forgetReleases = (
  { secrets, releases }: ChartWiringDeps["caches"],
  memories: readonly Pick<EffectMemory | ReleaseObjects, "forget">[],
): void => {
  secrets.onChange(({ object }) => {
    const release = releaseOf(object);
    if (release !== undefined && releases.read(release) === undefined) for (const memory of memories) memory.forget(release);
  });
};

interface ChartMemories {
  readonly charts: Pick<CompleteChartReader, "forget">;
  readonly living: Pick<LivingCharts, "buried">;
  readonly purged: Set<string>;
}

const forgetCharts = ({ estate }: ChartWiringDeps["caches"], { charts, living, purged }: ChartMemories): void => {
  estate.charts.onChange(({ type, object }) => {
    const { uid } = object.metadata;
    // Status has forgotten the release: the next one that it knows is another.
    if (type === "deleted" || object.status?.release?.revision === undefined) purged.delete(uid);
    if (type !== "deleted") return;
    charts.forget(uid);
    living.buried(uid);
  });
};
