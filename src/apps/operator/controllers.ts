import { REPORTING_CONTROLLER } from "../../armada/names.ts";
import { aborted } from "../../base/time/abortable.ts";
import { SecretReleaseRecords } from "../../helm/record/secret-records.ts";
import type { KubeClient } from "../../kube/client.ts";
import { EventRecorder } from "../../runtime/events/recorder.ts";
import { watchTrouble, type Check } from "../../runtime/health.ts";
import { leaseTimes, MARGIN_MS } from "../../runtime/leaderelection/lease-times.ts";
import { Manager } from "../../runtime/manager.ts";
import { cacheRunnables, createCaches, type CachesDeps } from "./caches.ts";
import { wireCharts, type ChartWiringDeps } from "./chart-wiring.ts";
import { measureChanges } from "./measure/changes.ts";
import { Handover } from "./measure/handover.ts";
import type { Metrics } from "./measure/metrics.ts";
import type { Phases } from "./measure/phases.ts";
import { wireParents } from "./parent-wiring.ts";
import type { OperatorConfig } from "./settings/settings.ts";
import type { Ownership } from "./ownership.ts";
import { createQueues, stuckIn } from "./queues.ts";
import { openSources } from "./sources/open.ts";
import { wakeBySource, wakeConcerned, wakeNamespace, wakeOnChange } from "./waking.ts";

/** How long a part may take to stop. */
const STOP_MS = 5_000;

export interface ControllersDeps
  extends
    Omit<CachesDeps, "config" | "api" | "metrics">,
    Pick<ChartWiringDeps, "helm" | "leaseHolds" | "namespace" | "own" | "stop" | "stopGraceMs"> {
  readonly config: OperatorConfig;
  readonly api: KubeClient;
  readonly metrics: Metrics;
  readonly phases: Phases;
  readonly identity: string;
  readonly onReady: () => void;
  readonly ownership: Ownership;
  /** Passes over charts may take as long as helm does. */
  readonly isHelmRunning: () => boolean;
}

export interface Controllers {
  readonly manager: Manager;
  /** Of the caches. */
  readonly trouble: Check;
  /** Of the controllers. */
  readonly stuck: Check;
}

/** Of passes, which wait for their helm. */
const drainedMs = ({ drainMs, leaseDurationMs }: OperatorConfig): number => {
  const { stopGraceMs, killGraceMs } = leaseTimes(leaseDurationMs);
  return Math.max(drainMs, stopGraceMs) + killGraceMs + MARGIN_MS;
};

/** The plan of the operator's work: caches, what a change in them concerns, and three kinds that are brought closer to what they ask for. */
export const createControllers = async (deps: ControllersDeps): Promise<Controllers> => {
  const { config, api, clock, log, metrics, phases, identity, ownership } = deps;
  const caches = createCaches(deps);
  const { estate } = caches;
  const events = new EventRecorder({ api, clock, log, metrics, reporter: { controller: REPORTING_CONTROLLER, instance: identity } });
  const handover = new Handover({ clock, estate, metrics });
  const opened = await openSources(config, deps);
  const chartDeps = wireCharts({
    ...deps,
    epochOf: (uid) => ownership.epochOf(uid),
    apiAs: (account) => api.as(account),
    caches,
    records: new SecretReleaseRecords({ api, clock }),
    sources: { ...opened, source: phases.timed(opened.source) },
    onSourceChange: (uid) => wakeBySource(uid, caches, queues),
    onHelmStart: (chart) => handover.helmStarted(chart),
  });
  const parentDeps = wireParents({ api, clock, estate, namespaces: config.watchNamespaces });
  const queues = createQueues({ ...deps, events, estate, known: caches.known, chartDeps, parentDeps });
  const ready = measureChanges({ caches, handover, phases, metrics, owns: (uid) => ownership.owns(uid) });
  const { maxChartsPerNamespace, defaultServiceAccount } = config;
  wakeOnChange({
    caches,
    queues,
    maxChartsPerNamespace,
    defaultServiceAccount,
    objects: chartDeps.objects,
    onObjectChange: (uid) => handover.objectChanged(uid),
  });

  const sharing = ownership.runnables((concerned) => {
    wakeConcerned(concerned, caches, queues);
    ready.again();
  });
  const manager = new Manager({ clock, log, stopMs: STOP_MS })
    .add({ name: "events", run: (signal) => events.run(signal) })
    .add(...cacheRunnables(caches), ...sharing.before)
    .add({ name: "ready", run: aborted, ready: () => Promise.resolve(deps.onReady()) })
    // Before anybody takes a key: one of a namespace that is not known is dropped.
    .add({ name: "namespaces", run: (signal) => caches.known.tell((namespace) => wakeNamespace(namespace, caches, queues), signal) })
    .add(
      ...Object.values(queues).map((queue) => ({ name: queue.name, run: (signal: AbortSignal) => queue.run(signal), stopMs: drainedMs(config) })),
      ...sharing.beside.map((one) => ({ ...one, stopMs: drainedMs(config) })),
    );
  return { manager, trouble: () => watchTrouble(caches.informers), stuck: () => stuckIn(queues, deps.isHelmRunning()) };
};
