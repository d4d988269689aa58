import { rfc3339 } from "../base/time/clock.ts";
import { cutUtf8 } from "../base/text.ts";
import { setCondition, type Condition } from "../runtime/conditions.ts";
import type { ActualState, Condition as WireCondition } from "./api/common.ts";
import {
  EXTRA_CONDITIONS,
  LEGACY_CONDITIONS,
  STANDARD_CONDITIONS,
  type ExtraCondition,
  type LegacyCondition,
  type StandardCondition,
} from "./conditions.ts";
import type { Verdict } from "./verdict.ts";

export interface ConditionFacts {
  readonly nowMs: number;
  readonly generation: number;
  readonly verdict: Verdict;
  /** Of which the legacy condition that is true speaks. */
  readonly release?: { readonly name: string | undefined; readonly revision: number | undefined } | undefined;
  /** Messages of the extra conditions that are true; absent: nobody has looked, so they stay as they were. */
  readonly extra?: Readonly<Partial<Record<ExtraCondition, string | undefined>>> | undefined;
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

/** Type of the condition whose transition tells since when an object is in its state. */
export const standingFor = (state: ActualState): string => LEGACY[state] ?? "Ready";

/** What one condition is now. */
interface Now {
  readonly type: string;
  readonly isTrue: boolean;
  readonly reason: string;
  readonly message: string;
  /** Of a legacy condition that is true. */
  readonly release?: ConditionFacts["release"];
}

/** Transition times of conditions whose status stays are kept. */
export const conditionsOf = (before: readonly WireCondition[], facts: ConditionFacts): readonly Condition[] => {
  const { extra, generation, nowMs } = facts;
  const over = extra === undefined ? [] : EXTRA_CONDITIONS.flatMap(({ type }) => (extra[type] === undefined ? [type] : []));
  const kept = before.filter(({ type }) => !over.some((one) => one === type)).map(normalised);
  return conditionsNow(before, facts).reduce<readonly Condition[]>(
    (conditions, { type, isTrue, reason, message, release }) =>
      setCondition(
        conditions,
        {
          type,
          status: isTrue ? "True" : "False",
          reason,
          message: type === "Ready" ? cutUtf8(message, READY_BYTES, "… (cut)") : isTrue ? message : "",
          observedGeneration: generation,
          ...(release?.name === undefined ? {} : { resourceName: release.name }),
          ...(release?.revision === undefined ? {} : { resourceVersion: release.revision }),
        },
        nowMs,
      ),
    kept,
  );
};

const conditionsNow = (before: readonly WireCondition[], facts: ConditionFacts): readonly Now[] => [
  ...standard(facts),
  ...legacy(before, facts),
  ...EXTRA_CONDITIONS.flatMap(({ type, reason }) => {
    const message = facts.extra?.[type];
    return message === undefined ? [] : [{ type, isTrue: true, reason, message }];
  }),
];

const standard = ({ verdict: { satisfied, stalled = false, reason, message } }: ConditionFacts): readonly Now[] => {
  const marks: Readonly<Record<StandardCondition, boolean>> = { Ready: satisfied, Reconciling: !satisfied && !stalled, Stalled: stalled };
  return STANDARD_CONDITIONS.map((type) => ({ type, isTrue: marks[type], reason, message }));
};

/** Those that are true now, and those that were once. */
const legacy = (before: readonly WireCondition[], { verdict: { state, reason, message }, release }: ConditionFacts): readonly Now[] =>
  LEGACY_CONDITIONS.flatMap((type) => {
    const isTrue = type === LEGACY[state] || (type === "Irreconcilable" && state === "error");
    if (!isTrue && !before.some((condition) => condition.type === type)) return [];
    return [{ type, isTrue, reason, message, release: isTrue ? release : undefined }];
  });

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
