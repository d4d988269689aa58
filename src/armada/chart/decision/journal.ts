import { rfc3339 } from "../../../base/time/clock.ts";
import { cutUtf8 } from "../../../base/text.ts";
import { HelmError } from "../../../helm/driver.ts";
import { MAX_MESSAGE_BYTES } from "../../../runtime/conditions.ts";
import type { Outcome } from "../../../runtime/reconcile/kind.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { HISTORY_MAX, type HistoryEntry } from "../../api/history.ts";
import { afterFailure, failureOf, type Attempts } from "../../attempts.ts";
import { jitterOf } from "../../jitter.ts";
import { isHelmRun, type ChartAction } from "../action.ts";
import { inputsOf } from "../facts/source-facts.ts";
import { isMissing } from "../objects/observed-object.ts";
import type { ChartObserved } from "../observed.ts";

/** What was tried and how it went: status, with the outcomes that are not in it yet. */
export interface ChartJournal extends Attempts {
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  /** Of the last helm run. */
  readonly warnings: readonly string[];
}

/** Of a message in the history that is not the newest. */
const OLD_MESSAGE_BYTES = 300;

type Observed = Pick<ChartObserved, "source" | "record" | "objects" | "leftovers" | "orphanedObjects">;
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
const isOutdated = (last: HistoryEntry | undefined, { metadata }: ArmadaChart, { source }: Observed): boolean =>
  last !== undefined && (last.generation !== metadata.generation || (source.state === "ready" && last.inputs_digest !== source.inputsDigest));

/** What the last attempt was to put back, or to remove, is so without it. */
const isMoot = (last: HistoryEntry | undefined, { objects, leftovers, orphanedObjects }: Observed): boolean => {
  if (last?.action === "restore") return !objects.some(isMissing);
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
  const before = last !== undefined && isFailureOfSame(last, entry) ? journal.failures : 0;
  return { ...afterFailure(before, failureOf(error), outcome.finishedAtMs, jitterOf(chart.metadata.uid, before)), warnings, history };
};

/** It failed at the same spec, with the same inputs. */
const isFailureOfSame = (last: HistoryEntry, { generation, inputs_digest }: Pick<HistoryEntry, "generation" | "inputs_digest">): boolean =>
  last.result !== "succeeded" && last.generation === generation && last.inputs_digest === inputs_digest;

/** What the API server and helm warned of, also when helm failed in the end. */
export const warningsOf = ({ warnings, error }: ChartOutcome): readonly string[] => (error instanceof HelmError ? error.warnings : warnings);

/** Only the last attempt needs its whole message: a status stays below 32 KiB. */
const shortened = (entry: HistoryEntry): HistoryEntry =>
  entry.message === undefined ? entry : { ...entry, message: cutUtf8(entry.message, OLD_MESSAGE_BYTES, "… (cut)") };

/** `observed` is what is seen after the attempt; what it was made on stands in the outcome. */
const entryOf = ({ record }: Observed, outcome: ChartOutcome): HistoryEntry => {
  const { action, generation } = outcome;
  const { source } = outcome.observed;
  const revision = record?.newest.revision;
  return {
    action: action.type,
    ...(revision === undefined ? {} : { revision }),
    ...(source.state === "ready" ? { inputs_digest: source.inputsDigest, chart_version: source.artifact.version } : {}),
    ...(generation === undefined ? {} : { generation }),
    ...resultOf(outcome),
    started_at: rfc3339(outcome.startedAtMs),
    finished_at: rfc3339(outcome.finishedAtMs),
  };
};

const resultOf = ({ error }: ChartOutcome): Pick<HistoryEntry, "result" | "reason" | "class" | "message"> => {
  if (error === undefined) return { result: "succeeded" };
  const { reason, class: kind, message } = failureOf(error);
  return { result: reason === "Cancelled" ? "cancelled" : "failed", reason, class: kind, message: cutUtf8(message, MAX_MESSAGE_BYTES, "… (cut)") };
};

/** The last attempt, if it failed on what is wanted now: what an object in back-off has to say. */
export const lastFailure = ({ history: [last] }: ChartJournal, chart: ArmadaChart, observed: Pick<Observed, "source">): HistoryEntry | undefined =>
  last !== undefined && isFailureOfSame(last, { generation: chart.metadata.generation, inputs_digest: inputsOf(observed) }) ? last : undefined;
