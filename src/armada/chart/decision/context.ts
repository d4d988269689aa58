import { ceilSecond, rfc3339 } from "../../../base/time/clock.ts";
import type { ReleaseRecord } from "../../../helm/release.ts";
import type { Decision } from "../../../runtime/reconcile/kind.ts";
import { DEFAULT_DELETE_SECONDS, DEFAULT_INTERVAL_SECONDS, type ArmadaChart } from "../../api/chart.ts";
import { DEFAULT_WAIT_SECONDS } from "../../api/chart-wait.ts";
import type { HistoryEntry } from "../../api/history.ts";
import { backoffMs } from "../../../runtime/backoff.ts";
import { findCondition } from "../../../runtime/conditions.ts";
import { jitterOf } from "../../jitter.ts";
import { isPausing, isRequested } from "../../attempts.ts";
import { REQUESTED_AT } from "../../names.ts";
import { verdictOf, type Finding, type Verdict } from "../../verdict.ts";
import { isHelmRun, type ChartAction } from "../action.ts";
import { chartJournal, lastFailure, type ChartJournal, type ChartOutcome } from "./journal.ts";
import type { ChartObserved } from "../observed.ts";

export type ChartDecision = Decision<ChartAction, Verdict>;

/** What the rows of the decision look at. */
export interface ChartContext {
  readonly chart: ArmadaChart;
  readonly observed: ChartObserved;
  readonly journal: ChartJournal;
  /** Somebody asked to act now, and no helm run has answered yet. */
  readonly requested: boolean;
  /** Objects were removed a moment ago; those that terminate are waited for. */
  readonly pruned: boolean;
  /** Objects were put back a moment ago. */
  readonly restored: boolean;
}

/** The same, of a chart that has a release. */
export interface ReleasedContext extends ChartContext {
  readonly record: ReleaseRecord;
}

/** One row of the contract's table: a decision if it matches. */
export type Row = (context: ChartContext) => ChartDecision | undefined;

export const contextOf = (chart: ArmadaChart, observed: ChartObserved, outcomes: readonly ChartOutcome[]): ChartContext => ({
  chart,
  observed,
  journal: chartJournal(chart, observed, outcomes),
  pruned: outcomes.some(({ action, error }) => action.type === "prune" && error === undefined),
  restored: outcomes.some(({ action }) => action.type === "restore"),
  requested: isRequested(chart) && !outcomes.some(({ action }) => isHelmRun(action)),
});

/** An attempt at what is wanted now has failed and its back-off has not passed. */
export const inBackoff = ({ chart, observed, journal, requested }: ChartContext): HistoryEntry | undefined => {
  const failed = lastFailure(journal, chart, observed);
  return !requested && isPausing(journal.nextRetryMs, observed.nowMs) ? failed : undefined;
};

export const waitTimeoutMs = (chart: ArmadaChart): number => (chart.spec.wait?.timeout ?? chart.spec.timeout ?? DEFAULT_WAIT_SECONDS) * 1000;
export const deleteTimeoutMs = (chart: ArmadaChart): number => (chart.spec.delete?.timeout ?? DEFAULT_DELETE_SECONDS) * 1000;

/** What a person does about a record that cannot be read, for `waiting_for`. `damaged`: why, and how to remove it. */
export const untilRecordRemoved = (damaged: string): string => `for its release record to be removed: ${damaged}`;

/** How a person skips a wait, for `waiting_for`. */
export const skipCommand = (chart: ArmadaChart): string =>
  `to skip the turn: kubectl -n ${chart.metadata.namespace ?? "default"} annotate act ${chart.metadata.name} ${REQUESTED_AT}="$(date)" --overwrite`;

/** Since when the object is not ready: the transition of its Ready condition, or now when that still says that it is; 0 when nobody knows. */
export const notReadySinceMs = ({ status }: ArmadaChart, nowMs: number): number => {
  const ready = findCondition(status?.conditions, "Ready");
  if (ready?.status === "True") return nowMs;
  return ready?.status === "False" && ready.lastTransitionTime !== undefined ? Date.parse(ready.lastTransitionTime) : 0;
};

export const retryNext = (journal: ChartJournal): string =>
  journal.nextRetryMs === undefined ? "retries immediately" : retryAt(journal.nextRetryMs);

export const retryAt = (ms: number): string => `next try at ${rfc3339(ceilSecond(ms))}, and immediately on any change`;

/** How much the interval of one chart may differ from what is asked, so that a thousand charts do not ask at the same second. */
const INTERVAL_JITTER = 0.1;
export const intervalMs = ({ metadata, spec }: ArmadaChart): number => {
  const asked = (spec.source.interval ?? DEFAULT_INTERVAL_SECONDS) * 1000;
  return Math.round(asked * (1 - INTERVAL_JITTER + 2 * INTERVAL_JITTER * jitterOf(metadata.uid, 0)()));
};

const SOURCE_RETRY_MS = 10_000;
const SOURCE_RETRY_MAX_MS = 600_000;

/** How long a source is left alone that could not be read so many times in a row. */
export const sourceRetryMs = (chart: ArmadaChart, failures: number): number =>
  backoffMs(failures, {
    baseMs: SOURCE_RETRY_MS,
    maxMs: Math.min(SOURCE_RETRY_MAX_MS, intervalMs(chart)),
    random: jitterOf(chart.metadata.uid, failures),
  });

/** When to look again: at `otherMs`, and not later than the source is to be read again. */
export const nextLookMs = ({ chart, observed: { source, nowMs } }: ChartContext, otherMs = Number.POSITIVE_INFINITY): number =>
  Math.min(otherMs, "retryAtMs" in source ? source.retryAtMs : nowMs + intervalMs(chart));

/** What no watch may tell of (objects outside the watched namespaces) is looked at this often while it is waited for. */
const SAFETY_LOOK_MS = 10_000;

/** When to look again at what watches should tell of. */
export const safetyLookMs = ({ nowMs }: ChartObserved): number => nowMs + SAFETY_LOOK_MS;

/** A verdict with the target filled in. */
export const verdict = ({ observed }: Pick<ChartContext, "observed">, found: Finding): Verdict => verdictOf(observed.target, found);
