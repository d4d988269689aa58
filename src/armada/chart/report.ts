import { rfc3339 } from "../../base/clock.ts";
import { deepEqual } from "../../base/json.ts";
import { cutUtf8 } from "../../base/text.ts";
import type { Pass, Report } from "../../runtime/reconcile/kernel.ts";
import type { ChartArtifact } from "../../sources/source.ts";
import type { ArmadaChart, ArmadaChartStatus } from "../api/chart.ts";
import { DEPENDENCIES_MAX } from "../api/history.ts";
import { inertMessage } from "../api/inert.ts";
import type { ArmadaEvent, EffectReason } from "../events.ts";
import { commonStatus, isMinor, transitionEvent } from "../status.ts";
import { fitted } from "../status-size.ts";
import type { Verdict } from "../verdict.ts";
import { isHelmRun, listObjects, type ChartAction } from "./action.ts";
import { finishedMarks } from "./objects/finished.ts";
import { chartJournal, warningsOf, type ChartJournal } from "./decision/journal.ts";
import type { ChartObserved } from "./observed.ts";
import { wasSuperseded } from "./release/ownership.ts";
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

/** What status says of the release: of ours only, so that names of others never become immutable. */
const releaseStatus = (chart: ArmadaChart, observed: ChartObserved, verdict: Verdict): NonNullable<ArmadaChartStatus["release"]> => {
  const { name, namespace } = observed.release;
  const { ownership, claim } = observed;
  const newest = ownership.of === "ours" ? observed.record?.newest : undefined;
  const due = claim ? { claim: claimOf(chart, ownership) } : {};
  // Where a release may not live, nobody looks before it is to go.
  const unseen = observed.refusal !== undefined && observed.record === undefined && verdict.reason !== "UninstallSuccessful";
  // Forgotten, nobody would look for what it had.
  const remembered = unseen || (observed.vanished && verdict.reason !== "UninstallSuccessful");
  if (newest === undefined && remembered && chart.status?.release !== undefined) return chart.status.release;
  if (newest === undefined) return { name, namespace, ...due, ...supersededBy(chart, ownership) };
  const before = chart.status?.release;
  const runsWanted = newest.status === "deployed" && newest.labelsCurrent && newest.labels?.inputs === observed.inputsDigest;
  const specDigest = runsWanted ? observed.specDigest : before?.spec_digest;
  // While suspended, the state is an old one: nobody has looked at this revision.
  const isReady = verdict.state === "deployed" && verdict.reason !== "Suspended";
  const readyRevision = isReady ? newest.revision : before?.ready_revision;
  const done = observed.objects.filter(({ completed, finished: gone }) => completed || gone).map(({ object }) => object);
  const finished = finishedMarks(done, namespace);
  return {
    name,
    namespace,
    revision: newest.revision,
    ...(observed.chartName === undefined ? {} : { chart: observed.chartName.name, chart_version: observed.chartName.version }),
    ...(newest.labels === undefined ? {} : { inputs_digest: newest.labels.inputs }),
    ...(specDigest === undefined ? {} : { spec_digest: specDigest }),
    ...(readyRevision === undefined ? {} : { ready_revision: readyRevision }),
    ...(finished.length === 0 ? {} : { finished }),
  };
};

/** Of which kind the claim is, was settled when the chart was enabled. */
const claimOf = (chart: ArmadaChart, ownership: ChartObserved["ownership"]): "due" | "new" =>
  chart.status?.release?.claim ?? (ownership.of === "chart" && !ownership.against.together ? "due" : "new");

/** Who took it first, remembered until it has its release again: of several that had it, the last is who gets it back. */
const supersededBy = (chart: ArmadaChart, ownership: ChartObserved["ownership"]): { readonly superseded_by?: string } => {
  const before = chart.status?.release?.superseded_by;
  if (before !== undefined) return { superseded_by: before };
  return ownership.of === "chart" && wasSuperseded(chart) ? { superseded_by: ownership.name } : {};
};

const EVENTS: Readonly<Record<ChartAction["type"], EffectReason | undefined>> = {
  recordName: undefined,
  install: "Installed",
  upgrade: "Upgraded",
  uninstall: "Uninstalled",
  restamp: undefined,
  relabel: "LabelCorrected",
  take: "ReleaseTaken",
  giveBack: "ReleaseReturned",
  unlock: "Unlocked",
  restore: "Restored",
  prune: "Pruned",
  purge: "ReleaseGone",
};

/** One event an effect that was made. Failures show as the transition they cause. */
const outcomeEvents = (observed: ChartObserved, outcomes: ChartPass["outcomes"]): readonly ArmadaEvent[] =>
  outcomes.flatMap((outcome): readonly ArmadaEvent[] => {
    const { action, error } = outcome;
    const told = warningsOf(outcome).map((note): ArmadaEvent => ({ type: "Warning", reason: "APIServerWarning", note }));
    const reason = EVENTS[action.type];
    if (error !== undefined || reason === undefined) return told;
    return [...told, { type: "Normal", reason, note: noteOf(action, observed) }];
  });

const noteOf = (action: ChartAction, { release, record }: ChartObserved): string => {
  const revision = record === undefined ? "" : ` revision ${String(record.newest.revision)}`;
  if (action.type === "uninstall") return `helm uninstall: release ${release.name}`;
  if (isHelmRun(action)) return `helm ${action.type}: release ${release.name}${revision} (${action.because})`;
  if (action.type === "restore") return `put back what was deleted: ${listObjects(action.objects)}; release ${release.name} stays at${revision}`;
  if (action.type === "prune") return `removed ${listObjects(action.objects)}`;
  if (action.type === "relabel") return `the label status of${revision} was ${action.was}, but the release in it is ${action.status}: corrected`;
  if (action.type === "take") return `release ${release.name}, ${action.whose}, is now owned by this ArmadaChart`;
  if (action.type === "giveBack") return `release ${release.name} was returned to ${action.heir.name}, which had it before`;
  return action.type === "unlock"
    ? `release ${release.name}${revision} was locked by a helm process that no longer runs; marked failed`
    : `release ${release.name} is gone`;
};

/** Somebody ran helm by hand: told once, when the revision is first seen. */
const foreignRevision = (chart: ArmadaChart, { record, ownership, release }: ChartObserved): readonly ArmadaEvent[] => {
  const newest = record?.newest;
  if (newest === undefined || ownership.of !== "ours" || newest.labelsCurrent || deepEqual(chart.status?.release?.revision, newest.revision))
    return [];
  return [
    {
      type: "Warning",
      reason: "ForeignRevision",
      note: `revision ${String(newest.revision)} of release ${release.name} was not made by this operator; applying the desired inputs again`,
    },
  ];
};
