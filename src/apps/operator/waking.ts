import { Superseded } from "../../armada/chart/release/helm-run.ts";
import type { ReleaseObjects } from "../../armada/chart/objects/release-objects.ts";
import { changesAdmission, chartsOfAccount } from "../../armada/chart/account.ts";
import { chartsBlockedBy, chartsOfObject } from "../../armada/chart/wake.ts";
import { isChart, isManifest, type Node } from "../../armada/estate/estate.ts";
import { allDependents, outdatesPass, wakesItself, wokenBy } from "../../armada/wake.ts";
import { parseConflict } from "../../helm/output/conflict.ts";
import { releaseOf } from "../../helm/record/revision.ts";
import type { Change } from "../../runtime/cache/store.ts";
import { keyOf } from "../../runtime/object.ts";
import type { Controller } from "../../runtime/reconcile/controller.ts";
import type { Caches } from "./caches.ts";
import type { Queues } from "./queues.ts";
import { releaseKey } from "./release-feed.ts";

type Queue = Pick<Controller, "enqueue" | "interrupt">;

/** By kind. */
type WokenQueues = Readonly<Record<keyof Queues, Queue>>;

export interface WakingDeps {
  readonly caches: Pick<Caches, "estate" | "secrets" | "accounts" | "watches">;
  readonly defaultServiceAccount: string | undefined;
  readonly queues: WokenQueues;
  readonly objects: Pick<ReleaseObjects, "releasesWith">;
  /** 0: no limit. */
  readonly maxChartsPerNamespace: number;
  /** Something of the chart's release has changed. */
  readonly onObjectChange: (uid: string) => void;
}

/** Puts into the queues whatever a change in the caches concerns. */
export const wakeOnChange = (deps: WakingDeps): void => {
  const { caches, queues } = deps;
  const { estate } = caches;
  for (const store of [estate.charts, estate.groups, estate.manifests]) store.onChange((change) => wakeByNode(change, caches, queues));
  caches.secrets.onChange(({ object }) => {
    const release = releaseOf(object);
    for (const chart of release === undefined ? [] : estate.chartsOf(releaseKey(release))) {
      deps.onObjectChange(chart.metadata.uid);
      queues.charts.enqueue(keyOf(chart));
    }
  });
  wakeByAccounts(deps);
  wakeByObjects(deps);
  if (deps.maxChartsPerNamespace > 0) wakeCrowded(caches, queues);
  caches.watches.onRecovery(() => {
    for (const chart of estate.charts.list()) queues.charts.enqueue(keyOf(chart));
  });
};

/** A chart that goes leaves its place to one that was too many. Whether one was is known by then, or about to be: all that wait are asked. */
const wakeCrowded = ({ estate }: Pick<Caches, "estate">, { charts }: Pick<WokenQueues, "charts">): void => {
  estate.charts.onChange(({ type, object }) => {
    if (type !== "deleted") return;
    for (const chart of estate.chartsIn(object.metadata.namespace ?? "")) if (chart.status?.satisfied !== true) charts.enqueue(keyOf(chart));
  });
};

/** All objects of a namespace, undefined: of all, may be decided on from now. */
export const wakeNamespace = (namespace: string | undefined, { estate }: Pick<Caches, "estate">, queues: WokenQueues): void => {
  for (const store of [estate.charts, estate.groups, estate.manifests])
    for (const node of store.list()) if (namespace === undefined || node.metadata.namespace === namespace) queueOf(node, queues).enqueue(keyOf(node));
};

/** What the source of a chart gives has changed: that concerns all who have it in their charts/ too. */
export const wakeBySource = (uid: string, { estate }: Pick<Caches, "estate">, { charts }: Pick<WokenQueues, "charts">): void => {
  const chart = estate.chartByUid(uid);
  for (const each of chart === undefined ? [] : [chart, ...allDependents(chart, estate)]) charts.enqueue(keyOf(each));
};

/** Objects that another worked on until now, or works on from now on. */
export const wakeConcerned = (concerned: (uid: string) => boolean, { estate }: Pick<Caches, "estate">, queues: WokenQueues): void => {
  for (const node of [...estate.charts.list(), ...estate.groups.list(), ...estate.manifests.list()])
    if (concerned(node.metadata.uid)) queueOf(node, queues).enqueue(keyOf(node));
};

const queueOf = (node: Node, { charts, groups, manifests }: WokenQueues): Queue => (isChart(node) ? charts : isManifest(node) ? manifests : groups);

const wakeByNode = (change: Change<Node>, { estate }: Pick<Caches, "estate">, queues: WokenQueues): void => {
  const { object } = change;
  if (outdatesPass(change)) queueOf(object, queues).interrupt(keyOf(object), new Superseded("the spec has changed"));
  if (wakesItself(change, estate)) queueOf(object, queues).enqueue(keyOf(object));
  for (const node of wokenBy(change, estate)) queueOf(node, queues).enqueue(keyOf(node));
};

const wakeByAccounts = ({ caches: { estate, accounts }, queues: { charts }, defaultServiceAccount }: WakingDeps): void => {
  if (defaultServiceAccount === undefined) return;
  accounts.onChange((change) => {
    const { object } = change;
    if (change.old !== undefined && !changesAdmission(change.old, object)) return;
    for (const key of chartsOfAccount(object, estate.charts.list(), defaultServiceAccount)) charts.enqueue(key);
  });
};

const wakeByObjects = ({ caches: { estate, watches }, queues: { charts }, objects, onObjectChange }: WakingDeps): void => {
  watches.onChange((_resource, change) => {
    for (const key of chartsBlockedBy(change, estate.charts.list(), parseConflict)) charts.enqueue(key);
    for (const key of chartsOfObject(change.object, { estate, watches, objects })) {
      const uid = estate.charts.get(key)?.metadata.uid;
      if (uid !== undefined) onObjectChange(uid);
      charts.enqueue(key);
    }
  });
};
