import type { ApiClient } from "../../runtime/api.ts";
import type { TargetState } from "../api/common.ts";
import { isDone, isStillDone, isUninstalled } from "../estate/done.ts";
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
import { removalTurn } from "../estate/turn.ts";
import type { ObservedMember, ParentObserved, Tie } from "./observed.ts";
import { unreadableSources } from "./unreadable-sources.ts";
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
  const target = effectiveTarget(parent, estate);
  const dropped = estate.ownedBy(parent).filter(({ metadata }) => !listed.has(metadata.name));
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
    members: names.map((name) => observeMember(parent, { name, leaves: isTerminating(parent), ...estate.lookup(parent, name) }, estate)),
    unreadableSources: unreadableSources(parent, estate),
    dropped: dropped.map((member) => observeMember(parent, { name: member.metadata.name, leaves: true, member, namesakes: [] }, estate)),
    enable: toEnable(parent, estate),
    ...goingMembers(parent, target, estate),
    ...leaving,
  };
};

/** Members to take away now. Every pass of a parent of a thousand comes by here: nothing is looked up unless it goes. */
const goingMembers = (parent: Parent, target: TargetState, estate: Estate): Pick<ParentObserved, "remove" | "uninstall"> => {
  const terminating = isTerminating(parent);
  if (!terminating && target !== "uninstalled") return { remove: [], uninstall: [] };
  const alone = estate.ownedBy(parent).filter((member) => foreignController(member) === undefined && isOwnedAlone(member, parent, estate));
  if (terminating) return { remove: toRemove(parent, alone), uninstall: [] };
  const listed = new Set(memberNames(parent));
  const onList = alone.filter(({ metadata }) => listed.has(metadata.name));
  return { remove: [], uninstall: toUninstall(parent, onList, estate) };
};

interface Found extends Lookup {
  readonly name: string;
  /** It may be disowned now. */
  readonly leaves: boolean;
}

const observeMember = (parent: Parent, { name, leaves, member, namesakes }: Found, estate: Estate): ObservedMember => {
  // Members of one name in the parent's own namespace and in others are no question: the own one counts.
  const inQuestion = member === undefined || member.metadata.namespace !== parent.metadata.namespace;
  return {
    name,
    namesakes: inQuestion ? namesakes.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`).sort() : [],
    ...(member === undefined ? ABSENT : presentMember(parent, member, leaves, estate)),
  };
};

type MemberFacts = Omit<ObservedMember, "name" | "namesakes">;

const ABSENT: MemberFacts = {
  member: undefined,
  tie: undefined,
  enabler: undefined,
  done: false,
  stillDone: false,
  uninstalled: false,
  skipped: false,
  tooLong: undefined,
};

const presentMember = (parent: Parent, member: Member, leaves: boolean, estate: Estate): MemberFacts => ({
  member,
  tie: tieOf(member, parent, estate),
  enabler: leaves ? nextEnabler(member, parent, estate)?.metadata.uid : undefined,
  done: isDone(member, estate),
  stillDone: isStillDone(member, estate),
  uninstalled: isUninstalled(member),
  skipped: effectiveTarget(member, estate) === "uninstalled",
  tooLong: isChart(member) ? tooLong(parent, member) : undefined,
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
