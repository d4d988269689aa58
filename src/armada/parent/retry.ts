import { findCondition } from "../../runtime/conditions.ts";
import type { Outcome } from "../../runtime/reconcile/kind.ts";
import type { Parent } from "../estate/estate.ts";
import { jitterOf } from "../jitter.ts";
import { afterFailure, failureOf, type Attempts, type Failure } from "../attempts.ts";
import type { ParentAction } from "./action.ts";

/** Failed writes in a row, and when the next is made. */
export interface Retry extends Attempts {
  /** Of the write that is in back-off. */
  readonly failure: Failure | undefined;
}

const NONE: Retry = { failures: 0, nextRetryMs: undefined, failure: undefined };

/** Status, with the outcomes that are not in it yet. A success, or a change of the spec, ends a back-off. */
export const retryOf = (parent: Parent, outcomes: readonly Outcome<ParentAction>[]): Retry =>
  outcomes.reduce((before, { error, finishedAtMs }): Retry => {
    if (error === undefined) return NONE;
    const failure = failureOf(error);
    return { ...afterFailure(before.failures, failure, finishedAtMs, jitterOf(parent.metadata.uid, before.failures)), failure };
  }, recorded(parent));

const recorded = ({ status, metadata }: Parent): Retry => {
  const { reason, next_retry_time: next, observedGeneration, failures = 1, conditions } = status ?? {};
  if (reason !== "ReconcileError" || next === undefined || observedGeneration !== metadata.generation) return NONE;
  const stalled = findCondition(conditions, "Stalled")?.status === "True";
  const message = findCondition(conditions, "Ready")?.message ?? "";
  return { failures, nextRetryMs: Date.parse(next), failure: { class: stalled ? "terminal" : "transient", reason, message } };
};
