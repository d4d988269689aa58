import type { JsonPatchOperation } from "../../runtime/api.ts";
import { isTerminating, type Member, type Parent } from "../estate/estate.ts";
import { ownerLabel } from "../estate/owner-references.ts";
import { ENABLED_BY } from "../names.ts";
import { applyMark, removeReference } from "./mark.ts";
import { changed, escape, writeMember, type WriteDeps } from "./member-write.ts";

export interface DisownDeps extends WriteDeps {
  /** A fresh read of a parent. */
  readonly reread: (parent: Parent, signal: AbortSignal) => Promise<Parent | undefined>;
  /** Live parents of ours that name themselves on the member, as the caches know them. */
  readonly ownersOf: (member: Member) => readonly Parent[];
}

/**
 * Takes our mark off. One that somebody else wrote, or wrote too, stays with an apply; it is removed where it stands.
 * A parent that goes leaves the member to others only if a fresh read shows one of them alive: nobody would ever remove it otherwise.
 */
export const disown = async (parent: Parent, member: Member, enabler: string | undefined, deps: DisownDeps, signal: AbortSignal): Promise<void> => {
  const others = deps.ownersOf(member).filter(({ metadata }) => metadata.uid !== parent.metadata.uid);
  if (isTerminating(parent) && others.length > 0) {
    const live = await Promise.all(others.map((other) => deps.reread(other, signal)));
    const left = live.filter((other, index) => other?.metadata.uid === others[index]?.metadata.uid && other !== undefined && !isTerminating(other));
    if (left.length === 0) throw changed(member);
  }
  if (enabler !== undefined) await passEnablingOn(parent, member, enabler, deps, signal);
  const written = await applyMark(parent, member, {}, deps, signal);
  const { uid } = parent.metadata;
  if (written.metadata.ownerReferences?.some((reference) => reference.uid === uid) === true)
    await removeReference(member, written, uid, deps, signal);
  if (written.metadata.labels?.[ownerLabel(uid)] !== undefined) {
    const body = { metadata: { uid: member.metadata.uid, labels: { [ownerLabel(uid)]: null } } };
    await writeMember(member, { type: "merge", body }, deps, signal);
  }
};

/** First: a member must not look parked for a moment. */
const passEnablingOn = async (parent: Parent, member: Member, to: string, deps: DisownDeps, signal: AbortSignal): Promise<void> => {
  const path = `/metadata/annotations/${escape(ENABLED_BY)}`;
  const operations: readonly JsonPatchOperation[] = [
    { op: "test", path: "/metadata/uid", value: member.metadata.uid },
    { op: "test", path, value: parent.metadata.uid },
    { op: "replace", path, value: to },
  ];
  await writeMember(member, { type: "json", operations }, deps, signal);
};
