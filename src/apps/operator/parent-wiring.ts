import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import { isManifest, liveOwners, ownsElsewhere } from "../../armada/estate/estate.ts";
import type { StoreEstate } from "../../armada/estate/store-estate.ts";
import type { ParentPerformDeps } from "../../armada/parent/perform.ts";
import { ownersUnwatched } from "../../armada/parent/unwatched.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { ApiClient } from "../../runtime/api.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { ParentDeps } from "./kinds.ts";
import { parseChart, parseGroup, parseManifestObject } from "./parse-object.ts";

export interface ParentWiringDeps {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly estate: StoreEstate;
  /** Namespaces that are watched; empty: all. */
  readonly namespaces: readonly string[];
}

/** What observing and performing for groups and manifests takes. */
export const wireParents = ({ api, clock, estate, namespaces }: ParentWiringDeps): ParentDeps => {
  const reread: ParentPerformDeps["reread"] = async (parent, signal) => {
    const { namespace, name } = parent.metadata;
    const live = await api.get<KubeObject>({ resource: isManifest(parent) ? MANIFESTS : GROUPS, namespace, name }, signal);
    if (live === undefined) return undefined;
    return isManifest(parent) ? parseManifestObject(live) : parseGroup(live);
  };
  return {
    api,
    clock,
    estate,
    ownersOf: (member) => liveOwners(member, estate),
    ownsElsewhere: (parent) => ownsElsewhere(parent, estate),
    ownersUnwatched: (member, signal) => ownersUnwatched(member, { api, estate, namespaces }, signal),
    store: (member) => void (member.kind === "ArmadaChart" ? estate.charts.upsert(parseChart(member)) : estate.groups.upsert(parseGroup(member))),
    reread,
  };
};
