import { isApiError, type ApiClient, type ObjectRef } from "../../runtime/api.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { answered } from "../answered.ts";
import { isManifest, type Parent } from "../estate/estate.ts";
import { GROUPS } from "../api/group.ts";
import { MANIFESTS } from "../api/manifest.ts";
import { isLosingItsApi } from "../own-crds.ts";
import { SENTINEL } from "../names.ts";
import type { Orphaning, ParentObserved } from "./observed.ts";

/** How a terminating parent goes. */
export type Leaving = Pick<ParentObserved, "orphaning" | "beingOrphaned" | "sentinel">;

export const STAYING: Leaving = { orphaning: undefined, beingOrphaned: false, sentinel: false };

/** What `kubectl delete --cascade=orphan` puts on an object while the garbage collector takes its references off. */
const ORPHAN_FINALIZER = "orphan";

/**
 * The ConfigMap that a parent with members in other namespaces owns. The garbage collector treats it as it treats members in the parent's own
 * namespace: with `--cascade=orphan` it loses its reference.
 */
export const sentinelOf = ({ metadata }: Parent): ObjectRef => ({
  resource: { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true },
  namespace: metadata.namespace,
  name: `${SENTINEL}${metadata.uid}`,
});

export interface LeavingDeps {
  readonly api: Pick<ApiClient, "get">;
  /** Without members elsewhere nobody makes a sentinel. */
  readonly crossNamespace: boolean;
  /** It owns members at all, and some in other namespaces. */
  readonly owns: boolean;
  readonly ownsElsewhere: boolean;
  /** Before that nothing is removed, whatever a read would tell. */
  readonly itsTurn: boolean;
}

/** From fresh reads. Rejects while one of them gives no answer and members would be removed. */
export const leavingOf = async (parent: Parent, deps: LeavingDeps, signal: AbortSignal): Promise<Leaving> => {
  const { api, crossNamespace, owns, itsTurn } = deps;
  const { beingOrphaned, asked } = askedOf(parent);
  const orphans = asked !== undefined;
  if (!itsTurn && !orphans) return STAYING;
  const [sentinel, losing] = await Promise.all([
    crossNamespace ? readSentinel(parent, orphans, deps, signal) : undefined,
    owns && !orphans ? isLosingItsApi(parent, isManifest(parent) ? MANIFESTS : GROUPS, api, signal) : false,
  ]);
  const told = losing ? "crd" : lostItsOwner(sentinel, parent) ? "cascade" : undefined;
  return { orphaning: asked ?? told, beingOrphaned, sentinel: sentinel !== undefined };
};

/** What the parent itself says of its members. */
const askedOf = ({ metadata, spec }: Parent): { readonly beingOrphaned: boolean; readonly asked: Orphaning | undefined } => {
  const beingOrphaned = metadata.finalizers?.includes(ORPHAN_FINALIZER) ?? false;
  return { beingOrphaned, asked: spec.deletion_policy === "orphan" ? "policy" : beingOrphaned ? "cascade" : undefined };
};

/** The garbage collector has taken the parent's reference off the sentinel. */
const lostItsOwner = (sentinel: KubeObject | undefined, parent: Parent): boolean =>
  sentinel !== undefined && !(sentinel.metadata.ownerReferences ?? []).some(({ uid }) => uid === parent.metadata.uid);

/** Who may not read ConfigMaps has never made a sentinel, unless there are members elsewhere: then one was made, and tells whether they go. */
const readSentinel = async (parent: Parent, orphans: boolean, { api, ownsElsewhere }: LeavingDeps, signal: AbortSignal) => {
  const ref = sentinelOf(parent);
  try {
    return await answered(`whether it is deleted with --cascade=orphan (ConfigMap ${ref.name})`, api.get({ ...ref, metadataOnly: true }, signal));
  } catch (error) {
    if (isApiError(error, 403) && (orphans || !ownsElsewhere)) return undefined;
    throw error;
  }
};
