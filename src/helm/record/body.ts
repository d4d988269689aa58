import type { DeleteRef, ObjectRef, Patch, Serving } from "../../runtime/api.ts";
import { ApiError } from "../../runtime/api.ts";
import type { DynamicObject, KubeObject } from "../../runtime/object.ts";
import type { ReleaseLabels } from "../driver.ts";
import { formatLabels } from "./labels.ts";
import { withChangedObjects, type Body } from "./manifest-documents.ts";
import { baseOf, type ReleaseContent, type ReleaseRecord, type ReleaseStatus, type Revision } from "../release.ts";
import { asFailed, contentOf, DamagedRecordError, decodeRecord, encodeRecord, type RawRelease, type StoredRelease } from "./encoding.ts";
import { secretResource } from "./store.ts";
import { parseStatus } from "./revision.ts";
import { keyOf, kindsOf, servedManifest, type Kind } from "./served-manifest.ts";

/** The part of `ApiClient` that is used. */
export interface SecretApi {
  get(ref: ObjectRef, signal: AbortSignal): Promise<DynamicObject | undefined>;
  replace(ref: ObjectRef, body: unknown, signal: AbortSignal): Promise<KubeObject>;
  patch(ref: ObjectRef, patch: Patch, signal: AbortSignal): Promise<KubeObject>;
  delete(ref: DeleteRef & Required<Pick<DeleteRef, "only">>, signal: AbortSignal): Promise<void>;
}

const refOf = (record: ReleaseRecord, revision: Revision): ObjectRef => ({
  resource: secretResource,
  namespace: record.release.namespace,
  name: revision.secret.name,
});

/** The body of the newest revision; undefined when its Secret is gone. Rejects with `ApiError` or {@link DamagedRecordError}. */
export const loadRelease = async (api: Pick<SecretApi, "get">, record: ReleaseRecord, signal: AbortSignal): Promise<RawRelease | undefined> => {
  const secret = await api.get(refOf(record, record.newest), signal);
  return secret === undefined ? undefined : decodeRecord(dataOf(secret));
};

/** What is used of the newest revision's body, and what its label says. `description` may quote values: it goes nowhere unredacted. */
export const loadContent = async (
  api: Pick<SecretApi, "get">,
  record: ReleaseRecord,
  signal: AbortSignal,
): Promise<(StoredRelease & Pick<ReleaseContent, "labelled">) | undefined> => {
  const secret = await api.get(refOf(record, record.newest), signal);
  if (secret === undefined) return undefined;
  return { ...contentOf(await decodeRecord(dataOf(secret))), labelled: parseStatus(secret.metadata.labels?.["status"] ?? "") };
};

/**
 * The Secret as it must be replaced to unlock a `pending-*` release whose helm is dead: status `failed` in the body and in the label (helm
 * reads the body only), resourceVersion kept, so that the replacement fails when anybody was faster. `nowMs`: wall clock.
 */
export const failRecord = async (
  secret: DynamicObject,
  { description, nowMs }: { readonly description: string; readonly nowMs: number },
): Promise<DynamicObject> => ({
  ...secret,
  metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, status: "failed", modifiedAt: String(Math.floor(nowMs / 1000)) } },
  data: { release: await encodeRecord(asFailed(await decodeRecord(dataOf(secret)), description)) },
});

/**
 * Rewrites the newest revision as `failed` if it is still what the record says. Returns the Secret's new state.
 * Rejects with `ApiError` (409 when it changed, 404 when it is gone) or {@link DamagedRecordError}.
 */
export const unlockRelease = async (
  api: Pick<SecretApi, "get" | "replace">,
  record: ReleaseRecord,
  options: { readonly description: string; readonly nowMs: number },
  signal: AbortSignal,
): Promise<KubeObject> => {
  const secret = await unchanged(api, record, record.newest, signal);
  return api.replace(refOf(record, record.newest), await failRecord(secret, options), signal);
};

const unchanged = async (api: Pick<SecretApi, "get">, record: ReleaseRecord, revision: Revision, signal: AbortSignal): Promise<DynamicObject> => {
  const ref = refOf(record, revision);
  const secret = await api.get(ref, signal);
  if (secret === undefined) throw new ApiError(`secret ${ref.name} no longer exists`, { status: 404, reason: "NotFound" });
  if (secret.metadata.uid !== revision.secret.uid || secret.metadata.resourceVersion !== revision.secret.resourceVersion)
    throw new ApiError(`secret ${ref.name} has changed since it was read`, { status: 409, reason: "Conflict" });
  return secret;
};

interface Rewriting {
  readonly record: ReleaseRecord;
  readonly revision: Revision;
  readonly rewrite: (manifest: string) => string | Promise<string>;
}

/** Writes nothing when the manifest stays as it is. */
const rewriteManifest = async (
  api: Pick<SecretApi, "get" | "replace">,
  { record, revision, rewrite }: Rewriting,
  signal: AbortSignal,
): Promise<void> => {
  const secret = await unchanged(api, record, revision, signal);
  const release = await decodeRecord(dataOf(secret));
  const { manifest: old } = contentOf(release);
  const manifest = await rewrite(old);
  if (manifest === old) return;
  await api.replace(refOf(record, revision), { ...secret, data: { release: await encodeRecord({ ...release, manifest }) } }, signal);
};

/**
 * Rewrites the newest revision's manifest without some of its objects, if it is still what the record says. Rejects with `ApiError` (409 when it
 * changed, 404 when it is gone), {@link DamagedRecordError} or `YamlError`.
 */
export const omitObjects = (
  api: Pick<SecretApi, "get" | "replace">,
  record: ReleaseRecord,
  isOut: (body: Body) => boolean,
  signal: AbortSignal,
): Promise<void> =>
  rewriteManifest(
    api,
    { record, revision: record.newest, rewrite: (manifest) => withChangedObjects(manifest, (body) => (isOut(body) ? undefined : body)) },
    signal,
  );

/**
 * Rewrites the manifest that helm goes on from where it holds kinds that are not served any more, and says what was changed. Nothing is written
 * unless every kind of it is known to be served or not. Rejects with `ApiError` (409 when the Secret changed), {@link DamagedRecordError} or `YamlError`.
 */
export const adaptManifest = async (
  api: Pick<SecretApi, "get" | "replace">,
  record: ReleaseRecord,
  { verb, serving }: { readonly verb: "upgrade" | "uninstall"; readonly serving: (kind: Kind) => Promise<Serving> },
  signal: AbortSignal,
): Promise<readonly string[]> => {
  let told: readonly string[] = [];
  const rewrite = async (old: string): Promise<string> => {
    const kinds = await Promise.all(kindsOf(old).map(async (kind) => [keyOf(kind), await serving(kind)] as const));
    const { manifest, changes } = servedManifest(old, new Map(kinds));
    told = changes;
    return manifest;
  };
  await rewriteManifest(api, { record, revision: baseOf(record, verb), rewrite }, signal);
  return told;
};

/** Puts labels on the newest revision if it is still what the record says; returns the Secret's new state. Rejects with `ApiError` (409 when it changed). */
export const relabelRelease = (
  api: Pick<SecretApi, "patch">,
  record: ReleaseRecord,
  labels: ReleaseLabels,
  signal: AbortSignal,
): Promise<KubeObject> => patchLabels(api, record, formatLabels(labels), signal);

/** The same for the label `status`, which helm writes itself, and somebody has changed. */
export const relabelStatus = (
  api: Pick<SecretApi, "patch">,
  record: ReleaseRecord,
  status: ReleaseStatus,
  signal: AbortSignal,
): Promise<KubeObject> => patchLabels(api, record, { status }, signal);

const patchLabels = (
  api: Pick<SecretApi, "patch">,
  record: ReleaseRecord,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<KubeObject> => {
  const { resourceVersion, uid } = record.newest.secret;
  return api.patch(refOf(record, record.newest), { type: "merge", body: { metadata: { uid, resourceVersion, labels } } }, signal);
};

/**
 * Deletes the Secrets the record lists, oldest first, so that a crash in between leaves the newest, which says where things stand.
 * A Secret that changed since stops it: rejects with `ApiError` 409. One that is gone already does not.
 */
export const purgeRecords = async (api: Pick<SecretApi, "delete">, record: ReleaseRecord, signal: AbortSignal): Promise<void> => {
  for (const revision of record.revisions.toReversed()) {
    const { uid, resourceVersion } = revision.secret;
    await api.delete({ ...refOf(record, revision), only: { uid, resourceVersion } }, signal);
  }
};

const dataOf = (secret: DynamicObject): string => {
  const data = secret["data"];
  if (typeof data === "object" && data !== null && "release" in data && typeof data.release === "string") return data.release;
  throw new DamagedRecordError(`secret ${secret.metadata.name} has no key "release"`);
};
