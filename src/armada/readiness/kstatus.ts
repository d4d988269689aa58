import type { DynamicObject } from "../../runtime/object.ts";
import { type ConditionFacts, conditionOf, numberOf, statusOf } from "./fields.ts";
import { type Rule, because, failed, progressing, ready } from "./verdict.ts";

/**
 * Any kind that nothing is known of, by the conventions of kstatus: an observed generation, and the conditions `Stalled`, `Reconciling` and `Ready`.
 * An object that keeps none of them is ready when it exists.
 */
export const kstatus: Rule = (live) => {
  const { generation } = live.metadata;
  const observed = numberOf(statusOf(live)["observedGeneration"]);
  if (generation !== undefined && observed !== undefined && observed < generation)
    return progressing(live, "its newest spec has not been observed yet");
  const [stalled, reconciling, condition] = ["Stalled", "Reconciling", "Ready"].map((type) => current(live, type));
  if (stalled?.status === "True") return failed(live, stalled.reason ?? "Stalled", because(stalled) || "it is stalled");
  if (reconciling?.status === "True") return progressing(live, because(reconciling) || "it is reconciling");
  if (conditionOf(live, "Ready") === undefined || condition?.status === "True") return ready;
  return progressing(live, because(condition) || "it is not ready yet");
};

/** The condition, unless it speaks of an older generation. */
const current = (live: DynamicObject, type: string): ConditionFacts | undefined => {
  const condition = conditionOf(live, type);
  return (condition?.observedGeneration ?? Number.POSITIVE_INFINITY) < (live.metadata.generation ?? 0) ? undefined : condition;
};
