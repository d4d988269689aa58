import { CHARTS } from "../../../armada/api/chart.ts";
import { GROUPS } from "../../../armada/api/group.ts";
import { MANIFESTS } from "../../../armada/api/manifest.ts";
import { isTerminating, nameOf } from "../../../armada/estate/estate.ts";
import { CHART_FINALIZER, PARENT_FINALIZER, RELEASE_NAME } from "../../../armada/names.ts";
import { isLosingItsApi } from "../../../armada/own-crds.ts";
import { ownersByReference } from "../../../armada/estate/owner-references.ts";
import { listed } from "../../../base/text.ts";
import { isApiError, type ApiClient, type ObjectRef } from "../../../runtime/api.ts";
import { keyOf, type KubeObject, type Resource } from "../../../runtime/object.ts";

/** Members before their parents, so that the garbage collector finds nothing to delete. */
const KINDS: readonly (readonly [Resource, string])[] = [
  [CHARTS, CHART_FINALIZER],
  [GROUPS, PARENT_FINALIZER],
  [MANIFESTS, PARENT_FINALIZER],
];

export interface Held {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  /** Ours, which keeps it. */
  readonly finalizer: string;
  /** Members in its namespace that are not being deleted: the garbage collector deletes them when it is gone. */
  readonly members: readonly KubeObject[];
}

/** Objects of ours that are being deleted and wait for an operator. `namespaces`: empty for all. */
export const findHeld = async (api: Pick<ApiClient, "list">, namespaces: readonly string[], signal: AbortSignal): Promise<readonly Held[]> => {
  const scopes = namespaces.length === 0 ? [undefined] : namespaces;
  const lists = await Promise.all(
    KINDS.map(async ([resource, finalizer]) => {
      const objects = (await Promise.all(scopes.map((namespace) => objectsOf(api, resource, namespace, signal)))).flat();
      return { resource, finalizer, objects };
    }),
  );
  const staying = lists.flatMap(({ objects }) => objects).filter((object) => !isTerminating(object));
  return lists.flatMap(({ resource, finalizer, objects }) =>
    objects
      .filter((object) => isHeld(object, finalizer))
      .map((object) => ({ ref: refOf(resource, object), object, finalizer, members: staying.filter((member) => isOwnedBy(member, object)) })),
  );
};

const isOwnedBy = (member: KubeObject, { metadata: { uid } }: KubeObject): boolean => ownersByReference(member).some((owner) => owner.uid === uid);

/**
 * A parent that goes with its definition would take along members that nobody asked to go, and the next operator their releases: one sentence
 * with the command that helps. Rejects when it cannot be told.
 */
export const obstacleTo = async ({ ref, object, members }: Held, api: Pick<ApiClient, "get">, signal: AbortSignal): Promise<string | undefined> => {
  const [member] = members;
  if (member === undefined || !(await isLosingItsApi(object, ref.resource, api, signal))) return undefined;
  const { namespace = "", name } = member.metadata;
  const command = `kubectl -n ${namespace} patch ${member.kind.toLowerCase()} ${name} --type=merge -p '{"metadata":{"ownerReferences":null}}'`;
  return `it goes with its definition, and Kubernetes would delete its member ${nameOf(member)}, too; to keep that: ${command}`;
};

/** A kind that is served no more has no objects. */
const objectsOf = async (api: Pick<ApiClient, "list">, resource: Resource, namespace: string | undefined, signal: AbortSignal) => {
  try {
    return await api.list<KubeObject>(resource, { ...(namespace === undefined ? {} : { namespace }), metadataOnly: true }, signal);
  } catch (error) {
    if (isApiError(error, 404)) return [];
    throw error;
  }
};

const isHeld = (object: KubeObject, finalizer: string): boolean => isTerminating(object) && (object.metadata.finalizers ?? []).includes(finalizer);

const refOf = (resource: Resource, { metadata: { namespace, name } }: KubeObject): ObjectRef => ({ resource, namespace, name });

export const titleOf = ({ ref, object }: Held): string => `${ref.resource.kind} ${keyOf(object)}`;

/** One line: what becomes of the object, and of what it stood for. */
export const sentenceOf = (held: Held): string => {
  const { object, finalizer } = held;
  const others = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  const goes = others.length === 0 ? "the object goes" : `the object stays until ${others.join(", ")} is off, too`;
  return `${titleOf(held)}: ${finalizer} comes off; ${goes}, and ${staysOf(held)}`;
};

const staysOf = ({ object: { metadata }, finalizer, members }: Held): string => {
  if (finalizer === PARENT_FINALIZER) {
    if (members.length === 0) return "its members are left to themselves";
    return `Kubernetes then deletes its members (${listed(members.map((member) => nameOf(member)))}): run this again for them`;
  }
  const name = metadata.annotations?.[RELEASE_NAME];
  return `${name === undefined ? "its release" : `release ${name}`} stays as it is, if it has one`;
};

/** How often an object is looked at again that somebody else writes at the same moment. */
const TRIES = 5;

/** Takes our finalizer off, if a fresh read shows the same object and it is still being deleted. Resolves with whether it did. */
export const takeOff = async ({ ref, object, finalizer }: Held, api: Pick<ApiClient, "get" | "patch">, signal: AbortSignal): Promise<boolean> => {
  for (let tries = 1; ; tries += 1) {
    const live = await api.get<KubeObject>({ ...ref, metadataOnly: true }, signal);
    if (live?.metadata.uid !== object.metadata.uid || !isHeld(live, finalizer)) return false;
    const { uid, resourceVersion, finalizers = [] } = live.metadata;
    const body = { metadata: { uid, resourceVersion, finalizers: finalizers.filter((name) => name !== finalizer) } };
    try {
      await api.patch(ref, { type: "merge", body }, signal);
      return true;
    } catch (error) {
      if (isApiError(error, 404)) return false;
      if (!isApiError(error, 409) || tries === TRIES) throw error;
    }
  }
};
