import type { ReleaseRecord, ReleaseRecords, Revision } from "../../../helm/release.ts";
import type { ApiClient } from "../../../runtime/api.ts";
import { isKeptLive, isOfRelease, type ReleaseObjects } from "../objects/release-objects.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { identityOf, refOf } from "../objects/identity.ts";

export interface OldRecordsDeps {
  readonly api: Pick<ApiClient, "resolve" | "get">;
  readonly records: Pick<ReleaseRecords, "read" | "purge">;
  readonly objects: Pick<ReleaseObjects, "listed">;
}

/** Whose records may go, and how many may stay; 0 = all of them. */
export interface Limit {
  readonly owner: string;
  readonly limit: number;
}

/**
 * What a limit makes of a release that was never deployed before its newest revision, for which helm knows none: the oldest failures of ours
 * beyond it, oldest first. Never the newest, and nothing once an older one was deployed, because `helm upgrade` keeps to the limit then.
 */
export const surplusOf = (record: ReleaseRecord, { owner, limit }: Limit): readonly Revision[] => {
  const old = record.revisions.slice(1).toReversed();
  if (limit === 0 || old.some(({ status }) => status === "deployed" || status === "superseded")) return [];
  return old.filter(({ status, labels }) => status === "failed" && labels?.owner === owner).slice(0, Math.max(0, record.revisions.length - limit));
};

/** Deletes {@link surplusOf} a record, except those that alone name an object which may still be there: it would be left behind for good. */
export const keepToLimit = async (record: ReleaseRecord, limit: Limit, deps: OldRecordsDeps, signal: AbortSignal): Promise<void> => {
  const surplus = surplusOf(record, limit);
  if (surplus.length === 0) return;
  const kept = record.revisions.filter((revision) => !surplus.includes(revision));
  const named = new Set((await Promise.all(kept.map((revision) => objectsOf(record, revision, deps, signal)))).flat().map(identityOf));
  for (const revision of surplus) {
    const alone = (await objectsOf(record, revision, deps, signal)).filter((object) => !named.has(identityOf(object)));
    if (await isAnyThere(record, alone, deps, signal)) continue;
    await deps.records.purge({ ...record, revisions: [revision] }, signal);
  }
};

/** Rejects when the record cannot be read: then nobody knows what it names. */
const objectsOf = async (
  record: ReleaseRecord,
  revision: Revision,
  { records, objects }: OldRecordsDeps,
  signal: AbortSignal,
): Promise<readonly ReleaseObject[]> => {
  const content = await records.read({ ...record, newest: revision }, signal);
  if (content !== undefined && "damaged" in content) throw new Error(content.damaged);
  if (content === undefined) return [];
  const listed = await objects.listed(record.release, content, signal);
  if ("refused" in listed) throw new Error(listed.refused);
  return listed;
};

const isAnyThere = async (
  { release }: ReleaseRecord,
  objects: readonly ReleaseObject[],
  { api }: OldRecordsDeps,
  signal: AbortSignal,
): Promise<boolean> => {
  for (const object of objects) {
    const resource = await api.resolve(object.apiVersion, object.kind, signal);
    if (resource === undefined) continue;
    const live = await api.get({ ...refOf(object, resource, release.namespace), metadataOnly: true }, signal);
    if (live !== undefined && isOfRelease(live, release) && !isKeptLive(live)) return true;
  }
  return false;
};
