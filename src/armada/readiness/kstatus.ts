import type { DynamicObject } from "../../runtime/object.ts";
import { type ConditionFacts, conditionOf } from "./fields.ts";
import { type Readiness, type Rule, because, failed, progressing, ready, unobservedIfKept } from "./verdict.ts";

/**
 * Any kind that nothing is known of, by the conventions of kstatus: an observed generation, and the conditions `Stalled`, `Reconciling` and `Ready`.
 * An object that keeps none of them is ready when it exists.
 */
export const kstatus: Rule = (live) => {
  const late = unobservedIfKept(live);
  if (late !== undefined) return late;
  const [stalled, reconciling] = ["Stalled", "Reconciling"].map((type) => current(live, type));
  if (stalled?.status === "True") return failed(live, stalled.reason ?? "Stalled", because(stalled) || "it is stalled");
  if (reconciling?.status === "True") return progressing(live, because(reconciling) || "it is reconciling");
  return readyCondition(live);
};

const readyCondition = (live: DynamicObject): Readiness => {
  const condition = current(live, "Ready");
  if (conditionOf(live, "Ready") === undefined || condition?.status === "True") return ready;
  return progressing(live, because(condition) || "it is not ready yet");
};

/** The condition, unless it speaks of an older generation. */
const current = (live: DynamicObject, type: string): ConditionFacts | undefined => {
  const condition = conditionOf(live, type);
  return (condition?.observedGeneration ?? Number.POSITIVE_INFINITY) < (live.metadata.generation ?? 0) ? undefined : condition;
};
