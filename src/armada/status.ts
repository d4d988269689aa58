import { ceilSecond, rfc3339 } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { cutUtf8, oneLine } from "../base/text.ts";
import { isApiError } from "../runtime/api.ts";
import { findCondition, setCondition, type Condition } from "../runtime/conditions.ts";
import { classOf } from "../runtime/error-class.ts";
import type { KubeObject } from "../runtime/object.ts";
import { targetState, type ActualState, type Condition as WireCondition, type TargetState } from "./api/common.ts";
import {
  EXTRA_CONDITIONS,
  LEGACY_CONDITIONS,
  STANDARD_CONDITIONS,
  type ExtraCondition,
  type LegacyCondition,
  type StandardCondition,
} from "./conditions.ts";
import type { ArmadaEvent } from "./events.ts";
import type { Attempts } from "./attempts.ts";
import { REQUESTED_AT } from "./names.ts";
import { fitted } from "./status-size.ts";
import { isWrong, type Verdict } from "./verdict.ts";

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

export interface ReportFacts {
  readonly nowMs: number;
  readonly verdict: Verdict;
  readonly attempts: Attempts;
  readonly owners: readonly string[];
  /** Nothing is left to do now: a request has been answered. */
  readonly settled: boolean;
  /** The one condition of the legacy seven that is true, with the Helm release it speaks of. */
  readonly release?: { readonly name: string; readonly revision: number | undefined };
  /** Messages of the extra conditions that are true; absent: nobody has looked, so they stay as they were. */
  readonly extra?: Readonly<Partial<Record<ExtraCondition, string | undefined>>>;
}

/** The condition of the original Armada operator that stands for a state. */
const LEGACY: Readonly<Record<ActualState, LegacyCondition | undefined>> = {
  uninitialized: "Initializing",
  initialized: "Initializing",
  pending: "Pending",
  running: "Running",
  deployed: "Deployed",
  failed: "Failed",
  error: "Error",
  uninstalled: undefined,
  unknown: undefined,
};

/** Of the message of Ready: the condition beside it that stands for the state, or Stalled, holds the whole. Keeps a status below 32 KiB. */
const READY_BYTES = 1024;

/** The part of a status that all kinds share. Keeps transition times of conditions whose status stays. */
export const commonStatus = (object: KubeObject & { readonly status?: CommonStatus }, facts: ReportFacts) => {
  const { verdict, attempts, nowMs } = facts;
  const suspended = verdict.reason === "Suspended";
  const generation = (suspended ? object.status?.observedGeneration : object.metadata.generation) ?? 0;
  const conditions = conditionsOf(object.status?.conditions ?? [], generation, facts);
  const requested = facts.settled ? object.metadata.annotations?.[REQUESTED_AT] : object.status?.reconcile_requested_at;
  const readyGeneration = verdict.state === "deployed" && !suspended ? generation : object.status?.ready_generation;
  return {
    satisfied: verdict.satisfied,
    reason: verdict.reason,
    actual_state: verdict.state,
    // An object stored before the CRD knew the targets may ask for anything; status may not repeat it.
    ...(targetState.safeParse(verdict.target).success ? { target_state: verdict.target } : {}),
    observedGeneration: generation,
    conditions,
    ...(verdict.satisfied ? {} : { waiting_for: waitingFor(verdict, conditions, nowMs) }),
    ...(attempts.failures > 0 && !verdict.satisfied ? { failures: attempts.failures } : {}),
    ...(attempts.nextRetryMs !== undefined && !verdict.satisfied ? { next_retry_time: rfc3339(ceilSecond(attempts.nextRetryMs)) } : {}),
    ...(readyGeneration === undefined ? {} : { ready_generation: readyGeneration }),
    ...(requested === undefined ? {} : { reconcile_requested_at: requested }),
    ...(facts.owners.length === 0 ? {} : { owners: facts.owners.join(", ") }),
  };
};

const conditionsOf = (
  before: readonly WireCondition[],
  generation: number,
  { nowMs, verdict, release, extra }: ReportFacts,
): readonly Condition[] => {
  const active = LEGACY[verdict.state];
  const marks: Readonly<Record<StandardCondition, boolean>> = {
    Ready: verdict.satisfied,
    Reconciling: !verdict.satisfied && verdict.stalled !== true,
    Stalled: verdict.stalled === true,
  };
  let conditions: readonly Condition[] = before.map(normalised);
  const put = (type: string, on: boolean, reason: string = verdict.reason, message: string = verdict.message): void => {
    const named = release !== undefined && on && LEGACY_CONDITIONS.some((one) => one === type) ? release : undefined;
    conditions = setCondition(
      conditions,
      {
        type,
        status: on ? "True" : "False",
        reason,
        message: type === "Ready" ? cutUtf8(message, READY_BYTES, "… (cut)") : on ? message : "",
        observedGeneration: generation,
        ...(named === undefined ? {} : { resourceName: named.name }),
        ...(named?.revision === undefined ? {} : { resourceVersion: named.revision }),
      },
      nowMs,
    );
  };
  for (const type of STANDARD_CONDITIONS) put(type, marks[type]);
  for (const type of LEGACY_CONDITIONS) {
    const on = type === active || (type === "Irreconcilable" && verdict.state === "error");
    if (on || findCondition(conditions, type) !== undefined) put(type, on);
  }
  if (extra === undefined) return conditions;
  for (const { type, reason } of EXTRA_CONDITIONS) {
    const message = extra[type];
    if (message !== undefined) put(type, true, reason, message);
    else conditions = conditions.filter((condition) => condition.type !== type);
  }
  return conditions;
};

const normalised = (condition: WireCondition): Condition => ({
  type: condition.type,
  status: condition.status,
  reason: condition.reason ?? "",
  message: condition.message ?? "",
  lastTransitionTime: condition.lastTransitionTime ?? rfc3339(0),
  observedGeneration: condition.observedGeneration ?? 0,
  ...(condition.resourceName === undefined ? {} : { resourceName: condition.resourceName }),
  ...(condition.resourceVersion === undefined ? {} : { resourceVersion: condition.resourceVersion }),
});

/** "Waiting for <what>, since <time>; <what happens next>." Since when: the transition of the condition that stands for the state. */
const waitingFor = ({ state, waiting, message }: Verdict, conditions: readonly Condition[], nowMs: number): string => {
  const type = LEGACY[state] ?? "Ready";
  const since = findCondition(conditions, type)?.lastTransitionTime ?? rfc3339(nowMs);
  const { what, next } = waiting ?? { what: `for ${message}`, next: "then it goes on" };
  return `${cutUtf8(what, 1500, "…")}, since ${since}; ${cutUtf8(next, 500, "…")}`;
};

/** The report on an object on which a pass broke off: what is known stays, and the error is said. */
export const unobservedReport = (
  object: KubeObject & { readonly status?: CommonStatus },
  error: Error,
  { nowMs, target }: { readonly nowMs: number; readonly target: TargetState },
) => {
  const sentence = oneLine(messageOf(error));
  const message = `cannot be reconciled: ${sentence}`;
  const stalled = classOf(error, "terminal") === "terminal";
  const waiting = { what: `for ${remedyOf(error)}: ${sentence}`, next: "retried every minute, and immediately on any change" };
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
  (before.conditions?.some(({ type, status }) => type === "Stalled" && status === "True") ?? false) === (stalled === true);

/** The event that tells of a transition: state or reason differ from what the status said. */
export const transitionEvent = (before: CommonStatus | undefined, { state, reason, message, stalled }: Verdict): readonly ArmadaEvent[] => {
  if (before?.actual_state === state && before.reason === reason) return [];
  const bad = state === "failed" || state === "error" || stalled === true || isWrong(reason);
  return [{ type: bad ? "Warning" : "Normal", reason: reason, note: message }];
};
