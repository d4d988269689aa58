import type { ApiClient } from "../../runtime/api.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { answered } from "../answered.ts";
import { GROUPS } from "../api/group.ts";
import { MANIFESTS } from "../api/manifest.ts";
import { isTerminating, nameOf, type Estate } from "../estate/estate.ts";
import { ownersByReference, ownersOf } from "../estate/owner-references.ts";

export interface UnwatchedDeps {
  readonly api: Pick<ApiClient, "list">;
  readonly estate: Pick<Estate, "parent" | "crossNamespace">;
  /** Namespaces that are watched; empty: all. */
  readonly namespaces: readonly string[];
}

/**
 * Names of live parents that own a member by label from namespaces that are not watched. Where all are, or members stay in their parents' own,
 * the caches know everybody, and nothing is asked.
 */
export const ownersUnwatched = async (
  member: KubeObject,
  { api, estate, namespaces }: UnwatchedDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  if (namespaces.length === 0 || !estate.crossNamespace) return [];
  const near = new Set(ownersByReference(member).map(({ uid }) => uid));
  const unknown = new Set(ownersOf(member).flatMap(({ uid }) => (near.has(uid) || estate.parent(uid) !== undefined ? [] : [uid])));
  if (unknown.size === 0) return [];
  const asking = Promise.all([GROUPS, MANIFESTS].map((resource) => api.list(resource, { metadataOnly: true }, signal)));
  const remedy = "a ClusterRole that lists armadachartgroups and armadamanifests grants it; or remove its label owner.armada.airshipit.org/…";
  const parents = (await answered(`whether a parent outside --watch-namespaces owns ${nameOf(member)}, as its label says`, asking, remedy)).flat();
  return parents.filter((parent) => unknown.has(parent.metadata.uid) && !isTerminating(parent)).map((parent) => nameOf(parent, member));
};
