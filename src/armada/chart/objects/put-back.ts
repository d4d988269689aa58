import { turns } from "../../../base/work/turns.ts";
import type { ReleaseRef, Values } from "../../../helm/driver.ts";
import { isApiError, type ApiClient, type ObjectRef } from "../../../runtime/api.ts";
import type { DynamicObject } from "../../../runtime/object.ts";
import type { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import { HELM_MANAGED_BY, HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import { fieldsOf, textsOf, type Fields } from "../../readiness/fields.ts";
import { documentsOf, manifestBodies, releaseObject, type ReleaseObject } from "../../readiness/manifest.ts";
import { identityOf, lastOfEach, locator, refOf } from "./identity.ts";
import { refusal, type Redaction } from "./refusal.ts";
import { isOfRelease } from "./release-objects.ts";

export interface PutBackDeps {
  readonly api: ApiClient;
  readonly watches: ObjectWatches;
  readonly redact: Redaction;
}

/** An object that was put back, as the API server made it; undefined when it had lost helm's label only. */
export interface PutBack {
  readonly object: ReleaseObject;
  readonly ref: ObjectRef;
  readonly live: DynamicObject | undefined;
}

/** Creates `objects` as the release's manifest has them, with helm's marks, which the manifest lacks. `onDone` hears of each; `values` are in no error. */
export const putBack = async (
  manifest: string,
  objects: readonly ReleaseObject[],
  release: ReleaseRef,
  deps: PutBackDeps & { readonly values: Values; readonly onDone: (done: PutBack) => Promise<void> },
  signal: AbortSignal,
): Promise<void> => {
  const written = await bodiesOf(manifest, objects);
  const place = await locator(
    written.map(({ object }) => object),
    release.namespace,
    deps.api,
    signal,
  );
  const wanted = new Set(objects.map((object) => identityOf(place(object))));
  const placed = written.map(({ body, object }) => ({ body, object: place(object) }));
  for (const { body, object } of lastOfEach(placed, (each) => each.object)) {
    if (!wanted.has(identityOf(object))) continue;
    const done = await putOneBack(body, object, release, deps, signal);
    if (done !== undefined) await deps.onDone(done);
  }
};

interface Written {
  readonly body: Fields;
  readonly object: ReleaseObject;
}

/** Bodies of objects that are called like `objects`, read with turns for others; where they are is judged later. */
const bodiesOf = async (manifest: string, objects: readonly ReleaseObject[]): Promise<readonly Written[]> => {
  const titles = new Set(objects.map(titleOf));
  const turn = turns();
  const written: Written[] = [];
  for (const text of documentsOf(manifest)) {
    for (const body of manifestBodies(text)) {
      const object = releaseObject(body);
      if (object !== undefined && titles.has(titleOf(object))) written.push({ body, object });
    }
    await turn();
  }
  return written;
};

const titleOf = ({ kind, name }: ReleaseObject): string => `${kind} ${name}`;

const putOneBack = async (
  body: Fields,
  object: ReleaseObject,
  release: ReleaseRef,
  { api, watches, redact, values }: PutBackDeps & { readonly values: Values },
  signal: AbortSignal,
): Promise<PutBack | undefined> => {
  const resource = await api.resolve(object.apiVersion, object.kind, signal);
  if (resource === undefined) return undefined;
  const ref = refOf(object, resource, release.namespace);
  try {
    const live = await createOrMark(ref, marked(body, ref.namespace, release), release, api, signal);
    await watches.refresh(resource, ref.namespace, object.name, signal);
    return { object, ref, live };
  } catch (error) {
    throw isApiError(error) ? await refusal(error, { object, body, namespace: ref.namespace, values }, redact) : error;
  }
};

const marked = (body: Fields, namespace: string | undefined, release: ReleaseRef): Fields => {
  const { namespace: _written, ...metadata } = fieldsOf(body["metadata"]);
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

const createOrMark = async (
  ref: ObjectRef,
  body: Fields,
  release: ReleaseRef,
  api: ApiClient,
  signal: AbortSignal,
): Promise<DynamicObject | undefined> => {
  try {
    return await api.create(ref, body, signal);
  } catch (error) {
    if (!isApiError(error, 409)) throw error;
    await mark(ref, release, api, signal);
    return undefined;
  }
};

/** The object exists: it has lost helm's label, without which no watch sees it, or it is somebody else's. */
const mark = async (ref: ObjectRef, release: ReleaseRef, api: ApiClient, signal: AbortSignal): Promise<void> => {
  const live = await api.get({ ...ref, metadataOnly: true }, signal);
  if (live === undefined) return;
  const what = `${ref.resource.kind} ${ref.name}`;
  if (!isOfRelease(live, release)) {
    throw new Error(`${what} exists without the annotations of release ${release.name}: delete it, or add them`);
  }
  const body = { metadata: { uid: live.metadata.uid, labels: { [HELM_MANAGED_BY.label]: HELM_MANAGED_BY.value } } };
  try {
    await api.patch(ref, { type: "merge", body }, signal);
  } catch (error) {
    // Gone in between: the next look puts it back.
    if (!isApiError(error, 404)) throw error;
  }
};
