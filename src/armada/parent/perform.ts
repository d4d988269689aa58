import { assertNever } from "../../base/errors.ts";
import { apiVersionOf, type KubeObject, type OwnerReference, type Resource } from "../../runtime/object.ts";
import { ApiError, isApiError, type ApiClient, type JsonPatchOperation, type Patch } from "../../runtime/api.ts";
import { CHARTS } from "../api/chart.ts";
import { GROUPS } from "../api/group.ts";
import { isChart, isTerminating, nameOf, type Member, type Parent } from "../estate.ts";
import { ENABLED_BY, RELEASE_NAME } from "../names.ts";
import type { ParentAction } from "./action.ts";

export interface ParentPerformDeps {
  readonly api: ApiClient;
  /** Takes what the API server returned for a member, so that the next look sees it. */
  readonly store: (member: KubeObject) => void;
  /** A fresh read of the parent. */
  readonly reread: (parent: Parent, signal: AbortSignal) => Promise<Parent | undefined>;
}

const resourceOf = (member: Member): Resource => (isChart(member) ? CHARTS : GROUPS);
const refOf = (member: Member) => ({ resource: resourceOf(member), namespace: member.metadata.namespace, name: member.metadata.name });

/** Makes one effect on one member. */
export const performParent = async (
  parent: Parent,
  action: ParentAction,
  deps: ParentPerformDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const { member } = action;
  switch (action.type) {
    case "adopt":
      await adopt(parent, member, action.controller, deps, signal);
      return [];
    case "release":
      await release(parent, member, deps, signal);
      return [];
    case "enable":
      await enable(parent, member, deps, signal);
      return [];
    case "remove":
      await remove(parent, member, deps, signal);
      return [];
    default:
      return assertNever(action);
  }
};

/** A terminating parent never adopts: it is read afresh first. */
const adopt = async (parent: Parent, member: Member, controller: boolean, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  const live = await deps.reread(parent, signal);
  if (live === undefined || isTerminating(live) || live.metadata.uid !== parent.metadata.uid) throw changed(parent);
  const reference: OwnerReference = {
    apiVersion: parent.apiVersion,
    kind: parent.kind,
    name: parent.metadata.name,
    uid: parent.metadata.uid,
    controller,
    blockOwnerDeletion: true,
  };
  await applyReferences(parent, member, [reference], deps, signal);
};

/**
 * A member was written by what the caches said of it. A refusal of old news is none: another parent may have become the controller, or enabled
 * it, in the same moment. What is true now is taken, and decided on again.
 */
const write = async (member: Member, patch: Patch, { api, store }: ParentPerformDeps, signal: AbortSignal): Promise<KubeObject> => {
  try {
    const written = await api.patch<KubeObject>(refOf(member), patch, signal);
    store(written);
    return written;
  } catch (error) {
    if (!isApiError(error, 422)) throw error;
    const live = await api.get<KubeObject>(refOf(member), signal);
    if (live === undefined || live.metadata.resourceVersion === member.metadata.resourceVersion) throw error;
    store(live);
    throw new ApiError(`${nameOf(member)} has changed since it was looked at`, { status: 409, reason: "Conflict", cause: error });
  }
};

/**
 * Server-side apply of this parent's own references and nothing else, under a field manager of its own: references of several parents
 * merge by uid, and applying none takes ours off. The uid keeps it from creating, or touching, another object of that name.
 */
const applyReferences = async (
  parent: Parent,
  member: Member,
  ownerReferences: readonly OwnerReference[],
  deps: ParentPerformDeps,
  signal: AbortSignal,
): Promise<KubeObject> => {
  const { name, namespace, uid } = member.metadata;
  const resource = resourceOf(member);
  const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name, namespace, uid, ownerReferences } };
  return write(member, { type: "apply", body, fieldManager: `armada-parent-${parent.metadata.uid}`, force: true }, deps, signal);
};

/** Takes our reference off. One that somebody else wrote, or wrote too, stays with an apply; it is removed where it stands. */
const release = async (parent: Parent, member: Member, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  const { metadata } = await applyReferences(parent, member, [], deps, signal);
  const place = (metadata.ownerReferences ?? []).findIndex(({ uid }) => uid === parent.metadata.uid);
  if (place < 0) return;
  const path = `/metadata/ownerReferences/${String(place)}`;
  const operations: readonly JsonPatchOperation[] = [
    { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion },
    { op: "test", path: `${path}/uid`, value: parent.metadata.uid },
    { op: "remove", path },
  ];
  await write(member, { type: "json", operations }, deps, signal);
};

/**
 * One patch that holds only while the member is still the one, and still parked. It notes who enabled the member, and the name its release
 * gets: a chart that has no name yet need not write it before helm runs.
 */
const enable = async (parent: Parent, member: Member, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  const { uid, annotations } = member.metadata;
  const named = isChart(member) && annotations?.[RELEASE_NAME] === undefined ? { [RELEASE_NAME]: member.spec.release } : {};
  const added = { [ENABLED_BY]: parent.metadata.uid, ...named };
  const operations: readonly JsonPatchOperation[] = [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "test", path: "/spec/target_state", value: "uninitialized" },
    { op: "replace", path: "/spec/target_state", value: "deployed" },
    ...(annotations === undefined
      ? [{ op: "add" as const, path: "/metadata/annotations", value: added }]
      : Object.entries(added).map(([key, value]) => ({ op: "add" as const, path: `/metadata/annotations/${escape(key)}`, value }))),
  ];
  await write(member, { type: "json", operations }, deps, signal);
};

/** JSON Pointer, RFC 6901. */
const escape = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");

/** What was decided on is not so any more; the watch brings the news. */
const changed = (node: Member | Parent): ApiError =>
  new ApiError(`${nameOf(node)} has changed since it was looked at`, { status: 409, reason: "Conflict" });

/** Decided on a fresh read: only what this parent alone still owns is deleted. */
const remove = async (parent: Parent, member: Member, { api }: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  const live = await api.get<KubeObject>(refOf(member), signal, { metadataOnly: true });
  if (live === undefined || live.metadata.uid !== member.metadata.uid || isTerminating(live)) throw changed(member);
  const references = live.metadata.ownerReferences ?? [];
  const unchanged = references.length === (member.metadata.ownerReferences ?? []).length && references.some(({ uid }) => uid === parent.metadata.uid);
  if (!unchanged) throw changed(member);
  const { uid, resourceVersion } = live.metadata;
  await api.delete(refOf(member), signal, { uid, resourceVersion });
};
