import { deepEqual } from "../base/json/json.ts";
import type { Change } from "../runtime/cache/store.ts";
import type { ArmadaChart } from "./api/chart.ts";
import {
  dependencyNames,
  effectiveTarget,
  isActive,
  isChart,
  isLibrary,
  isManifest,
  isObserved,
  isParent,
  isSequenced,
  isTerminating,
  memberNames,
  type Estate,
  type Member,
  type Node,
  type Parent,
} from "./estate/estate.ts";
import { OWNER_LABEL, REQUESTED_AT } from "./names.ts";

/** Something but its status has changed: the object itself must be looked at. Its own status writes wake nobody. */
export const concernsItself = ({ type, old, object }: Change<Node>): boolean => {
  if (type !== "updated" || old === undefined) return true;
  const { resourceVersion: _old, ...before } = old.metadata;
  const { resourceVersion: _new, ...after } = object.metadata;
  return !deepEqual(before, after) || !deepEqual(old.spec, object.spec);
};

/** A parent without an order has put its mark on a member that it enables next: that patch wakes the member. */
const isFirstHalfOfEnabling = ({ type, old, object }: Change<Node>, estate: Estate): boolean => {
  if (type !== "updated" || old === undefined || isManifest(object)) return false;
  if (!deepEqual(withoutOwners(old), withoutOwners(object)) || !deepEqual(old.spec, object.spec)) return false;
  return parentsOf(object, estate).some((parent) => isAboutToBeEnabled(object, parent, estate));
};

/**
 * It has just begun to wait for its turn. As long as its status said that all is well, nobody whom it waits for woke it: what came to pass while
 * that was being decided is not known to it. A parked member is enabled by its parent, which knows.
 */
const beginsToWait = ({ type, old, object: { status } }: Change<Node>): boolean =>
  type === "updated" &&
  old?.status?.satisfied === true &&
  status?.satisfied !== true &&
  status?.reason === "WaitingForTurn" &&
  status.actual_state !== "uninitialized";

/** Somebody took its status away, as a restore does: no write of ours. */
const lostStatus = ({ type, old, object }: Change<Node>): boolean => type === "updated" && old?.status !== undefined && object.status === undefined;

/** The object itself is to be looked at because of a change to it. */
export const wakesItself = (change: Change<Node>, estate: Estate): boolean =>
  beginsToWait(change) || lostStatus(change) || (concernsItself(change) && !isFirstHalfOfEnabling(change, estate));

const withoutOwners = ({ metadata }: Node): unknown => {
  const { resourceVersion: _version, ownerReferences: _owners, labels = {}, ...rest } = metadata;
  return { ...rest, labels: Object.entries(labels).filter(([key]) => !key.startsWith(OWNER_LABEL)) };
};

/** The pass under way works on a spec that is no longer wanted. */
export const outdatesPass = ({ type, old, object }: Change<Node>): boolean =>
  type === "updated" && old?.metadata.generation !== object.metadata.generation;

/** Parents that look at the object: those that list it, and those that own it. */
export const parentsOf = (node: Node, estate: Estate): readonly Parent[] => [
  ...new Set([...estate.parentsNaming(node), ...estate.ownersOf(node).flatMap(({ uid }) => estate.parent(uid) ?? [])]),
];

/** Everything below a parent: its members, and theirs. */
export const below = (parent: Parent, estate: Estate): readonly Member[] =>
  [...new Set([...memberNames(parent).flatMap((name) => estate.member(parent, name) ?? []), ...estate.ownedBy(parent)])].flatMap((member) => [
    member,
    ...(isParent(member) ? below(member, estate) : []),
  ]);

/** Wants to act, and may be held up by others. A parked member is not: its parent enables it. */
const mayWait = (node: Node, estate: Estate): boolean =>
  isTerminating(node) || (effectiveTarget(node, estate) !== "uninitialized" && (node.status?.satisfied !== true || !isObserved(node)));

/** Members that may have been waiting for the object to be ready, or gone: what stands beside it in a sequence, and beside its parents. */
export const waitingFor = (node: Node, estate: Estate): readonly Member[] =>
  parentsOf(node, estate).flatMap((parent) => {
    const siblings = isSequenced(parent) ? memberNames(parent).flatMap((name) => estate.member(parent, name) ?? []) : [];
    const others = siblings.filter(({ metadata }) => metadata.uid !== node.metadata.uid);
    const subtrees = others.flatMap((sibling): readonly Member[] => (isChart(sibling) ? [sibling] : [sibling, ...below(sibling, estate)]));
    return [...subtrees.filter((member) => mayWait(member, estate)), ...waitingFor(parent, estate)];
  });

/** The patch that enables it wakes it: an active parent without an order enables every parked member at once. */
const isAboutToBeEnabled = (member: Member, parent: Parent, estate: Estate): boolean =>
  !isSequenced(parent) &&
  isActive(parent, estate) &&
  memberNames(parent).includes(member.metadata.name) &&
  !isLibrary(member) &&
  effectiveTarget(member, estate) === "uninitialized" &&
  isObserved(member);

/** Charts that have this one in their charts/, directly or in others. */
export const allDependents = (chart: ArmadaChart, estate: Pick<Estate, "dependents">): readonly ArmadaChart[] => {
  const found = new Map([[chart.metadata.uid, chart]]);
  // A map goes on to what is added on the way.
  for (const each of found.values()) for (const dependent of estate.dependents(each)) found.set(dependent.metadata.uid, dependent);
  found.delete(chart.metadata.uid);
  return [...found.values()];
};

/**
 * Dependents of a chart that comes, goes, or is to be read anew (that its content has changed is heard of from whoever reads it); and what it
 * depends on itself, which looks at its source for as long as somebody needs it.
 */
const wokenByChart = (object: ArmadaChart, old: Node | undefined, estate: Estate): readonly ArmadaChart[] => {
  const readAnew =
    old?.metadata.generation !== object.metadata.generation ||
    old?.metadata.annotations?.[REQUESTED_AT] !== object.metadata.annotations?.[REQUESTED_AT];
  const before = old !== undefined && isChart(old) ? dependencyNames(old) : [];
  const added = dependencyNames(object).filter((name) => !before.includes(name));
  return [...(readAnew ? allDependents(object, estate) : []), ...added.flatMap((name) => estate.dependency(object, name).chart ?? [])];
};

/** It is deployed at its current generation, and was not so before. */
const becomesDone = ({ type, old, object }: Change<Node>): boolean => type === "updated" && isUp(object) && (old === undefined || !isUp(old));

const isUp = (node: Node): boolean => isObserved(node) && node.status?.actual_state === "deployed";

/** Objects to look at because of a change to `object`, itself not among them. */
export const wokenBy = (change: Change<Node>, estate: Estate): readonly Node[] => {
  const { old, object } = change;
  return [
    ...new Set<Node>([
      ...parentsOf(object, estate),
      ...(old === undefined ? [] : parentsOf(old, estate)),
      // A manifest may have waited for it while nothing changes for the group between them.
      ...(becomesDone(change) ? parentsOf(object, estate).flatMap((parent) => parentsOf(parent, estate)) : []),
      ...waitingFor(object, estate),
      ...(isChart(object) ? [...estate.sharingRelease(object), ...wokenByChart(object, old, estate)] : []),
      ...(concernsItself(change) ? membersWoken(object, old, estate) : []),
    ]),
  ];
};

/** Members of the parent as it is and as it was: one that has left the list must hear of it too. */
const membersWoken = (object: Node, old: Node | undefined, estate: Estate): readonly Member[] => {
  if (!isParent(object)) return [];
  const former = old !== undefined && isParent(old) && !deepEqual(memberNames(old), memberNames(object)) ? below(old, estate) : [];
  return [...below(object, estate), ...former].filter((member) => !isAboutToBeEnabled(member, object, estate));
};
