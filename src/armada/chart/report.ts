import type { Pass, Report } from "../../runtime/reconcile/kind.ts";
import type { ArmadaChart, ArmadaChartStatus } from "../api/chart.ts";
import { inertMessage } from "../api/inert.ts";
import type { ArmadaEvent } from "../events.ts";
import { commonStatus, isMinor, transitionEvent } from "../status.ts";
import { fitted } from "../status-size.ts";
import type { Verdict } from "../verdict.ts";
import { isHelmRun, type ChartAction } from "./action.ts";
import { chartJournal, type ChartJournal } from "./decision/journal.ts";
import type { ChartObserved } from "./observed.ts";
import { foreignRevision, outcomeEvents } from "./report-events.ts";
import { releaseStatus } from "./report-release.ts";
import { sourceEvents, sourceStatus, staleMessage } from "./report-source.ts";

type ChartPass = Pass<ChartObserved, ChartAction, Verdict>;

/** Status and events of a chart, from facts. Pure. */
export const reportChart = (chart: ArmadaChart, given: ChartPass): Report<ArmadaChartStatus> => {
  const pass = awaiting(given);
  return {
    status: fitted(statusOf(chart, pass)),
    minor: pass.outcomes.length === 0 && isMinor(chart.status, pass.decision.verdict, chart.metadata.generation),
    events: eventsOf(chart, pass),
  };
};

/** An action that has not begun is not being done. */
const awaiting = (pass: ChartPass): ChartPass => {
  const { awaits, decision } = pass;
  const helm = decision.actions.find(isHelmRun);
  if (awaits === undefined || helm === undefined) return pass;
  const verdict = { ...decision.verdict, message: `waiting ${awaits}`, waiting: { what: awaits, next: `then helm ${helm.type} runs` } };
  return { ...pass, decision: { ...decision, verdict } };
};

const statusOf = (chart: ArmadaChart, { observed, decision, outcomes }: ChartPass): ArmadaChartStatus => {
  const journal = chartJournal(chart, observed, outcomes);
  const helmStarts = decision.actions.some((action) => action.type === "install" || action.type === "upgrade");
  const release = releaseStatus(chart, observed, decision.verdict);
  const { ready_generation, ...common } = commonStatus(chart, {
    nowMs: observed.nowMs,
    verdict: decision.verdict,
    attempts: journal,
    owners: observed.owners,
    settled: decision.actions.length === 0 && observed.source.state !== "reading",
    release: { name: release.name, revision: observed.record?.newest.revision },
    extra: extraConditions(chart, observed, journal),
  });
  return {
    ...common,
    ...(ready_generation === undefined || helmStarts ? {} : { ready_generation }),
    ...sourceStatus(chart, observed),
    release,
    ...(journal.warnings.length === 0 ? {} : { warnings: journal.warnings }),
    ...(journal.history.length === 0 ? {} : { history: journal.history }),
  };
};

const eventsOf = (chart: ArmadaChart, { observed, decision, outcomes }: ChartPass): readonly ArmadaEvent[] => {
  const effects = outcomeEvents(observed, outcomes);
  // On its way because of an effect: that is told when it has been made.
  const byEffect = decision.verdict.state === "running" && (effects.length > 0 || decision.actions.length > 0);
  const transition = byEffect ? [] : transitionEvent(chart.status, decision.verdict);
  return [...effects, ...foreignRevision(chart, observed), ...sourceEvents(chart, observed), ...transition];
};

const extraConditions = (chart: ArmadaChart, observed: ChartObserved, journal: ChartJournal) => ({
  SourceStale: staleMessage(chart, observed),
  FieldsIgnored: inertMessage(chart.kind, chart.spec),
  Warnings: journal.warnings.length === 0 ? undefined : journal.warnings.join("; "),
});
