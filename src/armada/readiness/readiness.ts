import { HeldJson } from "../../base/json/held-json.ts";
import type { DynamicObject } from "../../runtime/object.ts";
import { groupOf, statusOf } from "./fields.ts";
import { job, workflow } from "./jobs.ts";
import { kstatus } from "./kstatus.ts";
import type { ReleaseObject } from "./manifest.ts";
import { apiService, armada, customResourceDefinition, exists, namespace, persistentVolumeClaim, service } from "./objects.ts";
import { pod } from "./pods.ts";
import { type AssessOptions, type Readiness, type Rule, progressing } from "./verdict.ts";
import { daemonSet, deployment, replicas, statefulSet } from "./workloads.ts";

/** `group/kind`; groups whose kinds are all alike stand with `*`. */
const RULES: Readonly<Record<string, Rule>> = {
  "apps/Deployment": deployment,
  "apps/StatefulSet": statefulSet,
  "apps/DaemonSet": daemonSet,
  "apps/ReplicaSet": replicas,
  "/ReplicationController": replicas,
  "batch/Job": job,
  "batch/CronJob": exists,
  "argoproj.io/Workflow": workflow,
  "/Pod": pod,
  "/PersistentVolumeClaim": persistentVolumeClaim,
  "/Service": service,
  "/Namespace": namespace,
  "/*": exists,
  "apiextensions.k8s.io/CustomResourceDefinition": customResourceDefinition,
  "apiregistration.k8s.io/APIService": apiService,
  "rbac.authorization.k8s.io/*": exists,
  "networking.k8s.io/*": exists,
  "policy/*": exists,
  "autoscaling/*": exists,
  "storage.k8s.io/*": exists,
  "scheduling.k8s.io/*": exists,
  "admissionregistration.k8s.io/*": exists,
  "armada.airshipit.org/*": armada,
};

/**
 * Judges an object of a release by what it is now (`live`; undefined = there is none) and what its chart asks for. Pure; odd or missing status
 * never throws, it is as if it were not there.
 */
export const assessObject = (live: DynamicObject | undefined, desired: ReleaseObject, options: AssessOptions = {}): Readiness => {
  if (live === undefined) return { state: "missing", message: `${desired.kind} ${desired.name}: it does not exist` };
  if (live.metadata.deletionTimestamp !== undefined) return progressing(live, "it is being deleted");
  if (live["status"] instanceof HeldJson) return progressing(live, "its status is too large to be evaluated");
  const large = Object.entries(statusOf(live)).find(([, value]) => value instanceof HeldJson);
  if (large !== undefined) return progressing(live, `its status.${large[0]} is too large to be evaluated`);
  return ruleFor(live)(live, desired, options);
};

const ruleFor = ({ apiVersion, kind }: DynamicObject): Rule => {
  const group = groupOf(apiVersion);
  const key = [`${group}/${kind}`, `${group}/*`].find((candidate) => Object.hasOwn(RULES, candidate));
  return (key === undefined ? undefined : RULES[key]) ?? kstatus;
};
