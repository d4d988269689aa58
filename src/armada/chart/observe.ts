import type { Clock } from "../../base/clock.ts";
import type { ReleaseRef } from "../../helm/driver.ts";
import type { ReleaseRecord, ReleaseRecords, ReleaseStore } from "../../helm/release.ts";
import { ApiError, type ApiClient, type ResourceCatalog } from "../../runtime/api.ts";
import { CHARTS, type ArmadaChart } from "../api/chart.ts";
import { problemOf } from "../api/refuse.ts";
import { effectiveTarget, isActive, isTerminating, nameOf, type Estate } from "../estate.ts";
import { isRequested } from "../journal.ts";
import { isLosingItsApi } from "../own-crds.ts";
import { ownerNames } from "../parent/observe.ts";
import type { ReleaseObject } from "../readiness/manifest.ts";
import { assessObject } from "../readiness/readiness.ts";
import type { AssessOptions, Readiness } from "../readiness/verdict.ts";
import { removalTurn, turn } from "../turn.ts";
import { isKept } from "./action.ts";
import type { CompleteChartReader } from "./complete-chart-reader.ts";
import { inputsDigest, isForeignDigest, specDigest, valuesOf } from "./desired.ts";
import { isMarked } from "./finished.ts";
import type { ChartObserved, ObservedObject, SourceView } from "./observed.ts";
import { AT_REST } from "./ownership-rows.ts";
import { hasClaim, heirOf, identify, ownershipOf, rivalOf } from "./ownership.ts";
import { isComplete, NAMESPACES, type Found, type ReleaseObjects } from "./release-objects.ts";
import { believed, checked } from "./record-status.ts";
import { findStrays } from "./strays.ts";

export interface ChartObserveDeps {
  readonly api: ApiClient & ResourceCatalog;
  readonly estate: Estate;
  /** The ArmadaChart of that uid. */
  readonly chartByUid: (uid: string) => ArmadaChart | undefined;
  readonly releases: ReleaseStore;
  readonly records: ReleaseRecords;
  readonly charts: Pick<CompleteChartReader, "read">;
  readonly objects: ReleaseObjects;
  readonly clock: Clock;
  /** Tenure of the Lease. */
  readonly epoch: string;
  /** Why a release may not live where the chart wants it; undefined when it may. */
  readonly refusal: (chart: ArmadaChart) => string | undefined;
  /** Uids of charts whose release records this process removed at the end of an uninstallation. Forgotten: what is left is looked for in vain. */
  readonly purged: ReadonlySet<string>;
}

/** Statuses of a newest revision whose manifest says what must be there, or must go. */
const WITH_OBJECTS = ["deployed", "uninstalled", "uninstalling"];

/** Looks at everything that the decision about a chart depends on. Reads only. */
export const observeChart = async (chart: ArmadaChart, deps: ChartObserveDeps, signal: AbortSignal): Promise<ChartObserved> => {
  const { estate, clock, epoch } = deps;
  const release = identify(chart, deps);
  const target = effectiveTarget(chart, estate);
  const leaving = isTerminating(chart) || target === "uninstalled";
  const refusal = deps.refusal(chart);
  const record = await recordOf(chart, release, leaving && refusal !== undefined, deps, signal);
  const owner = ownershipOf(chart, release, record, deps);
  const source: SourceView = leaving || problemOf(chart) !== undefined ? { state: "unread" } : await deps.charts.read(chart, signal);
  const wanted = source.state === "ready" ? inputsDigest(chart, release, source.artifact.digest) : undefined;
  const turns = { install: turn(chart, "install", estate), upgrade: turn(chart, "upgrade", estate), remove: removalTurn(chart, estate, clock.now()) };
  const namespaceTerminating =
    (record === undefined ? vanished(chart, deps) && (leaving || refusal === undefined) : leaving) &&
    (await isNamespaceTerminating(release.namespace, deps.api, signal));
  // One that only waits for its turn removes nothing, whatever becomes of the API.
  const held = owner.of === "ours" && !turns.remove.ready && !namespaceTerminating && !isRequested(chart);
  const free = record !== undefined && owner.of === "nobody" && target === "deployed" && !leaving;
  const busy = free && !AT_REST.includes(record.newest.status);
  const contents =
    record === undefined || owner.of !== "ours"
      ? { ...NOTHING, record: busy ? await believed(record, deps.records, signal) : record }
      : await observeContents(chart, record, leaving, deps, signal);
  return {
    nowMs: clock.now(),
    epoch,
    release,
    target,
    activeParents: estate
      .parentsListing(chart)
      .filter((parent) => isActive(parent, estate))
      .map((parent) => nameOf(parent, chart)),
    owners: ownerNames(chart, estate),
    turns,
    source,
    hasDependents: estate.dependents(chart).length > 0,
    inputsDigest: wanted,
    specDigest: specDigest(chart, release),
    ownership: owner.of === "nobody" ? { of: "nobody", agrees: free && (await agrees(chart, record, source, wanted, deps, signal)) } : owner,
    refusal,
    claim: hasClaim(chart, target, owner.of),
    rival: record === undefined && target === "deployed" && !leaving ? rivalOf(chart, release, deps) : undefined,
    heir: leaving && owner.of === "ours" ? heirOf(chart, release, deps) : undefined,
    losingItsApi: isTerminating(chart) && !held && (await isLosingItsApi(CHARTS, deps.api, signal)),
    ...contents,
    unstamped: !leaving && owner.of === "ours" && (await isUnstamped(chart, contents.record, source, deps, signal)),
    ...(leaving && record === undefined && vanished(chart, deps) ? await findStrays(release, deps.api, signal) : { strays: [], unseen: [] }),
    namespaceTerminating,
  };
};

/**
 * Where a release may not live, no watch may tell of it: before one that status knows is removed, it is asked for. A refusal of that breaks the
 * pass off, and the object stays.
 */
const recordOf = async (
  { status }: ArmadaChart,
  release: ReleaseRef,
  refusedAndLeaving: boolean,
  { releases }: ChartObserveDeps,
  signal: AbortSignal,
): Promise<ReleaseRecord | undefined> =>
  refusedAndLeaving && status?.release?.revision !== undefined ? releases.refresh(release, signal) : releases.read(release);

/** Only ever true once for a release: its labels are then rewritten. */
const isUnstamped = async (
  chart: ArmadaChart,
  record: ReleaseRecord | undefined,
  source: SourceView,
  { records }: ChartObserveDeps,
  signal: AbortSignal,
): Promise<boolean> => {
  const newest = record?.newest;
  if (record === undefined || newest?.status !== "deployed" || newest.labels === undefined || source.state !== "ready") return false;
  const foreign = newest.labelsCurrent && isForeignDigest(newest.labels.inputs);
  if (!foreign && newest.labels.revision !== 0) return false;
  return records.madeFrom(record, { chartPath: source.artifact.path, values: valuesOf(chart) }, signal);
};

/** A release of nobody is taken if it was made from what is wanted, whatever became of it: helm goes on from there. */
const agrees = async (
  chart: ArmadaChart,
  record: ReleaseRecord,
  source: SourceView,
  wanted: string | undefined,
  { records }: ChartObserveDeps,
  signal: AbortSignal,
): Promise<boolean> => {
  const { newest } = record;
  if (source.state !== "ready") return false;
  if (newest.labelsCurrent && newest.labels?.inputs === wanted) return true;
  return records.madeFrom(record, { chartPath: source.artifact.path, values: valuesOf(chart) }, signal);
};

/** A release that status knows has no record any more, and it was not us who removed it. */
const vanished = ({ metadata, status }: ArmadaChart, { purged }: ChartObserveDeps): boolean =>
  status?.release?.revision !== undefined && !purged.has(metadata.uid);

type FromContents = Pick<ChartObserved, "record" | "mislabelled" | "damaged" | "chartName" | "objects" | "pods" | "podProblems" | "leftovers">;

const NOTHING: Omit<FromContents, "record"> = {
  mislabelled: undefined,
  damaged: undefined,
  chartName: undefined,
  objects: [],
  pods: [],
  podProblems: [],
  leftovers: [],
};

const observeContents = async (
  chart: ArmadaChart,
  labelled: ReleaseRecord,
  leaving: boolean,
  deps: ChartObserveDeps,
  signal: AbortSignal,
): Promise<FromContents> => {
  const { release } = labelled;
  const content = await deps.records.read(labelled, signal);
  // Gone since it was heard of. Without objects it would look as if all of them were ready.
  if (content === undefined) throw new ApiError(`release ${release.name} has changed since it was heard of`, { status: 409, reason: "Conflict" });
  if ("damaged" in content) return { ...NOTHING, record: labelled, damaged: content.damaged };
  const { record, mislabelled } = await checked(labelled, content, deps.records, signal);
  const { newest } = record;
  const chartName = content.chart;
  if (!WITH_OBJECTS.includes(newest.status)) return { ...NOTHING, record, mislabelled, chartName };
  const listed = deps.objects.listed(content);
  const found = await deps.objects.find(release, newest.secret, listed, signal);
  const options: AssessOptions = {
    wasReady: chart.status?.release?.ready_revision === newest.revision,
    ...(await deps.objects.storageClasses(listed, signal)),
  };
  const objects = listed.map((object, index) => assess(chart, record, object, found[index], deps, options));
  const unready = objects.filter(({ readiness, finished }) => !finished && readiness.state === "progressing").map(({ object }) => object);
  return {
    record,
    mislabelled,
    damaged: undefined,
    chartName,
    objects,
    pods: leaving || newest.status !== "deployed" ? await deps.objects.remainingPods(release, listed, signal) : [],
    podProblems: newest.status === "deployed" && unready.length > 0 ? await deps.objects.podProblems(release, unready, signal) : [],
    leftovers: newest.status === "deployed" ? await leftoversOf(record, listed, deps, signal) : [],
  };
};

/** What {@link observeChart} will ask of a revision, asked beforehand: its manifest, and its objects as helm left them. */
export const prepareChart = async (
  record: ReleaseRecord,
  { records, objects }: Pick<ChartObserveDeps, "records" | "objects">,
  signal: AbortSignal,
): Promise<void> => {
  const content = await records.read(record, signal);
  if (content === undefined || "damaged" in content) return;
  await objects.find(record.release, record.newest.secret, objects.listed(content), signal);
};

const assess = (
  chart: ArmadaChart,
  record: ReleaseRecord,
  object: ReleaseObject,
  found: Found | undefined,
  deps: ChartObserveDeps,
  options: AssessOptions,
): ObservedObject => {
  // What is not served cannot be there: helm uninstall took the definition along.
  if (found?.state === "unknown" && !found.served && record.newest.status !== "deployed") {
    return { object, readiness: assessObject(undefined, object, options), completed: false, finished: false };
  }
  if (found === undefined || found.state === "unknown") {
    const readiness: Readiness = { state: "progressing", message: found === undefined ? `${object.kind} ${object.name}` : found.because };
    return { object, readiness, completed: false, finished: false };
  }
  if (found.state === "found") {
    return { object, readiness: assessObject(found.live, object, options), completed: runsOnce(object) && isComplete(found.live), finished: false };
  }
  const seen = deps.objects.wasSeenComplete(record.release, object);
  return {
    object,
    readiness: assessObject(undefined, object, options),
    completed: false,
    finished: runsOnce(object) && (seen || wasFinished(chart, record, object)),
  };
};

const runsOnce = ({ apiVersion, kind }: ReleaseObject): boolean =>
  (kind === "Job" && apiVersion.startsWith("batch/")) || (kind === "Pod" && apiVersion === "v1");

/** A Job or bare Pod that is gone counts as done when status says so, or every object of this revision was ready once. */
const wasFinished = ({ status }: ArmadaChart, { newest, release }: ReleaseRecord, object: ReleaseObject): boolean => {
  if (status?.release?.revision !== newest.revision) return false;
  // A Job must be complete for a revision to be ready; a Pod, and a suspended Job, need not be.
  const mustBeComplete = object.kind === "Job" && object.suspended !== true;
  return (mustBeComplete && status.release.ready_revision === newest.revision) || isMarked(status.release.finished ?? [], object, release.namespace);
};

/**
 * What a failed first installation left and the revision that replaced it does not have. Only while all earlier revisions are failures:
 * what a deployed revision had, helm itself removes on upgrade.
 */
const leftoversOf = async (
  record: ReleaseRecord,
  wanted: readonly ReleaseObject[],
  deps: ChartObserveDeps,
  signal: AbortSignal,
): Promise<readonly ReleaseObject[]> => {
  const earlier = record.revisions.filter(({ revision }) => revision !== record.newest.revision);
  if (earlier.length === 0 || earlier.some(({ status }) => status !== "failed")) return [];
  const keep = new Set(wanted.map(identityOf));
  const candidates = new Map<string, ReleaseObject>();
  for (const revision of earlier) {
    const content = await deps.records.read({ ...record, newest: revision }, signal);
    if (content === undefined || "damaged" in content) continue;
    if (content.status !== "failed") return [];
    for (const object of deps.objects.listed(content)) {
      if (!keep.has(identityOf(object)) && !isKept(object)) candidates.set(identityOf(object), object);
    }
  }
  return deps.objects.ownedBy(record.release, [...candidates.values()], signal);
};

const identityOf = ({ apiVersion, kind, namespace, name }: ReleaseObject): string => [apiVersion, kind, namespace ?? "", name].join("/");

const isNamespaceTerminating = async (namespace: string, api: ApiClient, signal: AbortSignal): Promise<boolean> => {
  const live = await api.get({ resource: NAMESPACES, name: namespace }, signal, { metadataOnly: true });
  return live?.metadata.deletionTimestamp !== undefined;
};
