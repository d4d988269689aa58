import type { ReleaseRef } from "../../helm/driver.ts";
import { ApiError, isApiError, type ApiClient, type ObjectRef } from "../../runtime/api.ts";
import type { ObjectWatches } from "../../runtime/object-watches.ts";
import { HELM_MANAGED_BY, HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../names.ts";
import { fieldsOf, textsOf, type Fields } from "../readiness/fields.ts";
import { manifestBodies, releaseObject, type ReleaseObject } from "../readiness/manifest.ts";
import { isOfRelease } from "./release-objects.ts";

export interface PutBackDeps {
  readonly api: ApiClient;
  readonly watches: ObjectWatches;
}

/** Creates `objects` as the release's manifest has them, with helm's marks, which the manifest lacks. */
export const putBack = async (
  manifest: string,
  objects: readonly ReleaseObject[],
  release: ReleaseRef,
  deps: PutBackDeps,
  signal: AbortSignal,
): Promise<void> => {
  for (const body of manifestBodies(manifest)) {
    const object = releaseObject(body);
    if (object !== undefined && objects.some((wanted) => isSame(wanted, object))) await putOneBack(body, object, release, deps, signal);
  }
};

const isSame = (a: ReleaseObject, b: ReleaseObject): boolean =>
  a.apiVersion === b.apiVersion && a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;

const putOneBack = async (
  body: Fields,
  object: ReleaseObject,
  release: ReleaseRef,
  { api, watches }: PutBackDeps,
  signal: AbortSignal,
): Promise<void> => {
  const resource = await api.resolve(object.apiVersion, object.kind, signal);
  if (resource === undefined) return;
  const namespace = resource.namespaced ? (object.namespace ?? release.namespace) : undefined;
  const ref: ObjectRef = { resource, namespace, name: object.name };
  try {
    await createOrMark(ref, marked(body, namespace, release), release, api, signal);
  } catch (error) {
    throw isApiError(error) ? refusal(error, object) : error;
  }
  await watches.refresh(resource, namespace, object.name, signal);
};

const marked = (body: Fields, namespace: string | undefined, release: ReleaseRef): Fields => {
  const metadata = fieldsOf(body["metadata"]);
  return {
    ...body,
    metadata: {
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...textsOf(metadata["labels"]), [HELM_MANAGED_BY.label]: HELM_MANAGED_BY.value },
      annotations: { ...textsOf(metadata["annotations"]), [HELM_RELEASE_NAME]: release.name, [HELM_RELEASE_NAMESPACE]: release.namespace },
    },
  };
};

const createOrMark = async (ref: ObjectRef, body: Fields, release: ReleaseRef, api: ApiClient, signal: AbortSignal): Promise<void> => {
  try {
    await api.create(ref, body, signal);
  } catch (error) {
    if (!isApiError(error, 409)) throw error;
    await mark(ref, release, api, signal);
  }
};

/**
 * The answer may quote the object, which may hold values: only its kind goes on. A 404 is about the namespace, and no conflict. That the
 * namespace is being deleted is one: the next look sees it, and waits.
 */
const refusal = ({ status, reason, retryAfterMs, message: answer }: ApiError, { kind, name }: ReleaseObject): Error => {
  if (status === 403 && answer.includes("because it is being terminated")) {
    return new ApiError(`${kind} ${name} cannot be put back: its namespace is being deleted`, { status: 409, reason: "Conflict" });
  }
  const message = `the API server does not take ${kind} ${name} back: ${reason} (${String(status)})`;
  return status === 404 ? new Error(message) : new ApiError(message, { status, reason, retryAfterMs });
};

/** The object exists: it has lost helm's label, without which no watch sees it, or it is somebody else's. */
const mark = async (ref: ObjectRef, release: ReleaseRef, api: ApiClient, signal: AbortSignal): Promise<void> => {
  const live = await api.get(ref, signal, { metadataOnly: true });
  if (live === undefined) return;
  const what = `${ref.resource.kind} ${ref.name}`;
  if (!isOfRelease(live, release)) {
    throw new Error(`${what} exists and does not carry the annotations of release ${release.name}: remove it, or add them`);
  }
  const body = { metadata: { uid: live.metadata.uid, labels: { [HELM_MANAGED_BY.label]: HELM_MANAGED_BY.value } } };
  try {
    await api.patch(ref, { type: "merge", body }, signal);
  } catch (error) {
    // Gone in between: the next look puts it back.
    if (!isApiError(error, 404)) throw error;
  }
};
