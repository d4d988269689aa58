import { messageOf } from "../../../base/errors.ts";
import { cutUtf8, oneLine } from "../../../base/text.ts";
import type { ReleaseRef } from "../../../helm/driver.ts";
import { isApiError, type ApiClient, type ResourceCatalog } from "../../../runtime/api.ts";
import { apiVersionOf, type DynamicObject, type Resource } from "../../../runtime/object.ts";
import { HELM_MANAGED_BY } from "../../names.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { isKeptLive, isOfRelease } from "./release-objects.ts";

interface OrphanedObjects {
  readonly orphanedObjects: readonly ReleaseObject[];
  /** Where they could not be looked for, and the kinds, one phrase each. */
  readonly unseen: readonly string[];
}

export interface OrphansDeps {
  readonly api: ApiClient & ResourceCatalog;
  /** Namespaces that are watched; empty: all. */
  readonly namespaces: readonly string[];
}

/** Where the operator could not look, and what for. */
interface Unseen {
  readonly where: string;
  readonly kind: string;
}

interface Seen {
  readonly objects: readonly ReleaseObject[];
  readonly unseen: readonly Unseen[];
}

const NOTE_BYTES = 200;
const NOTHING: Seen = { objects: [], unseen: [] };

/**
 * Objects of any kind in any namespace, cluster-scoped ones too, that carry the annotations of a release whose record is gone. What the
 * operator may not list is named, and so are kinds whose server does not answer: an aggregated API may be away for good.
 */
export const findOrphanedObjects = async (release: ReleaseRef, { api, namespaces }: OrphansDeps, signal: AbortSignal): Promise<OrphanedObjects> => {
  const places = [...new Set([release.namespace, ...namespaces])].toSorted();
  const look = async (resource: Resource): Promise<Seen> => {
    const everywhere = await orphanedIn(undefined, resource, release, api, signal);
    if (everywhere !== "forbidden") return everywhere;
    if (!resource.namespaced) return { objects: [], unseen: [{ where: FORBIDDEN, kind: titleOf(resource) }] };
    return oneByOne(resource, places, release, api, signal);
  };
  const seen = await Promise.all((await api.resources(signal)).map(look));
  return { orphanedObjects: seen.flatMap(({ objects }) => objects), unseen: sentences(seen.flatMap(({ unseen }) => unseen)) };
};

const FORBIDDEN = "what the operator is not allowed to list";

/** Not everywhere, but perhaps where releases live. */
const oneByOne = async (resource: Resource, places: readonly string[], release: ReleaseRef, api: ApiClient, signal: AbortSignal): Promise<Seen> => {
  const seen = await Promise.all(places.map((namespace) => orphanedIn(namespace, resource, release, api, signal)));
  const kind = titleOf(resource);
  const open = places.filter((_, index) => seen[index] !== "forbidden");
  const found = seen.filter((one) => one !== "forbidden");
  const where = open.length === 0 ? FORBIDDEN : `what the operator is allowed to list only in ${placesOf(open)}`;
  return { objects: found.flatMap(({ objects }) => objects), unseen: [{ where, kind }, ...found.flatMap(({ unseen }) => unseen)] };
};

const placesOf = (names: readonly string[]): string => `namespace${names.length === 1 ? "" : "s"} ${names.join(", ")}`;

const orphanedIn = async (
  namespace: string | undefined,
  resource: Resource,
  release: ReleaseRef,
  api: ApiClient,
  signal: AbortSignal,
): Promise<Seen | "forbidden"> => {
  try {
    const labelSelector = `${HELM_MANAGED_BY.label}=${HELM_MANAGED_BY.value}`;
    const objects = await api.list(resource, { ...(namespace === undefined ? {} : { namespace }), labelSelector, metadataOnly: true }, signal);
    const orphanedObjects = objects.filter((object) => isOfRelease(object, release) && !isKeptLive(object));
    return { objects: orphanedObjects.map((object) => orphanedObjectOf(resource, object)), unseen: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (isApiError(error, 403)) return "forbidden";
    // Served no more: nothing of it is left.
    if (isApiError(error, 404)) return NOTHING;
    if (!isApiError(error, 405) && !isAway(resource, error)) throw error;
    return {
      objects: [],
      unseen: [{ kind: titleOf(resource), where: `what could not be listed (${cutUtf8(oneLine(messageOf(error)), NOTE_BYTES, "…")})` }],
    };
  }
};

const orphanedObjectOf = (resource: Resource, { metadata: { namespace, name } }: DynamicObject): ReleaseObject => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  ...(namespace === undefined ? {} : { namespace }),
  name,
  annotations: {},
});

/** Kinds of Kubernetes itself are known by their names. */
const titleOf = ({ group, kind, plural }: Resource): string => (group.includes(".") && !group.endsWith(".k8s.io") ? `${plural}.${group}` : kind);

/** Each place once, with all its kinds. */
const sentences = (unseen: readonly Unseen[]): readonly string[] => {
  const places = Map.groupBy(unseen, ({ where }) => where);
  return [...places].map(([where, kinds]) => `${where}: ${[...new Set(kinds.map(({ kind }) => kind))].toSorted().join(", ")}`);
};

/** No answer of a server behind the API server. What the API server itself has for every cluster, groups without a dot, tells whether it is well. */
const isAway = ({ group }: Resource, error: unknown): boolean =>
  group.includes(".") && isApiError(error) && (error.status === 0 || error.status >= 500);
