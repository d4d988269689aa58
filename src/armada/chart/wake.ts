import { keyOf, type DynamicObject, type KubeObject, type Resource } from "../../runtime/object.ts";
import type { ObjectWatches } from "../../runtime/object-watches.ts";
import { effectiveTarget, isTerminating } from "../estate.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../names.ts";
import type { StoreEstate } from "../store-estate.ts";

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

/** Keys of the charts that a change of an object of a release concerns. */
export const chartsOfObject = (object: DynamicObject, estate: StoreEstate, watches: ObjectWatches): readonly string[] => {
  const release = releaseOfObject(object);
  if (release !== undefined) return estate.chartsOf(release).map(keyOf);
  return object.kind === "Pod" ? chartsOfPod(object, estate, watches) : [];
};

/** By its workload's annotations; when that is gone, charts of the namespace that are being removed may be waiting for the pod. */
const chartsOfPod = (pod: DynamicObject, estate: StoreEstate, watches: ObjectWatches): readonly string[] => {
  const { namespace, ownerReferences } = pod.metadata;
  const owner = ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined || namespace === undefined) return [];
  const deployment = owner.kind === "ReplicaSet" ? owner.name.slice(0, Math.max(0, owner.name.lastIndexOf("-"))) : "";
  const workload = lookUp("Deployment", namespace, deployment, watches) ?? lookUp(owner.kind, namespace, owner.name, watches);
  const release = workload === undefined ? undefined : releaseOfObject(workload);
  if (release !== undefined) return estate.chartsOf(release).map(keyOf);
  const leaving = estate.charts
    .list()
    .filter(
      (chart) =>
        chart.metadata.namespace === namespace &&
        (isTerminating(chart) || effectiveTarget(chart, estate) !== "uninitialized") &&
        chart.status?.satisfied !== true,
    );
  return leaving.map(keyOf);
};

const lookUp = (kind: string, namespace: string, name: string, watches: ObjectWatches): DynamicObject | undefined => {
  const resource = WORKLOADS[kind];
  return resource === undefined || name === "" ? undefined : watches.get(resource, namespace, name);
};
