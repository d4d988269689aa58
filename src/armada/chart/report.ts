import { rfc3339 } from "../../base/clock.ts";
import { cutUtf8 } from "../../base/text.ts";
import type { Pass, Report } from "../../runtime/reconcile/kernel.ts";
import type { ChartArtifact } from "../../sources/source.ts";
import type { ArmadaChart, ArmadaChartStatus } from "../api/chart.ts";
import { DEPENDENCIES_MAX } from "../api/history.ts";
import { inertMessage } from "../api/inert.ts";
import type { ArmadaEvent } from "../events.ts";
import { commonStatus, isMinor, transitionEvent } from "../status.ts";
import { fitted } from "../status-size.ts";
import type { Verdict } from "../verdict.ts";
import type { ChartAction } from "./action.ts";
import { chartJournal, type ChartJournal } from "./decision/journal.ts";
import type { ChartObserved } from "./observed.ts";
import { foreignRevision, outcomeEvents } from "./report-events.ts";
import { releaseStatus } from "./report-release.ts";
import { staleSource } from "./decision/release-rows.ts";

type ChartPass = Pass<ChartObserved, ChartAction, Verdict>;

/** Status and events of a chart, from facts. Pure. */
export const reportChart = (chart: ArmadaChart, pass: ChartPass): Report<ArmadaChartStatus> => {
  const { observed, decision, outcomes } = pass;
  const journal = chartJournal(chart, observed, outcomes);
  const helmStarts = decision.actions.some((action) => action.type === "install" || action.type === "upgrade");
  const { ready_generation, ...common } = commonStatus(chart, {
    nowMs: observed.nowMs,
    verdict: decision.verdict,
    attempts: journal,
    owners: observed.owners,
    settled: decision.actions.length === 0 && observed.source.state !== "reading",
    release: { name: observed.release.name, revision: observed.record?.newest.revision },
    extra: extraConditions(chart, observed, journal),
  });
  const status: ArmadaChartStatus = fitted({
    ...common,
    ...(ready_generation === undefined || helmStarts ? {} : { ready_generation }),
    ...sourceStatusOf(chart, observed),
    release: releaseStatus(chart, observed, decision.verdict),
    ...(journal.warnings.length === 0 ? {} : { warnings: journal.warnings }),
    ...(journal.history.length === 0 ? {} : { history: journal.history }),
  });
  const effects = outcomeEvents(observed, outcomes);
  // On its way because of an effect: that is told when it has been made.
  const byEffect = decision.verdict.state === "running" && (effects.length > 0 || decision.actions.length > 0);
  const transition = byEffect ? [] : transitionEvent(chart.status, decision.verdict);
  const source = sourceEvents(chart, observed);
  return {
    status,
    minor: outcomes.length === 0 && isMinor(chart.status, decision.verdict, chart.metadata.generation),
    events: [...effects, ...foreignRevision(chart, observed), ...source, ...transition],
  };
};

const extraConditions = (chart: ArmadaChart, observed: ChartObserved, journal: ChartJournal) => {
  return {
    SourceStale: staleMessage(chart, observed),
    FieldsIgnored: inertMessage(chart.kind, chart.spec),
    Warnings: journal.warnings.length === 0 ? undefined : journal.warnings.join("; "),
  };
};

const staleMessage = (chart: ArmadaChart, observed: ChartObserved): string | undefined => {
  if (observed.source.state === "reading") return staleBefore(chart)?.message;
  const stale = staleSource({ chart, observed });
  return stale === undefined ? undefined : `the release stays as it is, but: ${stale}`;
};

const staleBefore = ({ status }: ArmadaChart) =>
  status?.conditions?.find((condition) => condition.type === "SourceStale" && condition.status === "True");

/** Told once: status remembers that it was, and so does the operator that comes next. */
const sourceEvents = (chart: ArmadaChart, observed: ChartObserved): readonly ArmadaEvent[] => {
  const was = staleBefore(chart) !== undefined;
  const message = staleMessage(chart, observed);
  if (!was && message !== undefined) return [{ type: "Warning", reason: "SourceStale", note: message }];
  if (!was || observed.source.state !== "ready") return [];
  const { version, source } = observed.source.artifact;
  return [{ type: "Normal", reason: "SourceRecovered", note: `the source can be read again: version ${version}, ${source.resolved}` }];
};

/** Of the chart that was last read. The time is that of the first fetch, so that looking again changes nothing. */
const sourceStatusOf = (chart: ArmadaChart, { source }: ChartObserved): Pick<ArmadaChartStatus, "source"> => {
  const before = chart.status?.source;
  if (source.state !== "ready") return before === undefined ? {} : { source: before };
  const { type, insecure_skip_verify: insecure } = chart.spec.source;
  const { digest, own = digest, source: origin } = source.artifact;
  const same = before?.type === type && before.resolved === origin.resolved;
  const fetchedAt = same ? before.fetched_at : undefined;
  return {
    source: {
      type,
      resolved: origin.resolved,
      digest: own,
      fetched_at: fetchedAt ?? rfc3339(origin.fetchedAtMs),
      ...(source.dependencies.length === 0 ? {} : { dependencies: source.dependencies.slice(0, DEPENDENCIES_MAX).map(placed) }),
      ...(origin.verified === undefined ? {} : { verified: origin.verified }),
      ...(insecure === true && type !== "local" ? { verification: "skipped" } : {}),
    },
  };
};

/** Of what a Chart.yaml says, which is as long as somebody likes; a digest has room. */
const TITLE_BYTES = 72;

const placed = ({ name, version, digest, source: { resolved } }: ChartArtifact) => ({
  name: cutUtf8(name, TITLE_BYTES, "…"),
  version: cutUtf8(version, TITLE_BYTES, "…"),
  digest,
  resolved: cutUtf8(resolved, TITLE_BYTES, "…"),
});
