import type { DynamicObject } from "../../runtime/object.ts";
import { type ConditionFacts, type Fields, conditionOf, fieldsOf, numberOf, specOf, statusOf } from "./fields.ts";
import { type AssessOptions, type Readiness, type Rule, because, progressing, ready, unobserved } from "./verdict.ts";

const count = (fields: Fields, field: string): number => numberOf(fields[field]) ?? 0;

const wanted = (live: DynamicObject): number => numberOf(specOf(live)["replicas"]) ?? 1;

const pods = (have: number, want: number, what: string): string => `${have} of ${want} pods ${what}`;

const some = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? "" : "s"}`;

const strategy = (live: DynamicObject): Fields => fieldsOf(specOf(live)["updateStrategy"]);

/** The first thing that is still to happen, with what its controller has to say about it. */
const waitFor = (live: DynamicObject, steps: readonly (string | false)[]): Readiness => {
  const step = steps.find((text): text is string => text !== false);
  if (step === undefined) return ready;
  const trouble = because(troubleOf(live));
  return progressing(live, trouble === "" ? step : `${step} (${trouble})`);
};

/** Not a verdict: a rollout past its deadline goes on and may still end well, and so may pods that a quota refuses. */
const troubleOf = (live: DynamicObject): ConditionFacts | undefined => {
  const progress = conditionOf(live, "Progressing");
  const failure = conditionOf(live, "ReplicaFailure");
  return failure?.status === "True" ? failure : progress?.status === "False" ? progress : undefined;
};

/** Rolled out as `kubectl rollout status` means it, the pods of the old revision gone. A paused one is where its owner wants it, as for helm. */
export const deployment: Rule = (live, _desired, options) => {
  const pending = unobserved(live);
  if (pending !== undefined) return pending;
  return specOf(live)["paused"] === true ? ready : rolledOut(live, options);
};

const rolledOut = (live: DynamicObject, options: AssessOptions): Readiness => {
  const status = statusOf(live);
  const [want, updated, total] = [wanted(live), count(status, "updatedReplicas"), count(status, "replicas")];
  const terminating = options.wasReady === true ? 0 : count(status, "terminatingReplicas");
  return waitFor(live, [
    updated < want && pods(updated, want, "updated"),
    total > updated && `${some(total - updated, "old pod")} still running`,
    count(status, "availableReplicas") < want && pods(count(status, "availableReplicas"), want, "available"),
    total > want && `${some(total - want, "surplus pod")} still running`,
    terminating > 0 && `${some(terminating, "old pod")} still terminating`,
  ]);
};

/** Pods below `partition`, and all of them with `OnDelete`, keep the old revision on purpose. */
export const statefulSet: Rule = (live) => {
  const pending = unobserved(live);
  if (pending !== undefined) return pending;
  const status = statusOf(live);
  const rolls = strategy(live)["type"] !== "OnDelete";
  const partition = numberOf(fieldsOf(strategy(live)["rollingUpdate"])["partition"]) ?? 0;
  const [want, updated, total] = [wanted(live), count(status, "updatedReplicas"), count(status, "replicas")];
  const toUpdate = rolls ? Math.max(0, want - partition) : 0;
  // One that has never rolled anything out has no current revision, or counts no updated pods, on old servers.
  const settled = status["currentRevision"] === status["updateRevision"];
  const up = Math.min(count(status, "readyReplicas"), numberOf(status["availableReplicas"]) ?? Number.POSITIVE_INFINITY);
  return waitFor(live, [
    !settled && updated < toUpdate && pods(updated, toUpdate, "updated"),
    up < want && pods(up, want, "ready"),
    rolls && partition === 0 && !settled && "its update has not been completed yet",
    total > want && `${some(total - want, "surplus pod")} still running`,
  ]);
};

/** One pod on every node that takes one; none is right where no node does. */
export const daemonSet: Rule = (live) => {
  const pending = unobserved(live);
  if (pending !== undefined) return pending;
  const status = statusOf(live);
  const [want, updated, available] = [
    count(status, "desiredNumberScheduled"),
    count(status, "updatedNumberScheduled"),
    count(status, "numberAvailable"),
  ];
  return waitFor(live, [
    strategy(live)["type"] !== "OnDelete" && updated < want && pods(updated, want, "updated"),
    available < want && pods(available, want, "available"),
  ]);
};

/** ReplicaSet and ReplicationController: they do not replace pods, so numbers are all there is. */
export const replicas: Rule = (live) => {
  const pending = unobserved(live);
  if (pending !== undefined) return pending;
  const status = statusOf(live);
  const [want, total] = [wanted(live), count(status, "replicas")];
  const up = numberOf(status["availableReplicas"]) ?? count(status, "readyReplicas");
  return waitFor(live, [up < want && pods(up, want, "available"), total > want && `${some(total - want, "surplus pod")} still running`]);
};
