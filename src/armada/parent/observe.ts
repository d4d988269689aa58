import type { ApiClient } from "../../runtime/api.ts";
import {
  controllerOf,
  effectiveTarget,
  isActive,
  isChart,
  isOwnedAlone,
  isOwnedBy,
  isTerminating,
  liveOwners,
  memberNames,
  nameOf,
  nextEnabler,
  ownsElsewhere,
  type Estate,
  type Lookup,
  type Member,
  type Parent,
} from "../estate/estate.ts";
import { ownerNames } from "../estate/owner-names.ts";
import { foreignController } from "../estate/owner-references.ts";
import { tooLong } from "../estate/release-name.ts";
import { toEnable, toRemove, toUninstall } from "../estate/sequence.ts";
import { isDone, isUninstalled, removalTurn } from "../estate/turn.ts";
import type { ObservedMember, ParentObserved, Tie } from "./observed.ts";
import { leavingOf, STAYING, type Leaving, type LeavingDeps } from "./leaving.ts";

/** What a look needs beside the caches, when a parent is being deleted. */
export interface ParentObserveDeps {
  readonly api: Pick<ApiClient, "get">;
  readonly estate: Estate;
}

export const observeParent = async (
  parent: Parent,
  { api, estate }: ParentObserveDeps,
  nowMs: number,
  signal: AbortSignal,
): Promise<ParentObserved> => {
  if (!isTerminating(parent)) return parentFacts(parent, estate, nowMs);
  const leaving: LeavingDeps = {
    api,
    crossNamespace: estate.crossNamespace,
    owns: estate.ownedBy(parent).length > 0,
    ownsElsewhere: ownsElsewhere(parent, estate),
    itsTurn: removalTurn(parent, estate, nowMs).ready,
  };
  return parentFacts(parent, estate, nowMs, await leavingOf(parent, leaving, signal));
};

/** What the caches say of a parent and its members now. Pure. */
export const parentFacts = (parent: Parent, estate: Estate, nowMs: number, leaving: Leaving = STAYING): ParentObserved => {
  const names = memberNames(parent);
  const listed = new Set(names);
  const owned = estate.ownedBy(parent);
  const target = effectiveTarget(parent, estate);
  const terminating = isTerminating(parent);
  // Every pass of a parent of a thousand comes by here: what only leaving needs is left out.
  const uninstalling = !terminating && target === "uninstalled";
  const alone =
    terminating || uninstalling ? owned.filter((member) => foreignController(member) === undefined && isOwnedAlone(member, parent, estate)) : [];
  return {
    nowMs,
    crossNamespace: estate.crossNamespace,
    target,
    activeParents: estate
      .parentsListing(parent)
      .filter((other) => isActive(other, estate))
      .map((other) => nameOf(other, parent)),
    owners: ownerNames(parent, estate),
    removalTurn: removalTurn(parent, estate, nowMs),
    members: names.map((name) => observeMember(parent, { name, leaves: terminating, ...estate.lookup(parent, name) }, estate)),
    dropped: owned
      .filter(({ metadata }) => !listed.has(metadata.name))
      .map((member) => observeMember(parent, { name: member.metadata.name, leaves: true, member, namesakes: [] }, estate)),
    enable: toEnable(parent, estate),
    remove: terminating ? toRemove(parent, alone) : [],
    uninstall: uninstalling
      ? toUninstall(
          parent,
          alone.filter(({ metadata }) => listed.has(metadata.name)),
          estate,
        )
      : [],
    ...leaving,
  };
};

interface Found extends Lookup {
  readonly name: string;
  /** It may be disowned now. */
  readonly leaves: boolean;
}

const observeMember = (parent: Parent, { name, leaves, member, namesakes }: Found, estate: Estate): ObservedMember => ({
  name,
  member,
  // Members of one name in the parent's own namespace and in others are no question: the own one counts.
  namesakes:
    member?.metadata.namespace === parent.metadata.namespace
      ? []
      : namesakes.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`).sort(),
  tie: member === undefined ? undefined : tieOf(member, parent, estate),
  enabler: member === undefined || !leaves ? undefined : nextEnabler(member, parent, estate)?.metadata.uid,
  done: member !== undefined && isDone(member, estate),
  uninstalled: member !== undefined && isUninstalled(member),
  skipped: member !== undefined && effectiveTarget(member, estate) === "uninstalled",
  tooLong: member === undefined || !isChart(member) ? undefined : tooLong(parent, member),
});

const tieOf = (member: Member, parent: Parent, estate: Estate): Tie => {
  const foreign = foreignController(member);
  if (foreign !== undefined) return { tie: "foreign", by: `${foreign.kind} ${foreign.name}` };
  const led = controllerOf(member, estate) !== undefined;
  if (!isOwnedBy(member, parent, estate)) return { tie: "free", controller: !led };
  const heirs = led ? [] : liveOwners(member, estate).filter((owner) => isActive(owner, estate) && owner.spec.suspend !== true);
  const lead = heirs[0]?.metadata.uid === parent.metadata.uid;
  return { tie: "owned", alone: isOwnedAlone(member, parent, estate), lead };
};
