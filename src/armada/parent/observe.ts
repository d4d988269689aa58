import { controllerReference, effectiveTarget, isActive, isChart, memberNames, nameOf } from "../estate.ts";
import type { Estate, Member, Parent } from "../estate.ts";
import { toEnable, toRemove } from "../sequence.ts";
import { isDone, removalTurn } from "../turn.ts";
import type { ObservedMember, ParentObserved, Tie } from "./observed.ts";

/** What the caches say of a parent and its members now. */
export const observeParent = (parent: Parent, estate: Estate, nowMs: number): ParentObserved => {
  const names = memberNames(parent);
  const members = names.map((name) => observeMember(parent, name, estate.member(parent, name), estate));
  const owned = estate.ownedBy(parent);
  const alone = owned.filter((member) => isOwnedAlone(member, parent, estate));
  return {
    nowMs,
    target: effectiveTarget(parent, estate),
    activeParents: estate
      .parentsListing(parent)
      .filter((other) => isActive(other, estate))
      .map(nameOf),
    owners: ownersOf(parent, estate),
    removalTurn: removalTurn(parent, estate, nowMs),
    members,
    dropped: owned
      .filter(({ metadata }) => !names.includes(metadata.name))
      .map((member) => observeMember(parent, member.metadata.name, member, estate)),
    enable: toEnable(parent, estate),
    remove: toRemove(parent, alone),
  };
};

/** Names of the parents of ours that have a reference on the object. */
export const ownersOf = (node: Member | Parent, estate: Estate): readonly string[] =>
  (node.metadata.ownerReferences ?? []).flatMap(({ uid }) => estate.parent(uid)?.metadata.name ?? []);

const observeMember = (parent: Parent, name: string, member: Member | undefined, estate: Estate): ObservedMember => ({
  name,
  member,
  tie: member === undefined ? undefined : tieOf(member, parent, estate),
  done: member !== undefined && isDone(member, estate),
  parked: member !== undefined && effectiveTarget(member, estate) === "uninitialized",
  skipped: member !== undefined && isChart(member) && member.spec.target_state === "uninstalled",
});

const tieOf = (member: Member, parent: Parent, estate: Estate): Tie => {
  const references = member.metadata.ownerReferences ?? [];
  const controller = controllerReference(member);
  if (controller !== undefined && controller.uid !== parent.metadata.uid && !isOurs(controller)) {
    return { tie: "foreign", by: `${controller.kind} ${controller.name}` };
  }
  if (references.some(({ uid }) => uid === parent.metadata.uid)) return { tie: "owned", alone: isAlone(member, parent, estate) };
  return { tie: "free", controller: controller === undefined };
};

const OUR_PARENTS = ["ArmadaChartGroup", "ArmadaManifest"];
const isOurs = ({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): boolean =>
  apiVersion.startsWith("armada.airshipit.org/") && OUR_PARENTS.includes(kind);

const isOwnedAlone = (member: Member, parent: Parent, estate: Estate): boolean => {
  const tie = tieOf(member, parent, estate);
  return tie.tie === "owned" && tie.alone;
};

/** No other live parent of ours owns the member. */
const isAlone = (member: Member, parent: Parent, estate: Estate): boolean =>
  (member.metadata.ownerReferences ?? []).every(({ uid }) => {
    if (uid === parent.metadata.uid) return true;
    const other = estate.parent(uid);
    return other === undefined || other.metadata.deletionTimestamp !== undefined;
  });
