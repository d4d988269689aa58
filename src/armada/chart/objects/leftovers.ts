import type { ReleaseRecord, ReleaseRecords, Revision } from "../../../helm/release.ts";
import { groupOf } from "../../readiness/fields.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { isKept } from "../action.ts";
import { identityOf } from "./identity.ts";
import type { Found } from "./object-lookup.ts";
import type { Owned, ReleaseObjects } from "./release-objects.ts";

interface LeftoverDeps {
  readonly records: Pick<ReleaseRecords, "read">;
  readonly objects: Pick<ReleaseObjects, "listed" | "ownedBy">;
}

/** An object of the newest revision, and what was found of it. */
export interface Wanted {
  readonly object: ReleaseObject;
  readonly found: Found | undefined;
}

/** Of `owned`, what is none of `wanted`: neither by identity nor by uid, and nothing that may be one of those that could not be looked up. */
export const surplusOf = (owned: readonly Owned[], wanted: readonly Wanted[]): readonly ReleaseObject[] => {
  const identities = new Set(wanted.map(({ object }) => identityOf(object)));
  const uids = new Set(wanted.flatMap(({ found }) => (found?.state === "found" ? [found.live.metadata.uid] : [])));
  const unknown = new Set(wanted.flatMap(({ object, found }) => (found === undefined || found.state === "unknown" ? [called(object)] : [])));
  return owned
    .filter(({ object, uid }) => !identities.has(identityOf(object)) && !uids.has(uid) && !unknown.has(called(object)))
    .map(({ object }) => object);
};

const called = ({ kind, name }: ReleaseObject): string => `${kind}/${name}`;

/**
 * What earlier revisions left: of a deployed release what only failed ones had, because helm removes what a deployed one had; of an
 * uninstalled one all that there is, because helm has removed what its newest revision had.
 */
export const leftoversOf = async (
  record: ReleaseRecord,
  wanted: readonly Wanted[],
  deps: LeftoverDeps,
  signal: AbortSignal,
): Promise<readonly ReleaseObject[]> => {
  const earlier = record.revisions.filter(({ revision }) => revision !== record.newest.revision);
  const all = record.newest.status === "uninstalled";
  const failed = all ? earlier : await failedIn(record, earlier, deps, signal);
  const [mine, helms] = [failed, earlier.filter((revision) => !failed.includes(revision))];
  const surplus = surplusOf(await ownedOf(record, mine, holdsNoOthers, deps, signal), wanted);
  if (surplus.length === 0) return [];
  const deployed = await objectsOf(record, helms, deps, signal);
  // Of a revision that cannot be read nobody knows what it had.
  if (!deployed.complete) return [];
  const identities = new Set(deployed.objects.map(identityOf));
  return surplus.filter((object) => !identities.has(identityOf(object)));
};

/** Those that failed by their label and by what is inside: somebody may have edited a label. */
const failedIn = async (
  record: ReleaseRecord,
  revisions: readonly Revision[],
  { records }: LeftoverDeps,
  signal: AbortSignal,
): Promise<readonly Revision[]> => {
  const failed: Revision[] = [];
  for (const newest of revisions.filter(({ status }) => status === "failed")) {
    const content = await records.read({ ...record, newest }, signal);
    if (content !== undefined && !("damaged" in content) && content.status === "failed") failed.push(newest);
  }
  return failed;
};

/** Kinds with which objects of others would go, and which a chart may have in another way, e.g. in its crds/. */
const WITH_OTHERS = new Set(["/Namespace", "apiextensions.k8s.io/CustomResourceDefinition"]);

const holdsNoOthers = (object: ReleaseObject): boolean => !WITH_OTHERS.has(kindOf(object));

const kindOf = ({ apiVersion, kind }: ReleaseObject): string => `${groupOf(apiVersion)}/${kind}`;

/**
 * What tries left of which none was ever deployed, and which another try may not be able to change (a Job, a selector): it is made anew. What
 * may hold data stays, and helm says what it cannot change of it.
 */
export const remainsOf = (record: ReleaseRecord, deps: LeftoverDeps, signal: AbortSignal): Promise<readonly ReleaseObject[]> =>
  record.everDeployed
    ? Promise.resolve([])
    : ownedOf(record, record.revisions, holdsNothing, deps, signal).then((owned) => owned.map(({ object }) => object));

/** Kinds that keep nothing that another one of the same name would not have, by `group/kind`. */
const REPLACEABLE = new Set([
  "/Pod",
  "/ReplicationController",
  "/Service",
  "apps/DaemonSet",
  "apps/Deployment",
  "apps/ReplicaSet",
  "apps/StatefulSet",
  "batch/CronJob",
  "batch/Job",
  "networking.k8s.io/IngressClass",
  "node.k8s.io/RuntimeClass",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "rbac.authorization.k8s.io/RoleBinding",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/CSIDriver",
  "storage.k8s.io/StorageClass",
]);

const holdsNothing = (object: ReleaseObject): boolean =>
  (REPLACEABLE.has(kindOf(object)) && object.holdsClaims !== true) || (kindOf(object) === "/ConfigMap" && object.immutable === true);

const ownedOf = async (
  record: ReleaseRecord,
  revisions: readonly Revision[],
  mayGo: (object: ReleaseObject) => boolean,
  deps: LeftoverDeps,
  signal: AbortSignal,
): Promise<readonly Owned[]> => {
  if (revisions.length === 0) return [];
  const objects = new Map((await objectsOf(record, revisions, deps, signal)).objects.map((object) => [identityOf(object), object]));
  return deps.objects.ownedBy(
    record,
    [...objects.values()].filter((object) => !isKept(object) && mayGo(object)),
    signal,
  );
};

const objectsOf = async (
  record: ReleaseRecord,
  revisions: readonly Revision[],
  { records, objects }: LeftoverDeps,
  signal: AbortSignal,
): Promise<{ readonly objects: readonly ReleaseObject[]; readonly complete: boolean }> => {
  const found: ReleaseObject[] = [];
  let complete = true;
  for (const newest of revisions) {
    const content = await records.read({ ...record, newest }, signal);
    const listed = content === undefined || "damaged" in content ? undefined : await objects.listed(record.release, content, signal);
    if (listed === undefined || "refused" in listed) complete = false;
    else found.push(...listed);
  }
  return { objects: found, complete };
};
