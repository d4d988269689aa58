import { rfc3339 } from "../../../base/clock.ts";
import { cutUtf8 } from "../../../base/text.ts";
import { HelmError, type BlockingObject } from "../../../helm/driver.ts";
import { MAX_MESSAGE_BYTES } from "../../../runtime/conditions.ts";
import type { Outcome } from "../../../runtime/reconcile/kernel.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { HISTORY_MAX, type HistoryEntry } from "../../api/history.ts";
import { afterFailure, failureOf, type Attempts } from "../../attempts.ts";
import { jitterOf } from "../../jitter.ts";
import { isHelmRun, type ChartAction } from "../action.ts";
import { isOpen, type ChartObserved } from "../observed.ts";

/** What was tried and how it went: status, with the outcomes that are not in it yet. */
export interface ChartJournal extends Attempts {
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  /** Of the last helm run. */
  readonly warnings: readonly string[];
}

/** Of a message in the history that is not the newest. */
const OLD_MESSAGE_BYTES = 300;

type Observed = Pick<ChartObserved, "inputsDigest" | "record" | "objects" | "leftovers" | "orphanedObjects">;
export type ChartOutcome = Outcome<ChartAction, ChartObserved>;

/** The journal after `outcomes`. Pure: times come from the outcomes, jitter from the object. */
export const chartJournal = (chart: ArmadaChart, observed: Observed, outcomes: readonly ChartOutcome[]): ChartJournal => {
  const { status } = chart;
  const retry = status?.next_retry_time === undefined ? undefined : Date.parse(status.next_retry_time);
  const start: ChartJournal = {
    failures: status?.failures ?? 0,
    nextRetryMs: retry,
    history: status?.history ?? [],
    warnings: status?.warnings ?? [],
  };
  const after = outcomes.reduce((journal, outcome) => fold(journal, chart, observed, outcome), start);
  const [last] = after.history;
  return isOutdated(last, chart, observed) || isMoot(last, observed) ? { ...after, failures: 0, nextRetryMs: undefined } : after;
};

/** The last attempt was at something else than what is wanted now, so its failures count no more. */
const isOutdated = (last: HistoryEntry | undefined, { metadata }: ArmadaChart, { inputsDigest }: Observed): boolean =>
  last !== undefined && (last.generation !== metadata.generation || (inputsDigest !== undefined && last.inputs_digest !== inputsDigest));

/** What the last attempt was to put back, or to remove, is so without it. */
const isMoot = (last: HistoryEntry | undefined, { objects, leftovers, orphanedObjects }: Observed): boolean => {
  if (last?.action === "restore") return !objects.some((each) => isOpen(each) && each.readiness.state === "missing");
  return last?.action === "prune" && leftovers.length === 0 && orphanedObjects.length === 0;
};

const fold = (journal: ChartJournal, chart: ArmadaChart, observed: Observed, outcome: ChartOutcome): ChartJournal => {
  const { action, error } = outcome;
  const helm = isHelmRun(action);
  if (error === undefined && !helm) return journal;
  const entry = entryOf(observed, outcome);
  const history = [entry, ...journal.history.map(shortened)].slice(0, HISTORY_MAX);
  const warnings = helm ? warningsOf(outcome) : journal.warnings;
  if (error === undefined) return { failures: 0, nextRetryMs: undefined, warnings, history };
  const [last] = journal.history;
  const again =
    last !== undefined && last.result !== "succeeded" && last.generation === entry.generation && last.inputs_digest === entry.inputs_digest;
  const before = again ? journal.failures : 0;
  return { ...afterFailure(before, failureOf(error), outcome.finishedAtMs, jitterOf(chart.metadata.uid, before)), warnings, history };
};

/** What the API server and helm warned of, also when helm failed in the end. */
export const warningsOf = ({ warnings, error }: ChartOutcome): readonly string[] => (error instanceof HelmError ? error.warnings : warnings);

/** Only the last attempt needs its whole message: a status stays below 32 KiB. */
const shortened = (entry: HistoryEntry): HistoryEntry =>
  entry.message === undefined ? entry : { ...entry, message: cutUtf8(entry.message, OLD_MESSAGE_BYTES, "… (cut)") };

/** `observed` is what is seen after the attempt; what it was made on stands in the outcome. */
const entryOf = ({ record }: Observed, outcome: ChartOutcome): HistoryEntry => {
  const { action, error, generation } = outcome;
  const { inputsDigest, source } = outcome.observed;
  const failure = error === undefined ? undefined : failureOf(error);
  const revision = record?.newest.revision;
  return {
    action: action.type,
    result: failure === undefined ? "succeeded" : failure.reason === "Cancelled" ? "cancelled" : "failed",
    ...(revision === undefined ? {} : { revision }),
    ...(inputsDigest === undefined ? {} : { inputs_digest: inputsDigest }),
    ...(source.state === "ready" ? { chart_version: source.artifact.version } : {}),
    ...(generation === undefined ? {} : { generation }),
    ...(failure === undefined
      ? {}
      : { reason: failure.reason, class: failure.class, message: cutUtf8(failure.message, MAX_MESSAGE_BYTES, "… (cut)") }),
    started_at: rfc3339(outcome.startedAtMs),
    finished_at: rfc3339(outcome.finishedAtMs),
  };
};

/** The last attempt, if it failed on what is wanted now: what an object in back-off has to say. */
export const lastFailure = (
  { history: [last] }: ChartJournal,
  chart: ArmadaChart,
  { inputsDigest }: Pick<Observed, "inputsDigest">,
): HistoryEntry | undefined =>
  last !== undefined && last.result !== "succeeded" && last.generation === chart.metadata.generation && last.inputs_digest === inputsDigest
    ? last
    : undefined;

/** Reads helm's message of a `Conflict`. */
export type ParseConflict = (message: string) => BlockingObject | undefined;

/** The object of another release, or of nobody, over which the last helm run failed, as far as status tells. */
export const blockedBy = ({ status }: ArmadaChart, parse: ParseConflict): BlockingObject | undefined => {
  const last = status?.history?.[0];
  return last?.result === "failed" && last.reason === "Conflict" ? parse(last.message ?? "") : undefined;
};
