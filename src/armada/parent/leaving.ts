import { isApiError, type ApiClient, type ObjectRef } from "../../runtime/api.ts";
import { answered } from "../answered.ts";
import { isManifest, type Parent } from "../estate/estate.ts";
import { GROUPS } from "../api/group.ts";
import { MANIFESTS } from "../api/manifest.ts";
import { isLosingItsApi } from "../own-crds.ts";
import { SENTINEL } from "../names.ts";
import type { ParentObserved } from "./observed.ts";

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
  const beingOrphaned = parent.metadata.finalizers?.includes(ORPHAN_FINALIZER) ?? false;
  const policy = parent.spec.deletion_policy === "orphan";
  const orphans = policy || beingOrphaned;
  if (!itsTurn && !orphans) return STAYING;
  const [sentinel, losing] = await Promise.all([
    crossNamespace ? readSentinel(parent, orphans, deps, signal) : undefined,
    owns && !orphans ? isLosingItsApi(parent, isManifest(parent) ? MANIFESTS : GROUPS, api, signal) : false,
  ]);
  const orphaned = sentinel !== undefined && !(sentinel.metadata.ownerReferences ?? []).some(({ uid }) => uid === parent.metadata.uid);
  return {
    orphaning: losing ? "crd" : policy ? "policy" : beingOrphaned || orphaned ? "cascade" : undefined,
    beingOrphaned,
    sentinel: sentinel !== undefined,
  };
};

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
