import type { ReleaseRecord, ReleaseRecords } from "../../../helm/release.ts";
import { blockedBy, type ParseConflict } from "../objects/blocking-object.ts";
import type { ReleaseObjects } from "../objects/release-objects.ts";
import { isForeignDigest, valuesOf } from "../desired.ts";
import { believed } from "../release/record-status.ts";
import { isAtRest, writerOf, type Writer, type WriterDeps } from "../release/writer.ts";
import { contentsOf, NO_CONTENTS, type Contents, type ContentsDeps } from "./contents.ts";
import { isTakeable, type OwnershipFacts } from "./ownership-facts.ts";
import { isLeaving, type Situation } from "./situation.ts";
import type { SourceFacts } from "./source-facts.ts";

/** What there is of the release. */
export interface ReleaseFacts extends Contents {
  /** Of ours: as its bodies tell it, whatever somebody has made of its labels. */
  readonly record: ReleaseRecord | undefined;
  /** Of a newest revision that is `pending-*`: what is known of the helm that wrote it. */
  readonly writer: Writer | undefined;
  /** The object over which the last helm run failed, because it was another release's, is that no more. */
  readonly unblocked: boolean;
  /** The newest revision carries a digest of an unknown algorithm, and was made from the inputs wanted. */
  readonly unstamped: boolean;
}

export const NO_RELEASE: ReleaseFacts = { ...NO_CONTENTS, record: undefined, writer: undefined, unblocked: false, unstamped: false };

export interface ReleaseFactsDeps extends ContentsDeps, WriterDeps {
  readonly records: ReleaseRecords;
  readonly objects: ReleaseObjects;
  readonly parseConflict: ParseConflict;
}

export const releaseFacts = async (
  situation: Situation,
  { ownership, source }: Pick<OwnershipFacts, "ownership"> & Pick<SourceFacts, "source">,
  deps: ReleaseFactsDeps,
  signal: AbortSignal,
): Promise<ReleaseFacts> => {
  const contents = await recordAndContents(situation, ownership, deps, signal);
  const stays = !isLeaving(situation);
  return {
    ...contents,
    writer: await writerOf(contents.record, deps, signal),
    unblocked: stays && (await isUnblocked(situation, deps, signal)),
    unstamped: stays && ownership.of === "ours" && (await isUnstamped(situation, contents.record, source, deps, signal)),
  };
};

const recordAndContents = async (
  situation: Situation,
  ownership: OwnershipFacts["ownership"],
  deps: ReleaseFactsDeps,
  signal: AbortSignal,
): Promise<Contents & Pick<ReleaseFacts, "record">> => {
  const { record } = situation;
  if (record !== undefined && ownership.of === "ours") return contentsOf(situation, record, deps, signal);
  const isDoubted = record !== undefined && isTakeable(situation, ownership) && !isAtRest(record.newest.status);
  return { ...NO_CONTENTS, record: isDoubted ? await believed(record, deps.records, signal) : record };
};

const isUnblocked = async (
  { chart, release }: Situation,
  { objects, parseConflict }: Pick<ReleaseFactsDeps, "objects" | "parseConflict">,
  signal: AbortSignal,
): Promise<boolean> => {
  const blocking = blockedBy(chart, parseConflict);
  return blocking !== undefined && objects.isFree(release, blocking, signal);
};

/** Only ever true once for a release: its labels are then rewritten. */
const isUnstamped = async (
  { chart }: Situation,
  record: ReleaseRecord | undefined,
  source: SourceFacts["source"],
  { records }: Pick<ReleaseFactsDeps, "records">,
  signal: AbortSignal,
): Promise<boolean> => {
  const newest = record?.newest;
  if (record === undefined || newest?.status !== "deployed" || newest.labels === undefined || source.state !== "ready") return false;
  const foreign = newest.labelsCurrent && isForeignDigest(newest.labels.inputs);
  if (!foreign && newest.labels.revision !== 0) return false;
  return records.madeFrom(record, { chartPath: source.artifact.path, values: valuesOf(chart) }, signal);
};
