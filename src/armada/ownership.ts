import type { KubeObject, OwnerReference } from "../runtime/object.ts";
import { API_GROUP } from "./api/common.ts";
import { OWNER_LABEL } from "./names.ts";

/** One of our parents as a member names it: by owner reference in its own namespace, by label from another one. */
export interface Owner {
  readonly uid: string;
  readonly controller: boolean;
  readonly by: "reference" | "label";
}

const OUR_PARENTS = ["ArmadaChartGroup", "ArmadaManifest"];

const isOurs = ({ apiVersion, kind }: OwnerReference): boolean => apiVersion.startsWith(`${API_GROUP}/`) && OUR_PARENTS.includes(kind);

/** Values of an owner label. */
export const LEADS = "controller";
export const SHARES = "owner";

export const ownerLabel = (uid: string): string => `${OWNER_LABEL}${uid}`;

/** Whom a member names as parents of ours, whether they exist or not. */
export const ownersOf = ({ metadata }: KubeObject): readonly Owner[] => [
  ...(metadata.ownerReferences ?? []).filter(isOurs).map(({ uid, controller }): Owner => ({ uid, controller: controller === true, by: "reference" })),
  ...Object.entries(metadata.labels ?? {})
    .filter(([key]) => key.startsWith(OWNER_LABEL))
    .map(([key, value]): Owner => ({ uid: key.slice(OWNER_LABEL.length), controller: value === LEADS, by: "label" })),
];

/** A controller that is none of our kinds. */
export const foreignController = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find((reference) => reference.controller === true && !isOurs(reference));

export const isOwnedBy = (member: KubeObject, parent: KubeObject): boolean => ownersOf(member).some(({ uid }) => uid === parent.metadata.uid);

/** How a parent names itself on a member: references do not cross namespaces. */
export const tieBetween = (parent: KubeObject, member: KubeObject): Owner["by"] =>
  parent.metadata.namespace === member.metadata.namespace ? "reference" : "label";
