import type { Revision } from "../../helm/release.ts";
import type { ArmadaChart, ArmadaChartStatus } from "../api/chart.ts";
import { nameInStatus } from "../estate/release-name.ts";
import type { Verdict } from "../verdict.ts";
import { inputsOf } from "./facts/source-facts.ts";
import { finishedMarks } from "./objects/finished.ts";
import type { ChartObserved } from "./observed.ts";
import { wasSuperseded } from "./release/ownership.ts";

type ReleaseStatus = NonNullable<ArmadaChartStatus["release"]>;

/** What status says of the release: of ours only, so that names of others never become immutable. */
export const releaseStatus = (chart: ArmadaChart, observed: ChartObserved, verdict: Verdict): ReleaseStatus => {
  const { ownership, record } = observed;
  const before = chart.status?.release;
  if (record !== undefined && ownership.of === "ours") return ofRevision(before, observed, record.newest, verdict);
  if (before !== undefined && isRemembered(observed, verdict)) return before;
  const { namespace } = observed.release;
  const name = isToBeNamed(chart, observed) ? observed.nameWhenEnabled : observed.release.name;
  const due = observed.claim ? { claim: claimOf(before, ownership) } : {};
  return { ...(name === undefined ? {} : { name }), namespace, ...due, ...supersededBy(chart, ownership) };
};

/** The parent that enables it names its release. */
const isToBeNamed = (chart: ArmadaChart, { target }: ChartObserved): boolean => target === "uninitialized" && nameInStatus(chart) === undefined;

/** Forgotten, nobody would look for what it had. */
const isRemembered = ({ refusal, record, vanished }: ChartObserved, { reason }: Verdict): boolean => {
  // Where a release may not live, nobody looks before it is to go.
  const unseen = refusal !== undefined && record === undefined;
  return (unseen || vanished) && reason !== "UninstallSuccessful";
};

const ofRevision = (before: ReleaseStatus | undefined, observed: ChartObserved, newest: Revision, { state, reason }: Verdict): ReleaseStatus => {
  const { release, chartName, objects, specDigest } = observed;
  const { name, namespace } = release;
  // While suspended, the state is an old one: nobody has looked at this revision.
  const ready = state === "deployed" && reason !== "Suspended" ? newest.revision : before?.ready_revision;
  const wanted = runsWanted(newest, observed) ? specDigest : before?.spec_digest;
  const finished = finishedMarks(
    objects.filter(({ done }) => done !== "no").map(({ object }) => object),
    namespace,
  );
  return {
    name,
    namespace,
    revision: newest.revision,
    ...(chartName === undefined ? {} : { chart: chartName.name, chart_version: chartName.version }),
    ...(newest.labels === undefined ? {} : { inputs_digest: newest.labels.inputs }),
    ...(wanted === undefined ? {} : { spec_digest: wanted }),
    ...(ready === undefined ? {} : { ready_revision: ready }),
    ...(finished.length === 0 ? {} : { finished }),
  };
};

const runsWanted = ({ status, labelsCurrent, labels }: Revision, observed: ChartObserved): boolean =>
  status === "deployed" && labelsCurrent && labels?.inputs === inputsOf(observed);

/** Of which kind the claim is, was settled when the chart was enabled. */
const claimOf = (before: ReleaseStatus | undefined, ownership: ChartObserved["ownership"]): "due" | "new" =>
  before?.claim ?? (ownership.of === "chart" && !ownership.against.together ? "due" : "new");

/** Who took it first, remembered until it has its release again: of several that had it, the last is who gets it back. */
const supersededBy = (chart: ArmadaChart, ownership: ChartObserved["ownership"]): Pick<ReleaseStatus, "superseded_by"> => {
  const before = chart.status?.release?.superseded_by;
  if (before !== undefined) return { superseded_by: before };
  return ownership.of === "chart" && wasSuperseded(chart) ? { superseded_by: ownership.name } : {};
};
