import type { ArmadaChart } from "../../armada/api/chart.ts";
import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import { namespaceRefusal } from "../../armada/api/refuse.ts";
import { BusyReleases } from "../../armada/chart/release/busy.ts";
import { ChartReader } from "../../armada/chart/chart-source/reader.ts";
import { CompleteChartReader } from "../../armada/chart/chart-source/complete-reader.ts";
import { Superseded } from "../../armada/chart/release/helm-run.ts";
import { secretsOf } from "../../armada/chart/chart-source/credentials.ts";
import { EffectMemory } from "../../armada/chart/objects/effects.ts";
import { ReleaseObjects } from "../../armada/chart/objects/release-objects.ts";
import { prepareChart } from "../../armada/chart/observe.ts";
import { chartsBlockedBy, chartsOfObject } from "../../armada/chart/wake.ts";
import { isChart, isManifest, liveOwners, ownsElsewhere, type Node, type Parent } from "../../armada/estate/estate.ts";
import { ownersUnwatched } from "../../armada/parent/unwatched.ts";
import { StoreEstate } from "../../armada/estate/store-estate.ts";
import { allDependents, outdatesPass, wakesItself, wokenBy } from "../../armada/wake.ts";
import { aborted } from "../../base/abortable.ts";
import { parseConflict } from "../../helm/output/conflict.ts";
import type { HelmDriver, ReleaseRef } from "../../helm/driver.ts";
import { SecretReleaseRecords } from "../../helm/record/secret-records.ts";
import { releaseIndex, releaseIndexer, releaseSelectors, secretResource, SecretReleaseStore } from "../../helm/record/store.ts";
import type { ReleaseRecord } from "../../helm/release.ts";
import { releaseOf } from "../../helm/record/revision.ts";
import { Controller } from "../../runtime/reconcile/controller.ts";
import { EventRecorder } from "../../runtime/events/recorder.ts";
import { watchTrouble, type Check } from "../../runtime/health.ts";
import { Kernel, type Kind, type KernelDeps } from "../../runtime/reconcile/kernel.ts";
import { LEASE_TIMES } from "../../runtime/leaderelection/lease-times.ts";
import { Manager, type Runnable } from "../../runtime/manager.ts";
import type { Metrics } from "../../runtime/metrics.ts";
import { keyOf, type KubeObject } from "../../runtime/object.ts";
import { Store, type Change } from "../../runtime/cache/store.ts";
import type { LeaseHolds } from "../../runtime/leaderelection/lease-holds.ts";
import { chartUids, createWatches, informersOf, type CachesDeps } from "./caches.ts";
import { openSources } from "./sources/open.ts";
import { Handover } from "./measure/handover.ts";
import { LivingCharts } from "./living-charts.ts";
import { chartKind, groupKind, manifestKind } from "./kinds.ts";
import { parseChart, parseGroup, parseManifestObject } from "./parse-object.ts";
import type { Phases } from "./measure/phases.ts";
import { showReadiness } from "./measure/ready-gauge.ts";

/** Passes are cheap and wait for helm inside, so there are many more of them than helm processes. */
const CHART_WORKERS = 256;
const PARENT_WORKERS = 16;

export interface ControllersDeps extends CachesDeps {
  readonly helm: HelmDriver;
  readonly phases: Phases;
  readonly epoch: string;
  /** Of this operator and of others. */
  readonly leaseHolds: Pick<LeaseHolds, "look">;
  readonly identity: string;
  /** The operator's own: the pod's, or that of the kubeconfig's context. */
  readonly namespace: string;
  readonly onReady: () => void;
  /** Aborts when the operator stops, or has lost its Lease. */
  readonly stop: AbortSignal;
}

/** Wires caches, queues and the three kinds together. */
export const createControllers = async (deps: ControllersDeps): Promise<{ readonly manager: Manager; readonly trouble: Check }> => {
  const { config, api, helm, clock, log, metrics, phases, epoch } = deps;
  const crossNamespace = config.crossNamespace === "allow";
  const estate = new StoreEstate({ log, crossNamespace });
  const handover = new Handover({ clock, estate, metrics });
  const events = new EventRecorder({ api, clock, log, metrics, instance: deps.identity });
  const secrets = new Store<KubeObject>({ log, indexers: { [releaseIndex]: releaseIndexer } });
  const releases = new SecretReleaseStore(secrets, api);
  const records = new SecretReleaseRecords({ api, clock });
  const heard = new Map<string, { readonly resourceVersion: string; readonly at: number }>();
  const watches = createWatches(deps);
  const { source: opened, keeper } = await openSources(config, { clock, stop: deps.stop, metrics });
  const source = phases.timed(opened);
  const reader = new ChartReader({
    source,
    keeper,
    clock,
    secrets: (chart, signal) => secretsOf(chart, { api, operatorNamespace: deps.namespace }, signal),
    onChange: (uid) => {
      const chart = estate.chartByUid(uid);
      for (const each of chart === undefined ? [] : [chart, ...allDependents(chart, estate)]) act.enqueue(keyOf(each));
    },
  });
  const charts = new CompleteChartReader({ reader, source, estate, roots: config.chartRoots.map(({ mount }) => mount), clock });
  const objects = new ReleaseObjects({
    api,
    watches,
    clock,
    heardAt: ({ uid, resourceVersion }) => {
      const entry = heard.get(uid);
      return entry?.resourceVersion === resourceVersion ? entry.at : clock.monotonic();
    },
  });
  const listeners = new Map<string, Set<() => void>>();
  const onRecordChange = ({ namespace, name }: ReleaseRef, listener: () => void): (() => void) => {
    const key = `${namespace}/${name}`;
    const set = listeners.get(key) ?? new Set();
    listeners.set(key, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) listeners.delete(key);
    };
  };

  const purged = new Set<string>();
  const effects = new EffectMemory();
  const living = new LivingCharts({ list: (signal) => chartUids(deps, signal), stop: deps.stop });
  const shared = { api, clock, log, events };
  const chartDeps = {
    ...shared,
    estate,
    chartByUid: (uid: string) => estate.chartByUid(uid),
    releases,
    records,
    charts,
    objects,
    watches,
    helm,
    epoch,
    leaseHolds: deps.leaseHolds,
    busy: new BusyReleases(),
    effects,
    parseConflict,
    purged,
    namespaces: config.watchNamespaces,
    refusal: (chart: ArmadaChart) => namespaceRefusal(chart, { crossNamespace, watched: config.watchNamespaces }),
    chartExists: (uid: string, signal: AbortSignal) => living.has(uid, signal),
    stop: deps.stop,
    stopGraceMs: LEASE_TIMES.stopGraceMs,
    sleep: (ms: number, signal: AbortSignal) => clock.sleep(ms, signal),
    onRecordChange,
    prepare: (record: ReleaseRecord, signal: AbortSignal) => prepareChart(record, { records, objects }, signal),
    onHelmStart: (chart: ArmadaChart) => handover.helmStarted(chart),
    store: (chart: KubeObject) => void estate.charts.upsert(parseChart(chart)),
  };
  const parentDeps = {
    ...shared,
    estate,
    ownersOf: (member: Node) => liveOwners(member, estate),
    ownsElsewhere: (parent: Parent) => ownsElsewhere(parent, estate),
    ownersUnwatched: (member: KubeObject, signal: AbortSignal) =>
      ownersUnwatched(member, { api, estate, namespaces: config.watchNamespaces }, signal),
    store: (member: KubeObject) =>
      void (member.kind === "ArmadaChart" ? estate.charts.upsert(parseChart(member)) : estate.groups.upsert(parseGroup(member))),
    reread: async (parent: Node, signal: AbortSignal) => {
      const { namespace, name } = parent.metadata;
      const live = await api.get<KubeObject>({ resource: isManifest(parent) ? MANIFESTS : GROUPS, namespace, name }, signal);
      return live === undefined ? undefined : isManifest(parent) ? parseManifestObject(live) : parseGroup(live);
    },
  };
  const act = controller("act-controller", CHART_WORKERS, chartKind(chartDeps), { ...shared, store: estate.charts, parse: parseChart }, metrics);
  const acg = controller("acg-controller", PARENT_WORKERS, groupKind(parentDeps), { ...shared, store: estate.groups, parse: parseGroup }, metrics);
  const amf = controller(
    "amf-controller",
    PARENT_WORKERS,
    manifestKind(parentDeps),
    { ...shared, store: estate.manifests, parse: parseManifestObject },
    metrics,
  );

  const controllerOf = (node: Node): Controller => (isChart(node) ? act : isManifest(node) ? amf : acg);
  const wake = (change: Change<Node>): void => {
    const { object } = change;
    if (outdatesPass(change)) controllerOf(object).interrupt(keyOf(object), new Superseded("the spec has changed"));
    if (wakesItself(change, estate)) controllerOf(object).enqueue(keyOf(object));
    for (const node of wokenBy(change, estate)) controllerOf(node).enqueue(keyOf(node));
  };
  estate.charts.onChange((change) => {
    if (change.type === "deleted") {
      handover.chartGone(change.object.metadata.uid);
      phases.chartGone(change.object.metadata.uid);
      charts.forget(change.object.metadata.uid);
      purged.delete(change.object.metadata.uid);
      living.buried(change.object.metadata.uid);
    } else {
      // Status has forgotten the release: the next one that it knows is another.
      if (change.object.status?.release?.revision === undefined) purged.delete(change.object.metadata.uid);
      handover.chartChanged(change.old, change.object);
      phases.chartChanged(change.object);
    }
    wake(change);
  });
  estate.groups.onChange(wake);
  estate.manifests.onChange(wake);
  showReadiness([estate.charts, estate.groups, estate.manifests], metrics);
  secrets.onChange((change) => {
    const { type, object } = change;
    const { uid, resourceVersion } = object.metadata;
    if (type === "deleted") heard.delete(uid);
    else heard.set(uid, { resourceVersion, at: clock.monotonic() });
    const release = releaseOf(object);
    if (release === undefined) return;
    const key = `${release.namespace}/${release.name}`;
    for (const memory of releases.read(release) === undefined ? [objects, effects] : []) memory.forget(release);
    for (const listener of listeners.get(key) ?? []) listener();
    phases.releaseChanged(change, estate.chartsOf(key));
    for (const chart of estate.chartsOf(key)) {
      handover.objectChanged(chart.metadata.uid);
      act.enqueue(keyOf(chart));
    }
  });
  watches.onChange((_resource, change) => {
    for (const key of chartsBlockedBy(change, estate.charts.list(), parseConflict)) act.enqueue(key);
    for (const key of chartsOfObject(change.object, { estate, watches, objects })) {
      const uid = estate.charts.get(key)?.metadata.uid;
      if (uid !== undefined) handover.objectChanged(uid);
      act.enqueue(key);
    }
  });

  watches.onRecovery(() => {
    for (const chart of estate.charts.list()) act.enqueue(keyOf(chart));
  });

  const informers = [
    ...informersOf(deps, CHARTS, estate.charts, parseChart),
    ...informersOf(deps, GROUPS, estate.groups, parseGroup),
    ...informersOf(deps, MANIFESTS, estate.manifests, parseManifestObject),
    ...informersOf(deps, secretResource, secrets, (secret) => secret, { ...releaseSelectors, metadataOnly: true }),
  ];
  const manager = new Manager({ clock, log, stopMs: 5_000 })
    .add({ name: "events", run: (signal) => events.run(signal) }, { name: "object watches", run: (signal) => watches.run(signal) })
    .add(
      ...informers.map((one): Runnable => ({
        name: `watch of ${one.name}`,
        run: (signal) => one.run(signal),
        ready: (signal) => one.synced(signal),
      })),
    )
    .add({ name: "ready", run: aborted, ready: () => Promise.resolve(deps.onReady()) })
    .add(...[act, acg, amf].map((one): Runnable => ({ name: one.name, run: (signal) => one.run(signal) })));
  return { manager, trouble: () => watchTrouble(informers) };
};

const controller = <Obj extends KubeObject & { readonly status?: unknown }, Observed, Action, Verdict>(
  name: string,
  workers: number,
  kind: Kind<Obj, Observed, Action, Verdict>,
  deps: KernelDeps<Obj>,
  metrics: Metrics,
): Controller => {
  const kernel = new Kernel(kind, deps);
  return new Controller({ name, workers, reconcile: (key, signal) => kernel.reconcile(key, signal), clock: deps.clock, log: deps.log, metrics });
};
