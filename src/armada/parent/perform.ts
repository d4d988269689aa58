import { assertNever } from "../../base/errors.ts";
import { apiVersionOf, type KubeObject, type OwnerReference, type Resource } from "../../runtime/object.ts";
import { ApiError, isApiError, type ApiClient, type JsonPatchOperation, type Patch } from "../../runtime/api.ts";
import { CHARTS } from "../api/chart.ts";
import type { TargetState } from "../api/common.ts";
import { GROUPS } from "../api/group.ts";
import { MANIFESTS } from "../api/manifest.ts";
import { isChart, isTerminating, nameOf, type Member, type Parent } from "../estate/estate.ts";
import { ENABLED_BY, RELEASE_NAME, RELEASE_PREFIX, UNINSTALLED_BY } from "../names.ts";
import { LEADS, ownerLabel, ownersOf, SHARES, tieBetween } from "../estate/owner-references.ts";
import { nameAtEnabling, nameInStatus, prefixOf } from "../estate/release-name.ts";
import type { ParentAction } from "./action.ts";
import { sentinelOf } from "./leaving.ts";

export interface ParentPerformDeps {
  readonly api: ApiClient;
  /** Takes what the API server returned for a member, so that the next look sees it. */
  readonly store: (member: KubeObject) => void;
  /** A fresh read of a parent. */
  readonly reread: (parent: Parent, signal: AbortSignal) => Promise<Parent | undefined>;
  /** Live parents of ours that name themselves on the member, as the caches know them. */
  readonly ownersOf: (member: Member) => readonly Parent[];
  /** The parent owns a member in another namespace already, as the caches know them. */
  readonly ownsElsewhere: (parent: Parent) => boolean;
  /** Names of parents that own the member from namespaces that are not watched. Rejects when that cannot be told. */
  readonly ownersUnwatched: (member: KubeObject, signal: AbortSignal) => Promise<readonly string[]>;
}

const resourceOf = (member: Member): Resource => (isChart(member) ? CHARTS : GROUPS);
const refOf = (member: Member) => ({ resource: resourceOf(member), namespace: member.metadata.namespace, name: member.metadata.name });

/** Makes one effect. */
export const performParent = async (
  parent: Parent,
  action: ParentAction,
  deps: ParentPerformDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  switch (action.type) {
    case "adopt":
      await adopt(parent, action.member, action.controller === true, deps, signal);
      return [];
    case "promote":
      await adopt(parent, action.member, true, deps, signal);
      return [];
    case "release":
      await release(parent, action.member, action.enabler, deps, signal);
      return [];
    case "enable":
      await enable(parent, action.member, deps, signal);
      return [];
    case "uninstall":
      await uninstall(parent, action.member, deps, signal);
      return [];
    case "remove":
      await remove(parent, action.member, deps, signal);
      return [];
    case "dropSentinel":
      await deps.api.delete(sentinelOf(parent), signal);
      return [];
    default:
      return assertNever(action);
  }
};

/** A terminating parent never adopts: it is read afresh first. */
const adopt = async (parent: Parent, member: Member, controller: boolean, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
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
const keepSentinel = async (parent: Parent, { api }: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  const { resource, namespace, name } = sentinelOf(parent);
  const ownerReferences = [{ ...referenceTo(parent, true), blockOwnerDeletion: false }];
  const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name, namespace, ownerReferences } };
  await api.patch({ resource, namespace, name }, { type: "apply", body, fieldManager: managerOf(parent), force: true }, signal);
};

/** A member has one controller reference at most: one whose parent is no more stands in the way until the garbage collector comes by. */
const dropDeadController = async (member: Member, deps: ParentPerformDeps, signal: AbortSignal): Promise<Member> => {
  const dead = member.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (dead === undefined) return member;
  const resource = dead.kind === MANIFESTS.kind ? MANIFESTS : GROUPS;
  const live = await deps.api.get({ resource, namespace: member.metadata.namespace, name: dead.name, metadataOnly: true }, signal);
  if (live?.metadata.uid === dead.uid) throw changed(member);
  const { metadata } = await removeReference(member, member, dead.uid, deps, signal);
  return { ...member, metadata };
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

const managerOf = ({ metadata }: Parent): string => `armada-parent-${metadata.uid}`;

/**
 * Server-side apply of this parent's own mark and nothing else, under a field manager of its own: references of several parents
 * merge by uid, labels by key, and applying none takes ours off. The uid keeps it from creating, or touching, another object of that name.
 */
const applyMark = async (
  parent: Parent,
  member: Member,
  mark: { readonly ownerReferences?: readonly OwnerReference[]; readonly labels?: Readonly<Record<string, string>> },
  deps: ParentPerformDeps,
  signal: AbortSignal,
): Promise<KubeObject> => {
  const { name, namespace, uid } = member.metadata;
  const resource = resourceOf(member);
  const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name, namespace, uid, ...mark } };
  return write(member, { type: "apply", body, fieldManager: managerOf(parent), force: true }, deps, signal);
};

/**
 * Takes our mark off. One that somebody else wrote, or wrote too, stays with an apply; it is removed where it stands.
 * A parent that goes leaves the member to others only if a fresh read shows one of them alive: nobody would ever remove it otherwise.
 */
const release = async (parent: Parent, member: Member, enabler: string | undefined, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
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
    await write(member, { type: "merge", body }, deps, signal);
  }
};

/** First: a member must not look parked for a moment. */
const passEnablingOn = async (parent: Parent, member: Member, to: string, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  const path = `/metadata/annotations/${escape(ENABLED_BY)}`;
  const operations: readonly JsonPatchOperation[] = [
    { op: "test", path: "/metadata/uid", value: member.metadata.uid },
    { op: "test", path, value: parent.metadata.uid },
    { op: "replace", path, value: to },
  ];
  await write(member, { type: "json", operations }, deps, signal);
};

/** Takes the reference to `uid` off, wherever it stands in the list of `seen`. */
const removeReference = async (member: Member, seen: KubeObject, uid: string, deps: ParentPerformDeps, signal: AbortSignal): Promise<KubeObject> => {
  const { metadata } = seen;
  const path = `/metadata/ownerReferences/${String((metadata.ownerReferences ?? []).findIndex((reference) => reference.uid === uid))}`;
  const operations: readonly JsonPatchOperation[] = [
    { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion },
    { op: "test", path: `${path}/uid`, value: uid },
    { op: "remove", path },
  ];
  return write(member, { type: "json", operations }, deps, signal);
};

/**
 * One patch that holds only while the member is still the one, and still parked. It notes who enabled the member, the prefix that is handed
 * down, and the name its release gets: a chart that has no release need not write it before helm runs.
 */
const enable = async (parent: Parent, member: Member, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  const prefix = prefixOf(parent);
  const hasRelease = isChart(member) && nameInStatus(member) !== undefined;
  await retarget(
    member,
    "deployed",
    {
      [ENABLED_BY]: parent.metadata.uid,
      [UNINSTALLED_BY]: undefined,
      ...(hasRelease ? {} : { [RELEASE_PREFIX]: prefix === "" ? undefined : prefix }),
      ...(isChart(member) && !hasRelease ? { [RELEASE_NAME]: nameAtEnabling(parent, member) } : {}),
    },
    deps,
    signal,
  );
};

/** Hands `uninstalled` down; who enabled the member before does not count any more. */
const uninstall = async (parent: Parent, member: Member, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  await mustBeAlone(member, member, deps, signal);
  await retarget(member, "uninstalled", { [UNINSTALLED_BY]: parent.metadata.uid, [ENABLED_BY]: undefined }, deps, signal);
};

/** What others own too is not this parent's to remove, though no cache knows them. */
const mustBeAlone = async (member: Member, live: KubeObject, { ownersUnwatched }: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  const [other] = await ownersUnwatched(live, signal);
  if (other !== undefined) throw new Error(`${nameOf(member)} is owned by ${other}, too, outside --watch-namespaces: it is not removed`);
};

/** Writes the target and annotations (undefined: none) if uid and target are still what they were. */
const retarget = async (
  member: Member,
  target: TargetState,
  annotations: Readonly<Record<string, string | undefined>>,
  deps: ParentPerformDeps,
  signal: AbortSignal,
): Promise<void> => {
  const { uid, annotations: present } = member.metadata;
  const asked = member.spec.target_state;
  const added = Object.entries(annotations).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  const operations: readonly JsonPatchOperation[] = [
    { op: "test", path: "/metadata/uid", value: uid },
    ...(asked === undefined ? [] : [{ op: "test" as const, path: "/spec/target_state", value: asked }]),
    { op: "add", path: "/spec/target_state", value: target },
    ...(present === undefined
      ? [{ op: "add" as const, path: "/metadata/annotations", value: Object.fromEntries(added) }]
      : added.map(([key, value]) => ({ op: "add" as const, path: `/metadata/annotations/${escape(key)}`, value }))),
    ...Object.entries(annotations)
      .filter(([key, value]) => value === undefined && present?.[key] !== undefined)
      .map(([key]) => ({ op: "remove" as const, path: `/metadata/annotations/${escape(key)}` })),
  ];
  await write(member, { type: "json", operations }, deps, signal);
};

/** JSON Pointer, RFC 6901. */
const escape = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");

/** What was decided on is not so any more; the watch brings the news. */
const changed = (node: Member | Parent): ApiError =>
  new ApiError(`${nameOf(node)} has changed since it was looked at`, { status: 409, reason: "Conflict" });

/** Decided on a fresh read: nothing is deleted that somebody has come to own since, or that is not this parent's any more. */
const remove = async (parent: Parent, member: Member, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
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
