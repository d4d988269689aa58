import type { DynamicObject } from "../../runtime/object.ts";
import { cutUtf8, oneLine } from "../../base/text.ts";
import { type Fields, conditionOf, fieldsOf, groupOf, listOf, numberOf, statusOf, textOf } from "./fields.ts";
import type { ReleaseObject } from "./manifest.ts";
import { type Rule, failed, progressing, ready } from "./verdict.ts";

/** A completed pod is ready: it did what it was there for. */
export const pod: Rule = (live) => {
  const phase = statusOf(live)["phase"];
  if (phase === "Succeeded") return ready;
  if (phase === "Failed") return failed(live, textOf(statusOf(live)["reason"]) ?? "PodFailed", podProblem(live) ?? "it failed");
  if (conditionOf(live, "Ready")?.status === "True") return ready;
  return progressing(live, podProblem(live) ?? "it is not ready yet");
};

/** Waiting for these is the ordinary start of a container. */
const STARTING = new Set(["ContainerCreating", "PodInitializing"]);

/** Why a pod does not come up, in a few words that a person can act on; undefined when nothing seems wrong. */
export const podProblem = (live: DynamicObject): string | undefined => {
  const problem = failureOf(live) ?? containerProblem(live) ?? schedulingProblem(live);
  return problem === undefined ? undefined : cutUtf8(oneLine(problem), 400, "…");
};

/** Why pods do not come up: `Pod a-1 and 2 more: …` for each reason, in the order of their names. */
export const podSentences = (pods: readonly DynamicObject[]): readonly string[] => {
  const byProblem = new Map<string, string[]>();
  for (const { problem, name } of pods.map((live) => ({ problem: podProblem(live), name: live.metadata.name })).toSorted(byName)) {
    if (problem !== undefined) byProblem.set(problem, [...(byProblem.get(problem) ?? []), name]);
  }
  return [...byProblem].map(([problem, [name = "", ...more]]) => `Pod ${name}${more.length === 0 ? "" : ` and ${more.length} more`}: ${problem}`);
};

const byName = (one: { readonly name: string }, other: { readonly name: string }): number => one.name.localeCompare(other.name);

/** Of a pod that ended as a whole, e.g. `Evicted`; a pod that failed by its containers gives no reason of its own. */
const failureOf = (live: DynamicObject): string | undefined => {
  const status = statusOf(live);
  const reason = textOf(status["reason"]);
  return status["phase"] === "Failed" && reason !== undefined ? joined(reason, textOf(status["message"])) : undefined;
};

const schedulingProblem = (live: DynamicObject): string | undefined => {
  const scheduled = conditionOf(live, "PodScheduled");
  return scheduled?.status === "False" ? joined(scheduled.reason, scheduled.message) : undefined;
};

const containerProblem = (live: DynamicObject): string | undefined => {
  const status = statusOf(live);
  const containers = [...listOf(status["initContainerStatuses"]), ...listOf(status["containerStatuses"])].map(fieldsOf);
  return containers.map(problemOf).find((problem) => problem !== undefined);
};

const problemOf = (container: Fields): string | undefined => {
  const [state, last] = [fieldsOf(container["state"]), fieldsOf(container["lastState"])].map((from) => fieldsOf(from["terminated"]));
  const waiting = fieldsOf(fieldsOf(container["state"])["waiting"]);
  const reason = textOf(waiting["reason"]);
  const name = `container ${textOf(container["name"]) ?? "?"}`;
  if (reason === "CrashLoopBackOff") return `${name}: ${joined(reason, exitOf(last), ", last ")}`;
  if (reason !== undefined && !STARTING.has(reason)) return `${name}: ${joined(reason, textOf(waiting["message"]))}`;
  return numberOf(state?.["exitCode"]) === 0 ? undefined : prefixed(name, exitOf(state));
};

const prefixed = (name: string, what: string | undefined): string | undefined => (what === undefined ? undefined : `${name}: ${what}`);

/** `exit code 137 (OOMKilled)`. */
const exitOf = (terminated: Fields | undefined): string | undefined => {
  const code = numberOf(terminated?.["exitCode"]);
  const reason = textOf(terminated?.["reason"]);
  if (code === undefined) return undefined;
  return reason === undefined || reason === "Error" || reason === "Completed" ? `exit code ${code}` : `exit code ${code} (${reason})`;
};

const joined = (reason: string | undefined, message: string | undefined, by = ": "): string | undefined =>
  reason === undefined ? message : message === undefined || message === reason ? reason : `${reason}${by}${message}`;

/**
 * Whether a pod is one of a release object's: judged by its controller reference, so also when the object itself is gone already. Pods of a
 * Deployment are known by their ReplicaSet's name and the selector, those of a CronJob by their Job's name; of any other kind by kind and name. The
 * namespace counts where the manifest writes one.
 */
export const belongsTo = (candidate: DynamicObject, workload: ReleaseObject): boolean => {
  const { metadata } = candidate;
  if (workload.namespace !== undefined && metadata.namespace !== workload.namespace) return false;
  if (workload.kind === "Pod" && groupOf(workload.apiVersion) === "") return metadata.name === workload.name;
  const owner = listOf(metadata.ownerReferences)
    .map(fieldsOf)
    .find((reference) => reference["controller"] === true);
  return owner !== undefined && isMadeBy(owner, workload, candidate);
};

/** `owner`: the controller reference of the pod. */
const isMadeBy = (owner: Fields, workload: ReleaseObject, candidate: DynamicObject): boolean => {
  if (workload.kind === "Deployment")
    return owner["kind"] === "ReplicaSet" && isChild(owner, workload, /^[a-z0-9]+$/) && selects(workload, candidate);
  if (workload.kind === "CronJob") return owner["kind"] === "Job" && isChild(owner, workload, /^[0-9]+$/);
  return (
    owner["kind"] === workload.kind && owner["name"] === workload.name && groupOf(textOf(owner["apiVersion"]) ?? "") === groupOf(workload.apiVersion)
  );
};

const POD_OWNERS = new Set(["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob"]);

/** Whether pods can be an object's own: workloads, and custom kinds, of which nobody knows. */
export const mayHavePods = ({ apiVersion, kind }: Pick<ReleaseObject, "apiVersion" | "kind">): boolean => {
  const group = groupOf(apiVersion);
  return POD_OWNERS.has(kind) || (group.includes(".") && !group.endsWith(".k8s.io"));
};

/** The owner is called `<workload>-<suffix>`. */
const isChild = (owner: Fields, workload: ReleaseObject, suffix: RegExp): boolean => {
  const name = textOf(owner["name"]) ?? "";
  return name.startsWith(`${workload.name}-`) && suffix.test(name.slice(workload.name.length + 1));
};

const selects = (workload: ReleaseObject, candidate: DynamicObject): boolean => {
  const labels = fieldsOf(candidate.metadata.labels);
  return Object.entries(workload.podSelector ?? {}).every(([key, value]) => labels[key] === value);
};
