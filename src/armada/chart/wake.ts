import { keyOf, type DynamicObject, type KubeObject, type Resource } from "../../runtime/object.ts";
import type { ObjectWatches } from "../../runtime/cache/object-watches.ts";
import type { Change } from "../../runtime/cache/store.ts";
import type { ArmadaChart } from "../api/chart.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../names.ts";
import type { StoreEstate } from "../estate/store-estate.ts";
import { blockedBy, type ParseConflict } from "./objects/blocking-object.ts";
import type { ReleaseObjects } from "./objects/release-objects.ts";

const APPS = { group: "apps", version: "v1", namespaced: true } as const;
const WORKLOADS: Readonly<Record<string, Resource>> = {
  ReplicaSet: { ...APPS, plural: "replicasets", kind: "ReplicaSet" },
  Deployment: { ...APPS, plural: "deployments", kind: "Deployment" },
  StatefulSet: { ...APPS, plural: "statefulsets", kind: "StatefulSet" },
  DaemonSet: { ...APPS, plural: "daemonsets", kind: "DaemonSet" },
  Job: { group: "batch", version: "v1", namespaced: true, plural: "jobs", kind: "Job" },
};

/** `namespace/name` of the release whose annotations an object carries. */
export const releaseOfObject = ({ metadata }: KubeObject): string | undefined => {
  const { [HELM_RELEASE_NAME]: name, [HELM_RELEASE_NAMESPACE]: namespace } = metadata.annotations ?? {};
  return name === undefined || namespace === undefined ? undefined : `${namespace}/${name}`;
};

interface WakeDeps {
  readonly estate: StoreEstate;
  readonly watches: ObjectWatches;
  readonly objects: Pick<ReleaseObjects, "releasesWith">;
}

/** Keys of the charts that a change of an object of a release concerns. */
export const chartsOfObject = (object: DynamicObject, deps: WakeDeps): readonly string[] => {
  const release = releaseOfObject(object);
  const releases = release !== undefined ? [release] : object.kind === "Pod" ? releasesOfPod(object, deps) : [];
  return releases.flatMap((name) => deps.estate.chartsOf(name)).map(keyOf);
};

/** Keys of the charts whose helm run failed because the object was another release's, when it goes or changes hands. */
export const chartsBlockedBy = (
  { type, old, object }: Change<DynamicObject>,
  charts: readonly ArmadaChart[],
  parse: ParseConflict,
): readonly string[] => {
  const freed = type === "deleted" || (old !== undefined && releaseOfObject(old) !== releaseOfObject(object));
  return freed ? charts.filter((chart) => isBlockedBy(chart, object, parse)).map(keyOf) : [];
};

const isBlockedBy = (chart: ArmadaChart, { kind, metadata: { namespace, name } }: DynamicObject, parse: ParseConflict): boolean => {
  const blocking = blockedBy(chart, parse);
  return blocking?.kind === kind && blocking.name === name && blocking.namespace === namespace;
};

/** By its workload's annotations; when that is gone, those of releases that are being removed and have counted the pod among theirs. */
const releasesOfPod = (pod: DynamicObject, { watches, objects }: WakeDeps): readonly string[] => {
  const release = workloadsOf(pod, watches).flatMap((workload) => releaseOfObject(workload) ?? [])[0];
  return release === undefined ? objects.releasesWith(pod) : [release];
};

/** What may have made the pod, nearest to the chart first. */
const workloadsOf = ({ metadata: { namespace, ownerReferences } }: DynamicObject, watches: ObjectWatches): readonly DynamicObject[] => {
  const owner = ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined || namespace === undefined) return [];
  const deployment = owner.kind === "ReplicaSet" ? owner.name.slice(0, Math.max(0, owner.name.lastIndexOf("-"))) : "";
  return [lookUp("Deployment", namespace, deployment, watches), lookUp(owner.kind, namespace, owner.name, watches)].flatMap((found) => found ?? []);
};

const lookUp = (kind: string, namespace: string, name: string, watches: ObjectWatches): DynamicObject | undefined => {
  const resource = WORKLOADS[kind];
  return resource === undefined || name === "" ? undefined : watches.get(resource, namespace, name);
};
