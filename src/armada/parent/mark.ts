import { apiVersionOf, type KubeObject, type OwnerReference } from "../../runtime/object.ts";
import type { JsonPatchOperation } from "../../runtime/api.ts";
import type { Member, Parent } from "../estate/estate.ts";
import { resourceOf, writeMember, type WriteDeps } from "./member-write.ts";

/** Field manager of a parent's own marks. */
export const managerOf = ({ metadata }: Parent): string => `armada-parent-${metadata.uid}`;

/**
 * Server-side apply of this parent's own mark and nothing else, under a field manager of its own: references of several parents
 * merge by uid, labels by key, and applying none takes ours off. The uid keeps it from creating, or touching, another object of that name.
 */
export const applyMark = async (
  parent: Parent,
  member: Member,
  mark: { readonly ownerReferences?: readonly OwnerReference[]; readonly labels?: Readonly<Record<string, string>> },
  deps: WriteDeps,
  signal: AbortSignal,
): Promise<KubeObject> => {
  const { name, namespace, uid } = member.metadata;
  const resource = resourceOf(member);
  const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name, namespace, uid, ...mark } };
  return writeMember(member, { type: "apply", body, fieldManager: managerOf(parent), force: true }, deps, signal);
};

/** Takes the reference to `uid` off, wherever it stands in the list of `seen`. */
export const removeReference = async (member: Member, seen: KubeObject, uid: string, deps: WriteDeps, signal: AbortSignal): Promise<KubeObject> => {
  const { metadata } = seen;
  const path = `/metadata/ownerReferences/${String((metadata.ownerReferences ?? []).findIndex((reference) => reference.uid === uid))}`;
  const operations: readonly JsonPatchOperation[] = [
    { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion },
    { op: "test", path: `${path}/uid`, value: uid },
    { op: "remove", path },
  ];
  return writeMember(member, { type: "json", operations }, deps, signal);
};
