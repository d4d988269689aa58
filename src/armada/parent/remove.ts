import type { KubeObject } from "../../runtime/object.ts";
import { isTerminating, nameOf, type Member, type Parent } from "../estate/estate.ts";
import { ownersOf } from "../estate/owner-references.ts";
import { changed, refOf, type WriteDeps } from "./member-write.ts";

export interface RemoveDeps extends WriteDeps {
  /** Names of parents that own the member from namespaces that are not watched. Rejects when that cannot be told. */
  readonly ownersUnwatched: (member: KubeObject, signal: AbortSignal) => Promise<readonly string[]>;
}

/** What others own too is not this parent's to remove, though no cache knows them. */
export const mustBeAlone = async (member: Member, live: KubeObject, { ownersUnwatched }: RemoveDeps, signal: AbortSignal): Promise<void> => {
  const [other] = await ownersUnwatched(live, signal);
  if (other !== undefined) throw new Error(`${nameOf(member)} is owned by ${other}, too, outside --watch-namespaces: it is not removed`);
};

/** Decided on a fresh read: nothing is deleted that somebody has come to own since, or that is not this parent's any more. */
export const remove = async (parent: Parent, member: Member, deps: RemoveDeps, signal: AbortSignal): Promise<void> => {
  const { api } = deps;
  const live = await api.get<KubeObject>({ ...refOf(member), metadataOnly: true }, signal);
  if (live === undefined || live.metadata.uid !== member.metadata.uid || isTerminating(live)) throw changed(member);
  const owners = ownersOf(live).map((owner) => owner.uid);
  const known = new Set(ownersOf(member).map((owner) => owner.uid));
  if (owners.some((owner) => !known.has(owner)) || !owners.includes(parent.metadata.uid)) throw changed(member);
  await mustBeAlone(member, live, deps, signal);
  const { uid, resourceVersion } = live.metadata;
  await api.delete({ ...refOf(member), only: { uid, resourceVersion } }, signal);
};
