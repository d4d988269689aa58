import type { Clock } from "../../base/clock.ts";
import type { ReleaseRef } from "../../helm/driver.ts";
import type { ReleaseRecord, ReleaseRecords, ReleaseStore } from "../../helm/release.ts";
import { ApiError, type ApiClient, type ResourceCatalog } from "../../runtime/api.ts";
import { answered } from "../answered.ts";
import { CHARTS, type ArmadaChart } from "../api/chart.ts";
import { problemOf } from "../api/refuse.ts";
import { effectiveTarget, isActive, isTerminating, nameOf, type Estate } from "../estate/estate.ts";
import { isRequested } from "../attempts.ts";
import { isLosingItsApi } from "../own-crds.ts";
import { ownerNames } from "../estate/owner-names.ts";
import { DRIFT } from "../names.ts";
import type { ReleaseObject } from "../readiness/manifest.ts";
import { assessObject } from "../readiness/readiness.ts";
import type { AssessOptions, Readiness } from "../readiness/verdict.ts";
import { removalTurn, turn } from "../estate/turn.ts";
import { closedNamespaces, isNamespaceTerminating } from "./objects/closed-namespaces.ts";
import type { CompleteChartReader } from "./chart-source/complete-reader.ts";
import { inputsDigest, isForeignDigest, prepareDigests, specDigest, valuesOf } from "./desired.ts";
import { isMarked } from "./objects/finished.ts";
import { blockedBy, type ParseConflict } from "./decision/journal.ts";
import { leftoversOf, remainsOf, type Wanted } from "./objects/leftovers.ts";
import type { EffectMemory } from "./objects/effects.ts";
import { isOpen, type ChartObserved, type ObservedObject, type SourceView } from "./observed.ts";
import { AT_REST } from "./decision/ownership-rows.ts";
import { hasClaim, heirOf, identify, ownershipOf, rivalOf } from "./release/ownership.ts";
import { believed, checked } from "./release/record-status.ts";
import { isComplete, type ReleaseObjects } from "./objects/release-objects.ts";
import { findOrphanedObjects } from "./objects/orphans.ts";
import { writerOf, type WriterDeps } from "./release/writer.ts";

export interface ChartObserveDeps extends WriterDeps {
  readonly api: ApiClient & ResourceCatalog;
  readonly estate: Estate;
  /** The ArmadaChart of that uid. */
  readonly chartByUid: (uid: string) => ArmadaChart | undefined;
  readonly releases: ReleaseStore;
  readonly records: ReleaseRecords;
  readonly charts: Pick<CompleteChartReader, "read">;
  readonly objects: ReleaseObjects;
  readonly effects: EffectMemory;
  readonly parseConflict: ParseConflict;
  readonly clock: Clock;
  /** Hold of the Lease. */
  readonly epoch: string;
  /** Why a release may not live where the chart wants it; undefined when it may. */
  readonly refusal: (chart: ArmadaChart) => string | undefined;
  /** Uids of charts whose release records this process removed at the end of an uninstallation. Forgotten: what is left is looked for in vain. */
  readonly purged: ReadonlySet<string>;
  /** Namespaces that are watched; empty: all. */
  readonly namespaces: readonly string[];
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
  await prepareDigests(chart);
  const record = leaving ? await recordToRemove(chart, release, refusal, deps, signal) : deps.releases.read(release);
  const gone = record === undefined && isKnown(chart, deps);
  const owner = ownershipOf(chart, release, record, deps);
  const source: SourceView = leaving || problemOf(chart) !== undefined ? { state: "unread" } : await deps.charts.read(chart, signal);
  const wanted = source.state === "ready" ? inputsDigest(chart, release, source.artifact.digest) : undefined;
  const turns = { install: turn(chart, "install", estate), upgrade: turn(chart, "upgrade", estate), remove: removalTurn(chart, estate, clock.now()) };
  const namespaceTerminating =
    (record === undefined ? gone && (leaving || refusal === undefined) : leaving) &&
    (await answered(`whether namespace ${release.namespace} is being deleted`, isNamespaceTerminating(release.namespace, deps.api, signal)));
  // One that only waits for its turn removes nothing, whatever becomes of the API.
  const held = owner.of === "ours" && !turns.remove.ready && !namespaceTerminating && !isRequested(chart);
  const heir = leaving && owner.of === "ours" ? heirOf(chart, release, deps) : undefined;
  const orphans = isTerminating(chart) && chart.spec.deletion_policy === "orphan" && heir === undefined;
  const removes = leaving && (owner.of === "ours" || gone) && !held && !orphans;
  const losingItsApi = isTerminating(chart) && removes && (await isLosingItsApi(chart, CHARTS, deps.api, signal));
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
    writer: await writerOf(contents.record, deps, signal),
    refusal,
    claim: hasClaim(chart, target, owner.of),
    rival: record === undefined && target === "deployed" && !leaving ? rivalOf(chart, release, deps) : undefined,
    heir,
    losingItsApi,
    ...contents,
    unblocked: !leaving && (await isUnblocked(chart, release, deps, signal)),
    unstamped: !leaving && owner.of === "ours" && (await isUnstamped(chart, contents.record, source, deps, signal)),
    vanished: gone,
    ...(removes && gone && !losingItsApi
      ? await answered(`what is left of release ${release.name}`, findOrphanedObjects(release, deps, signal))
      : { orphanedObjects: [], unseen: [] }),
    namespaceTerminating,
  };
};

/**
 * Before a chart goes, the record of a release that status knows and no watch tells of is asked for: it may be where nobody watches, or have
 * lost its place in the cache. A refusal of that breaks the pass off, and the object stays.
 */
const recordToRemove = async (
  chart: ArmadaChart,
  release: ReleaseRef,
  refusal: string | undefined,
  deps: ChartObserveDeps,
  signal: AbortSignal,
): Promise<ReleaseRecord | undefined> => {
  const known = deps.releases.read(release);
  if (!isKnown(chart, deps) || (known !== undefined && refusal === undefined)) return known;
  return answered(`whether release ${release.name} has a record`, deps.releases.refresh(release, signal));
};

const isUnblocked = async (
  chart: ArmadaChart,
  release: ReleaseRef,
  { objects, parseConflict }: ChartObserveDeps,
  signal: AbortSignal,
): Promise<boolean> => {
  const blocking = blockedBy(chart, parseConflict);
  return blocking !== undefined && objects.isFree(release, blocking, signal);
};

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

/** Status knows a release, and it was not this process that removed its records. */
const isKnown = ({ metadata, status }: ArmadaChart, { purged }: ChartObserveDeps): boolean =>
  status?.release?.revision !== undefined && !purged.has(metadata.uid);

type FromContents = Pick<
  ChartObserved,
  "record" | "mislabelled" | "damaged" | "chartName" | "objects" | "pods" | "podProblems" | "leftovers" | "effects" | "closed"
>;

const NOTHING: Omit<FromContents, "record"> = {
  mislabelled: undefined,
  damaged: undefined,
  chartName: undefined,
  objects: [],
  pods: [],
  podProblems: [],
  leftovers: [],
  effects: new Map(),
  closed: [],
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
  if (content === undefined) throw new ApiError(`release ${release.name} has changed since it was listed`, { status: 409, reason: "Conflict" });
  if ("damaged" in content) return { ...NOTHING, record: labelled, damaged: content.damaged };
  const { record, mislabelled } = await checked(labelled, content, deps.records, signal);
  const { newest } = record;
  const chartName = content.chart;
  const effects = deps.effects.of(release, newest.secret.uid);
  const nothing = { ...NOTHING, record, mislabelled, chartName };
  if (newest.status === "failed" && !leaving) return { ...nothing, effects, leftovers: wasGood(chart) ? [] : await remainsOf(record, deps, signal) };
  if (!WITH_OBJECTS.includes(newest.status)) return nothing;
  const listed = await deps.objects.listed(release, content, signal);
  if ("refused" in listed) return { ...nothing, damaged: unlooked(record, listed.refused) };
  const found = await deps.objects.find(release, newest.secret, listed, signal);
  const options: AssessOptions = {
    wasReady: chart.status?.release?.ready_revision === newest.revision,
    ...(await deps.objects.storageClasses(listed, signal)),
  };
  const wanted = listed.map((object, index) => ({ object, found: found[index] }));
  const objects = wanted.map((each) => assess(chart, record, each, deps, options));
  const unready = objects.filter((each) => isOpen(each) && each.readiness.state === "progressing").map(({ object }) => object);
  return {
    record,
    mislabelled,
    damaged: undefined,
    chartName,
    objects,
    pods: leaving || newest.status !== "deployed" ? await deps.objects.remainingPods(release, listed, signal) : [],
    podProblems: newest.status === "deployed" && unready.length > 0 ? await deps.objects.podProblems(release, unready, signal) : [],
    leftovers: newest.status === "uninstalling" ? [] : await leftoversOf(record, wanted, deps, signal),
    effects,
    closed: newest.status === "deployed" ? await closedNamespaces(objects, deps.api, signal) : [],
  };
};

/** What is not looked at is not removed, and not called ready. */
const unlooked = ({ release, newest }: ReleaseRecord, why: string): string =>
  `release ${release.name} is not read: ${why}; reduce the size of its chart and remove the record with kubectl -n ${release.namespace} delete secret ${newest.secret.name}`;

/** Status remembers a revision that helm made well, whatever the records say. */
const wasGood = ({ status }: ArmadaChart): boolean => {
  const last = status?.history?.find(({ result, action }) => result === "succeeded" && ["install", "upgrade", "uninstall"].includes(action));
  return status?.release?.ready_revision !== undefined || (last !== undefined && last.action !== "uninstall");
};

/** What {@link observeChart} will ask of a revision, asked beforehand: its manifest, and its objects as helm left them. */
export const prepareChart = async (
  record: ReleaseRecord,
  { records, objects }: Pick<ChartObserveDeps, "records" | "objects">,
  signal: AbortSignal,
): Promise<void> => {
  const content = await records.read(record, signal);
  if (content === undefined || "damaged" in content) return;
  const listed = await objects.listed(record.release, content, signal);
  if (!("refused" in listed)) await objects.find(record.release, record.newest.secret, listed, signal);
};

const assess = (
  chart: ArmadaChart,
  record: ReleaseRecord,
  { object, found }: Wanted,
  deps: ChartObserveDeps,
  options: AssessOptions,
): ObservedObject => {
  const live = found?.state === "found" ? found.live : undefined;
  const ignored = object.annotations[DRIFT] === "ignore" || live?.metadata.annotations?.[DRIFT] === "ignore";
  const base = { object, ignored, completed: false, finished: false };
  // What is not served cannot be there: helm uninstall took the definition along.
  if (found?.state === "unknown" && !found.served && record.newest.status !== "deployed") {
    return { ...base, readiness: assessObject(undefined, object, options) };
  }
  if (found === undefined || found.state === "unknown") {
    const readiness: Readiness = { state: "progressing", message: found === undefined ? `${object.kind} ${object.name}` : found.because };
    return { ...base, readiness };
  }
  const readiness = assessObject(live, object, options);
  if (live !== undefined) return { ...base, readiness, completed: runsOnce(object) && isComplete(live) };
  const seen = deps.objects.wasSeenComplete(record.release, object);
  return { ...base, readiness, finished: runsOnce(object) && (seen || wasFinished(chart, record, object)) };
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
