import type { ReleaseRecord, ReleaseRecords } from "../../../helm/release.ts";
import { ApiError, type ApiClient } from "../../../runtime/api.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import type { AssessOptions } from "../../readiness/verdict.ts";
import { closedNamespaces, type ClosedNamespace } from "../objects/closed-namespaces.ts";
import type { EffectMemory, ObjectEffects } from "../objects/effects.ts";
import { leftoversOf, remainsOf } from "../objects/leftovers.ts";
import { isOpen, type ObservedObject } from "../objects/observed-object.ts";
import type { ReleaseObjects } from "../objects/release-objects.ts";
import { checked, type Mislabelled } from "../release/record-status.ts";
import { wasMade } from "../release/was-made.ts";
import { observedObject } from "./object.ts";
import { isLeaving, type Situation } from "./situation.ts";

/** What is inside the record of a release of ours, and what became of it. */
export interface Contents {
  /** The label of the newest Secret says something else. */
  readonly mislabelled: Mislabelled | undefined;
  /** The newest Secret cannot be decoded; the sentence says so. */
  readonly damaged: string | undefined;
  readonly chartName: { readonly name: string; readonly version: string } | undefined;
  /** Of the newest revision, when its status is `deployed`, `uninstalled` or `uninstalling`. */
  readonly objects: readonly ObservedObject[];
  /** `Kind name` of pods of the manifest's workloads that still exist; looked up for removals only. */
  readonly pods: readonly string[];
  /** Why pods of workloads that are not ready do not start, one sentence each. */
  readonly podProblems: readonly string[];
  /**
   * Objects that exist with this release's annotations: of a failed newest revision, those that tries left of which none was deployed and that
   * can be made anew; otherwise those that only failed revisions had.
   */
  readonly leftovers: readonly ReleaseObject[];
  /** What was put back and removed since the newest revision was made. */
  readonly effects: ObjectEffects;
  /** Namespaces in which objects are missing and nothing can be made. */
  readonly closed: readonly ClosedNamespace[];
}

export const NO_CONTENTS: Contents = {
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

export interface ContentsDeps {
  readonly api: ApiClient;
  readonly records: Pick<ReleaseRecords, "read">;
  readonly objects: ReleaseObjects;
  readonly effects: EffectMemory;
}

/** Statuses of a newest revision whose manifest says what must be there, or must go. */
const WITH_OBJECTS = ["deployed", "uninstalled", "uninstalling"];

/** `labelled`: the record as its labels tell it. The one returned is as its bodies do. */
export const contentsOf = async (
  situation: Situation,
  labelled: ReleaseRecord,
  deps: ContentsDeps,
  signal: AbortSignal,
): Promise<Contents & { readonly record: ReleaseRecord }> => {
  const { release } = labelled;
  const content = await deps.records.read(labelled, signal);
  // Gone since it was heard of. Without objects it would look as if all of them were ready.
  if (content === undefined) throw new ApiError(`release ${release.name} has changed since it was listed`, { status: 409, reason: "Conflict" });
  if ("damaged" in content) return { ...NO_CONTENTS, record: labelled, damaged: content.damaged };
  const { record, mislabelled } = await checked(labelled, content, deps.records, signal);
  const known = { ...NO_CONTENTS, record, mislabelled, chartName: content.chart };
  const { status, secret } = record.newest;
  const effects = deps.effects.of(release, secret.uid);
  if (status === "failed" && !isLeaving(situation)) {
    const leftovers = wasGood(situation.chart) ? [] : await remainsOf(record, deps, signal);
    return { ...known, effects, leftovers };
  }
  if (!WITH_OBJECTS.includes(status)) return known;
  const listed = await deps.objects.listed(release, content, signal);
  if ("refused" in listed) return { ...known, damaged: unlooked(record, listed.refused) };
  return { ...known, effects, ...(await objectFacts(situation, record, listed, deps, signal)) };
};

const objectFacts = async (
  situation: Situation,
  record: ReleaseRecord,
  listed: readonly ReleaseObject[],
  deps: ContentsDeps,
  signal: AbortSignal,
): Promise<Pick<Contents, "objects" | "pods" | "podProblems" | "leftovers" | "closed">> => {
  const { chart } = situation;
  const { release, newest } = record;
  const found = await deps.objects.find(release, newest.secret, listed, signal);
  const options: AssessOptions = {
    wasReady: chart.status?.release?.ready_revision === newest.revision,
    ...(await deps.objects.storageClasses(listed, signal)),
  };
  const wanted = listed.map((object, index) => ({ object, found: found[index] }));
  const objects = wanted.map((each) => observedObject(chart, record, each, deps.objects, options));
  const unready = objects.filter((each) => isOpen(each) && each.readiness.state === "progressing").map(({ object }) => object);
  const deployed = newest.status === "deployed";
  return {
    objects,
    pods: isLeaving(situation) || !deployed ? await deps.objects.remainingPods(release, listed, signal) : [],
    podProblems: deployed && unready.length > 0 ? await deps.objects.podProblems(release, unready, signal) : [],
    leftovers: newest.status === "uninstalling" ? [] : await leftoversOf(record, wanted, deps, signal),
    closed: deployed ? await closedNamespaces(objects, deps.api, signal) : [],
  };
};

/** What is not looked at is not removed, and not called ready. */
const unlooked = ({ release, newest }: ReleaseRecord, why: string): string =>
  `release ${release.name} is not read: ${why}; reduce the size of its chart and remove the record with kubectl -n ${release.namespace} delete secret ${newest.secret.name}`;

/** Status remembers a revision that was ready, or that helm made well, whatever the records say. */
const wasGood = ({ status }: ArmadaChart): boolean => status?.release?.ready_revision !== undefined || wasMade(status?.history);
