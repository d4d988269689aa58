import type { Outcome } from "../../runtime/reconcile/kernel.ts";
import type { Parent } from "../estate/estate.ts";
import { jitterOf } from "../jitter.ts";
import { afterFailure, failureOf, type Attempts, type Failure } from "../attempts.ts";
import type { ParentAction } from "./action.ts";

export interface ParentJournal extends Attempts {
  /** Of the effect that is in back-off. */
  readonly failure: Failure | undefined;
}

/** Status, with the outcomes that are not in it yet. A success, or a change of the spec, ends a back-off. */
export const parentJournal = (parent: Parent, outcomes: readonly Outcome<ParentAction>[]): ParentJournal =>
  outcomes.reduce((journal, { error, finishedAtMs }): ParentJournal => {
    if (error === undefined) return { failures: 0, nextRetryMs: undefined, failure: undefined };
    const failure = failureOf(error);
    return { ...afterFailure(journal.failures, failure, finishedAtMs, jitterOf(parent.metadata.uid, journal.failures)), failure };
  }, recorded(parent));

const recorded = ({ status, metadata }: Parent): ParentJournal => {
  const fresh = { failures: 0, nextRetryMs: undefined, failure: undefined };
  if (status?.reason !== "ReconcileError" || status.next_retry_time === undefined || status.observedGeneration !== metadata.generation) return fresh;
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  const stalled = status.conditions?.find(({ type }) => type === "Stalled")?.status === "True";
  return {
    failures: status.failures ?? 1,
    nextRetryMs: Date.parse(status.next_retry_time),
    failure: { class: stalled ? "terminal" : "transient", reason: "ReconcileError", message: ready?.message ?? "" },
  };
};
