import { isLibrary, isObserved, isSequenced, isTerminating, memberNames, effectiveTarget } from "./estate.ts";
import type { Estate, Member, Parent } from "./estate.ts";
import { isDone, isUninstalled } from "./done.ts";

/** A parked member may be enabled once its status has recorded that it is parked. */
const mayBeEnabled = (member: Member, estate: Estate): boolean =>
  !isTerminating(member) &&
  !isLibrary(member) &&
  effectiveTarget(member, estate) === "uninitialized" &&
  isObserved(member) &&
  member.status?.actual_state === "uninitialized";

/** The members to enable now: in a sequence the first that is parked, once all before it are deployed; otherwise every parked one. */
export const toEnable = (parent: Parent, estate: Estate): readonly Member[] => {
  const members = memberNames(parent).map((name) => estate.member(parent, name));
  if (!isSequenced(parent)) return members.filter((member) => member !== undefined).filter((member) => mayBeEnabled(member, estate));
  const first = members.find((member) => member === undefined || !isDone(member, estate));
  return first !== undefined && mayBeEnabled(first, estate) ? [first] : [];
};

/** Of the members that a parent removes, those whose removal starts now: in a sequence only the last, otherwise all. */
export const toRemove = (parent: Parent, leaving: readonly Member[]): readonly Member[] => {
  const next = isSequenced(parent) ? inLeavingOrder(parent, leaving).slice(0, 1) : leaving;
  return next.filter((member) => !isTerminating(member));
};

/** As they go: in a sequence the last on the parent's list first, and at the end those that are not on it any more. */
export const inLeavingOrder = (parent: Parent, members: readonly Member[]): readonly Member[] => {
  if (!isSequenced(parent)) return members;
  const places = new Map(memberNames(parent).map((name, index) => [name, index]));
  const place = ({ metadata }: Member): number => places.get(metadata.name) ?? -1;
  return members.toSorted((a, b) => place(b) - place(a));
};

/** Of the members that a parent alone owns, those that get its `uninstalled` now: in a sequence only the last that is still there. */
export const toUninstall = (parent: Parent, owned: readonly Member[], estate: Estate): readonly Member[] => {
  const open = owned.filter((member) => !isTerminating(member) && !isUninstalled(member));
  const next = isSequenced(parent) ? inLeavingOrder(parent, open).slice(0, 1) : open;
  return next.filter((member) => effectiveTarget(member, estate) !== "uninstalled");
};
