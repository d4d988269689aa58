import { ceilSecond, rfc3339 } from "../base/time/clock.ts";
import { messageOf } from "../base/errors.ts";
import { cutUtf8, oneLine } from "../base/text.ts";
import { isApiError } from "../runtime/api.ts";
import { findCondition, type Condition } from "../runtime/conditions.ts";
import { classOf } from "../runtime/error-class.ts";
import type { KubeObject } from "../runtime/object.ts";
import { targetState, type ActualState, type Condition as WireCondition, type TargetState } from "./api/common.ts";
import type { ArmadaEvent } from "./events.ts";
import type { Attempts } from "./attempts.ts";
import { REQUESTED_AT } from "./names.ts";
import { conditionsOf, standingFor, type ConditionFacts } from "./status-conditions.ts";
import { fitted } from "./status-size.ts";
import { isWrong, type Verdict, type Waiting } from "./verdict.ts";

/** Fields of status that every kind reports. */
export interface CommonStatus {
  readonly satisfied?: boolean | undefined;
  readonly reason?: string | undefined;
  readonly actual_state?: ActualState | undefined;
  readonly observedGeneration?: number | undefined;
  readonly conditions?: readonly WireCondition[] | undefined;
  readonly waiting_for?: string | undefined;
  readonly ready_generation?: number | undefined;
  readonly reconcile_requested_at?: string | undefined;
}

export interface ReportFacts extends Omit<ConditionFacts, "generation"> {
  readonly attempts: Attempts;
  readonly owners: readonly string[];
  /** Nothing is left to do now: a request has been answered. */
  readonly settled: boolean;
}

/** The part of a status that all kinds share. Keeps transition times of conditions whose status stays. */
export const commonStatus = (object: KubeObject & { readonly status?: CommonStatus }, facts: ReportFacts) => {
  const { verdict, owners } = facts;
  const generation = (isSuspended(verdict) ? object.status?.observedGeneration : object.metadata.generation) ?? 0;
  const conditions = conditionsOf(object.status?.conditions ?? [], { ...facts, generation });
  return {
    satisfied: verdict.satisfied,
    reason: verdict.reason,
    actual_state: verdict.state,
    // An object stored before the CRD knew the targets may ask for anything; status may not repeat it.
    ...(targetState.safeParse(verdict.target).success ? { target_state: verdict.target } : {}),
    observedGeneration: generation,
    conditions,
    ...(verdict.satisfied ? {} : unsatisfied(verdict, facts, conditions)),
    ...remembered(object, facts, generation),
    ...(owners.length === 0 ? {} : { owners: owners.join(", ") }),
  };
};

const isSuspended = ({ reason }: Verdict): boolean => reason === "Suspended";

/** What a later pass must know of this one, or of an earlier one. */
const remembered = ({ metadata, status }: KubeObject & { readonly status?: CommonStatus }, { verdict, settled }: ReportFacts, generation: number) => {
  const ready = verdict.state === "deployed" && !isSuspended(verdict) ? generation : status?.ready_generation;
  const requested = settled ? metadata.annotations?.[REQUESTED_AT] : status?.reconcile_requested_at;
  return {
    ...(ready === undefined ? {} : { ready_generation: ready }),
    ...(requested === undefined ? {} : { reconcile_requested_at: requested }),
  };
};

const unsatisfied = (
  { state, waiting }: Extract<Verdict, { readonly satisfied: false }>,
  { attempts: { failures, nextRetryMs }, nowMs }: ReportFacts,
  conditions: readonly Condition[],
) => ({
  waiting_for: waitingFor(waiting, standingSince({ actual_state: state, conditions }) ?? rfc3339(nowMs)),
  ...(failures > 0 ? { failures } : {}),
  ...(nextRetryMs === undefined ? {} : { next_retry_time: rfc3339(ceilSecond(nextRetryMs)) }),
});

/** See {@link Waiting}. `standing`: since when the object is in its state. */
const waitingFor = (clauses: Waiting, standing: string): string => {
  if ("member" in clauses) return cutUtf8(`${clauses.member}: ${clauses.sentence}`, 2100, "…");
  const next = cutUtf8(clauses.next, 500, "…");
  const since = clauses.since ?? standing;
  if ("doing" in clauses) return `${cutUtf8(clauses.doing, 1500, "…")} (since ${since}); next: ${next}`;
  if ("fault" in clauses) return `${cutUtf8(clauses.fault, 1500, "…")} (since ${since}); ${next}`;
  return `${cutUtf8(clauses.what, 1500, "…")}, since ${since}; ${next}`;
};

/** Since when an object is in the state that its status says: the transition of the condition that stands for it. */
export const standingSince = (status: Pick<CommonStatus, "actual_state" | "conditions"> | undefined): string | undefined =>
  findCondition(status?.conditions, standingFor(status?.actual_state ?? "unknown"))?.lastTransitionTime;

/** The report on an object on which a pass broke off: what is known stays, and the error is said. */
export const unobservedReport = (
  object: KubeObject & { readonly status?: CommonStatus },
  error: Error,
  { nowMs, target }: { readonly nowMs: number; readonly target: TargetState },
) => {
  const sentence = oneLine(messageOf(error));
  const message = `cannot be reconciled: ${sentence}`;
  const stalled = classOf(error, "terminal") === "terminal";
  const waiting = { what: `for ${remedyOf(error)}: ${sentence}`, next: "it will be retried every minute, and immediately on any change" };
  const verdict: Verdict = { state: "error", target, satisfied: false, reason: "ReconcileError", message, stalled, waiting };
  const common = commonStatus(object, {
    nowMs,
    verdict,
    attempts: { failures: 0, nextRetryMs: undefined },
    owners: [],
    settled: false,
  });
  return { status: fitted({ ...object.status, ...common }), events: transitionEvent(object.status, verdict) };
};

/** What must happen for an error to end. */
const remedyOf = (error: Error): string => {
  if (classOf(error, "terminal") !== "terminal") return isApiError(error) ? "the API server to accept the request" : "the error to pass";
  return isApiError(error) ? "the API server to allow the request" : "a change of the data that is invalid";
};

/** State, reason and target stay, so that only progress or a sentence is new. */
export const isMinor = (before: CommonStatus | undefined, { state, reason, satisfied, stalled }: Verdict, generation: number | undefined): boolean =>
  before?.actual_state === state &&
  before.reason === reason &&
  before.satisfied === satisfied &&
  before.observedGeneration === generation &&
  (findCondition(before.conditions, "Stalled")?.status === "True") === (stalled === true);

/** The event that tells of a transition: state or reason differ from what the status said. */
export const transitionEvent = (before: CommonStatus | undefined, { state, reason, message, stalled }: Verdict): readonly ArmadaEvent[] => {
  if (before?.actual_state === state && before.reason === reason) return [];
  const bad = state === "failed" || state === "error" || stalled === true || isWrong(reason);
  return [{ type: bad ? "Warning" : "Normal", reason: reason, note: message }];
};
