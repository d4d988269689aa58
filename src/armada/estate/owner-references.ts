import type { KubeObject, OwnerReference } from "../../runtime/object.ts";
import { API_GROUP } from "../api/common.ts";
import { OWNER_LABEL } from "../names.ts";

/** One of our parents as a member names it: by owner reference in its own namespace, by label from another one. */
export interface Owner {
  readonly uid: string;
  readonly controller: boolean;
}

const OUR_PARENTS = ["ArmadaChartGroup", "ArmadaManifest"];

const isOurs = ({ apiVersion, kind }: OwnerReference): boolean => apiVersion.startsWith(`${API_GROUP}/`) && OUR_PARENTS.includes(kind);

/** Values of an owner label. */
export const LEADS = "controller";
export const SHARES = "owner";

export const ownerLabel = (uid: string): string => `${OWNER_LABEL}${uid}`;

/** Whom a member names by owner reference as parents of ours, whether they exist or not. */
export const ownersByReference = ({ metadata }: KubeObject): readonly Owner[] =>
  (metadata.ownerReferences ?? []).filter(isOurs).map(({ uid, controller }) => ({ uid, controller: controller === true }));

/** The same with those in other namespaces. Which of them count, an `Estate` tells. */
export const ownersOf = (member: KubeObject): readonly Owner[] => [
  ...ownersByReference(member),
  ...Object.entries(member.metadata.labels ?? {})
    .filter(([key]) => key.startsWith(OWNER_LABEL))
    .map(([key, value]) => ({ uid: key.slice(OWNER_LABEL.length), controller: value === LEADS })),
];

/** A controller that is none of our kinds. */
export const foreignController = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find((reference) => reference.controller === true && !isOurs(reference));

/** How a parent names itself on a member: references do not cross namespaces. */
export const tieBetween = (parent: KubeObject, member: KubeObject): "reference" | "label" =>
  parent.metadata.namespace === member.metadata.namespace ? "reference" : "label";
