import type { KubeObject } from "../runtime/object.ts";
import type { ArmadaChart } from "./api/chart.ts";
import type { TargetState } from "./api/common.ts";
import type { ArmadaChartGroup } from "./api/group.ts";
import type { ArmadaManifest } from "./api/manifest.ts";
import { ENABLED_BY, LIBRARY_SUFFIX } from "./names.ts";

export type Parent = ArmadaChartGroup | ArmadaManifest;
export type Member = ArmadaChart | ArmadaChartGroup;
export type Node = Parent | Member;

/** All objects of the three kinds, as the caches know them now. Lookups are by namespace: parents and members share it. */
export interface Estate {
  /** The member of that name in the parent's namespace. */
  member(parent: Parent, name: string): Member | undefined;
  /** Parents whose list holds the member, oldest first. */
  parentsListing(member: Node): readonly Parent[];
  /** The parent of that uid. */
  parent(uid: string): Parent | undefined;
  /** Members that carry an owner reference to the parent. */
  ownedBy(parent: Parent): readonly Member[];
}

export const isChart = (node: KubeObject): node is ArmadaChart => node.kind === "ArmadaChart";
export const isManifest = (node: KubeObject): node is ArmadaManifest => node.kind === "ArmadaManifest";
export const isParent = (node: Node): node is Parent => !isChart(node);

/** The parent's list, each name once, in order. */
export const memberNames = (parent: Parent): readonly string[] => [
  ...new Set(isManifest(parent) ? parent.spec.chart_groups : parent.spec.chart_group),
];

/** Manifests are always sequential over their groups. */
export const isSequenced = (parent: Parent): boolean => isManifest(parent) || parent.spec.sequenced === true;

export const memberKind = (parent: Parent): "ArmadaChart" | "ArmadaChartGroup" => (isManifest(parent) ? "ArmadaChartGroup" : "ArmadaChart");

export const isTerminating = (node: KubeObject): boolean => node.metadata.deletionTimestamp !== undefined;

/** Library charts are never enabled nor installed; the status of those that Chart.yaml calls so says it. */
export const isLibrary = (node: Node): boolean => isChart(node) && (isNamedLibrary(node) || node.status?.reason === "Library");

export const isNamedLibrary = ({ metadata }: ArmadaChart): boolean => metadata.name.endsWith(LIBRARY_SUFFIX);

/** What the object is asked to be, in effect: its field, unless an existing parent that lists it has enabled it. */
export const effectiveTarget = (node: Node, estate: Pick<Estate, "parentsListing">): TargetState => {
  const asked = node.spec.target_state ?? "deployed";
  if (asked !== "uninitialized") return asked;
  const enabledBy = node.metadata.annotations?.[ENABLED_BY];
  if (enabledBy === undefined) return "uninitialized";
  return estate.parentsListing(node).some((parent) => parent.metadata.uid === enabledBy) ? "deployed" : "uninitialized";
};

/** Exists, is not terminating, is asked to be deployed. */
export const isActive = (parent: Parent, estate: Pick<Estate, "parentsListing">): boolean =>
  !isTerminating(parent) && effectiveTarget(parent, estate) === "deployed";

/** The status describes the object as it is now. */
export const isObserved = (node: Node): boolean => node.status?.observedGeneration === node.metadata.generation;

/** The owner reference that makes a parent of ours, or somebody else, the controller. */
export const controllerReference = (node: KubeObject) => node.metadata.ownerReferences?.find((reference) => reference.controller === true);

/** The parent that controls a member, if it is one of ours and known. */
export const controllerOf = (member: Node, estate: Pick<Estate, "parent">): Parent | undefined => {
  const reference = controllerReference(member);
  return reference === undefined ? undefined : estate.parent(reference.uid);
};

/** `ArmadaChart blog-1`. */
export const nameOf = (node: KubeObject): string => `${node.kind} ${node.metadata.name}`;
