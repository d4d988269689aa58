import { apiVersionOf, type OwnerReference } from "../../runtime/object.ts";
import { GROUPS } from "../api/group.ts";
import { MANIFESTS } from "../api/manifest.ts";
import { isTerminating, type Member, type Parent } from "../estate/estate.ts";
import { LEADS, ownerLabel, SHARES, tieBetween } from "../estate/owner-references.ts";
import { sentinelOf } from "./leaving.ts";
import { applyMark, managerOf, removeReference } from "./mark.ts";
import { changed, type WriteDeps } from "./member-write.ts";

export interface AdoptDeps extends WriteDeps {
  /** A fresh read of a parent. */
  readonly reread: (parent: Parent, signal: AbortSignal) => Promise<Parent | undefined>;
  /** The parent owns a member in another namespace already, as the caches know them. */
  readonly ownsElsewhere: (parent: Parent) => boolean;
}

/** Puts the mark on, as controller or as one owner of several. A terminating parent never adopts: it is read afresh first. */
export const adopt = async (parent: Parent, member: Member, controller: boolean, deps: AdoptDeps, signal: AbortSignal): Promise<void> => {
  const live = await deps.reread(parent, signal);
  if (live === undefined || isTerminating(live) || live.metadata.uid !== parent.metadata.uid) throw changed(parent);
  if (tieBetween(parent, member) === "label") {
    if (!deps.ownsElsewhere(parent)) await keepSentinel(parent, deps, signal);
    await applyMark(parent, member, { labels: { [ownerLabel(parent.metadata.uid)]: controller ? LEADS : SHARES } }, deps, signal);
    return;
  }
  const current = controller ? await dropDeadController(member, deps, signal) : member;
  await applyMark(parent, current, { ownerReferences: [referenceTo(parent, controller)] }, deps, signal);
};

const referenceTo = ({ apiVersion, kind, metadata: { name, uid } }: Parent, controller: boolean): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  controller,
  blockOwnerDeletion: true,
});

/** Before the first member in another namespace is owned: see {@link sentinelOf}. */
const keepSentinel = async (parent: Parent, { api }: AdoptDeps, signal: AbortSignal): Promise<void> => {
  const { resource, namespace, name } = sentinelOf(parent);
  const ownerReferences = [{ ...referenceTo(parent, true), blockOwnerDeletion: false }];
  const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name, namespace, ownerReferences } };
  await api.patch({ resource, namespace, name }, { type: "apply", body, fieldManager: managerOf(parent), force: true }, signal);
};

/** A member has one controller reference at most: one whose parent is no more stands in the way until the garbage collector comes by. */
const dropDeadController = async (member: Member, deps: AdoptDeps, signal: AbortSignal): Promise<Member> => {
  const dead = member.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (dead === undefined) return member;
  const resource = dead.kind === MANIFESTS.kind ? MANIFESTS : GROUPS;
  const live = await deps.api.get({ resource, namespace: member.metadata.namespace, name: dead.name, metadataOnly: true }, signal);
  if (live?.metadata.uid === dead.uid) throw changed(member);
  const { metadata } = await removeReference(member, member, dead.uid, deps, signal);
  return { ...member, metadata };
};
