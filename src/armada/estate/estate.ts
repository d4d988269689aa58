import type { KubeObject } from "../../runtime/object.ts";
import type { ArmadaChart } from "../api/chart.ts";
import type { TargetState } from "../api/common.ts";
import type { ArmadaChartGroup } from "../api/group.ts";
import type { ArmadaManifest } from "../api/manifest.ts";
import { ENABLED_BY, LIBRARY_SUFFIX, UNINSTALLED_BY } from "../names.ts";
import type { Owner } from "./owner-references.ts";

export type Parent = ArmadaChartGroup | ArmadaManifest;
export type Member = ArmadaChart | ArmadaChartGroup;
export type Node = Parent | Member;

/** Whom a name on a parent's list means. */
export interface Lookup {
  readonly member: Member | undefined;
  /** Of that name in other namespaces: too many to choose from, out of reach, or later than the one that was found. */
  readonly namesakes: readonly Member[];
}

/** Which ArmadaChart a name in `spec.dependencies` means. */
export interface DependencyLookup {
  readonly chart: ArmadaChart | undefined;
  /** Of that name in other namespaces, when none is meant: too many to choose from, or out of reach. */
  readonly namesakes: readonly ArmadaChart[];
}

/** All objects of the three kinds, as the caches know them now. */
export interface Estate {
  /** Whether members may live in other namespaces than their parents. */
  readonly crossNamespace: boolean;
  /**
   * The member that the parent owns already; otherwise the one in the parent's namespace; otherwise, where that is allowed, the only one
   * anywhere.
   */
  lookup(parent: Parent, name: string): Lookup;
  member(parent: Parent, name: string): Member | undefined;
  /** Parents whose list means this very member, oldest first. */
  parentsListing(member: Node): readonly Parent[];
  /** Parents whose list may mean it, or another of its name. */
  parentsNaming(member: Node): readonly Parent[];
  /** The parent of that uid. */
  parent(uid: string): Parent | undefined;
  /** Whom a member names as parents of ours, whether they exist or not: labels count where members may live in other namespaces. */
  ownersOf(member: KubeObject): readonly Owner[];
  /** Members that name the parent as an owner. */
  ownedBy(parent: Parent): readonly Member[];
  /** The generation since which nothing of its spec but `target_state` has changed, as far as the caches have seen; at least its own. */
  unchangedSince(member: Member): number;
  /** Other charts whose release may be the same. */
  sharingRelease(chart: ArmadaChart): readonly ArmadaChart[];
  /** The one in the chart's own namespace; otherwise, where that is allowed, the only one anywhere. */
  dependency(chart: ArmadaChart, name: string): DependencyLookup;
  /** Charts whose dependencies may mean this one, or another of its name. */
  dependents(chart: ArmadaChart): readonly ArmadaChart[];
}

export const isChart = (node: KubeObject): node is ArmadaChart => node.kind === "ArmadaChart";
export const isManifest = (node: KubeObject): node is ArmadaManifest => node.kind === "ArmadaManifest";
export const isParent = (node: Node): node is Parent => !isChart(node);

/** The parent's list, each name once, in order. */
export const memberNames = (parent: Parent): readonly string[] => [
  ...new Set(isManifest(parent) ? parent.spec.chart_groups : parent.spec.chart_group),
];

/** The chart's list, each name once, in order; what an earlier CRD let stand there counts as nothing. */
export const dependencyNames = ({ spec: { dependencies } }: ArmadaChart): readonly string[] =>
  Array.isArray(dependencies) ? [...new Set(dependencies.filter((name) => typeof name === "string"))] : [];

/** Manifests are always sequential over their groups. */
export const isSequenced = (parent: Parent): boolean => isManifest(parent) || parent.spec.sequenced === true;

export const memberKind = (parent: Parent): "ArmadaChart" | "ArmadaChartGroup" => (isManifest(parent) ? "ArmadaChartGroup" : "ArmadaChart");

export const isTerminating = (node: KubeObject): boolean => node.metadata.deletionTimestamp !== undefined;

/** Library charts are never enabled nor installed; the status of those that Chart.yaml calls so says it. */
export const isLibrary = (node: Node): boolean => isChart(node) && (isNamedLibrary(node) || node.status?.reason === "Library");

export const isNamedLibrary = ({ metadata }: ArmadaChart): boolean => metadata.name.endsWith(LIBRARY_SUFFIX);

type Owners = Pick<Estate, "parent" | "ownersOf">;
type Targets = Owners & Pick<Estate, "parentsListing">;

/**
 * What the object is asked to be, in effect: its field, unless an existing parent that lists it has enabled it, or has handed its own
 * `uninstalled` down to it.
 */
export const effectiveTarget = (node: Node, estate: Targets): TargetState => {
  const asked = node.spec.target_state ?? "deployed";
  const uninstaller = markedBy(node, UNINSTALLED_BY, estate);
  if (uninstaller !== undefined) return handedDown(node, asked, uninstaller, estate);
  if (asked !== "uninitialized") return asked;
  return isEnabled(node, estate) ? "deployed" : "uninitialized";
};

/** A parent that has dropped it from its list, and not yet let it go, stands for it as long as another owner lists it, which takes its place then. */
const isEnabled = (node: Node, estate: Targets): boolean => {
  if (markedBy(node, ENABLED_BY, estate) !== undefined) return true;
  const enabler = estate.parent(node.metadata.annotations?.[ENABLED_BY] ?? "");
  if (enabler === undefined || !isOwnedBy(node, enabler, estate)) return false;
  return estate.parentsListing(node).some((parent) => !isTerminating(parent) && isOwnedBy(node, parent, estate));
};

/** The parent that an annotation names, as long as it exists and lists the member. */
const markedBy = (node: Node, annotation: string, estate: Targets): Parent | undefined => {
  const uid = node.metadata.annotations?.[annotation];
  return uid === undefined ? undefined : estate.parentsListing(node).find((parent) => parent.metadata.uid === uid);
};

/** Uninstalled by a parent, a member follows it: whatever a re-applied file says. It counts as parked once somebody wants it deployed. */
const handedDown = (node: Node, asked: TargetState, by: Parent, estate: Targets): TargetState => {
  const wanted = estate.parentsListing(node).some((parent) => isActive(parent, estate));
  if (wanted) return "uninitialized";
  return effectiveTarget(by, estate) === "uninstalled" || asked === "uninstalled" ? "uninstalled" : "uninitialized";
};

/** Exists, is not terminating, is asked to be deployed. */
export const isActive = (parent: Parent, estate: Targets): boolean => !isTerminating(parent) && effectiveTarget(parent, estate) === "deployed";

/** The status describes the object as it is now. */
export const isObserved = (node: Node): boolean => node.status?.observedGeneration === node.metadata.generation;

/** The parent that controls a member, if it is one of ours and known. */
export const controllerOf = (member: Node, estate: Owners): Parent | undefined => {
  for (const { uid, controller } of estate.ownersOf(member)) {
    const parent = controller ? estate.parent(uid) : undefined;
    if (parent !== undefined) return parent;
  }
  return undefined;
};

/** Live parents of ours that own the member, oldest first. */
export const liveOwners = (member: Node, estate: Owners): readonly Parent[] =>
  estate
    .ownersOf(member)
    .flatMap(({ uid }) => estate.parent(uid) ?? [])
    .filter((parent) => !isTerminating(parent))
    .sort(olderFirst);

export const isOwnedBy = (member: KubeObject, parent: KubeObject, estate: Pick<Estate, "ownersOf">): boolean =>
  estate.ownersOf(member).some(({ uid }) => uid === parent.metadata.uid);

/** The parent owns the member, and no other live parent of ours does. */
export const isOwnedAlone = (member: Node, parent: Parent, estate: Owners): boolean =>
  isOwnedBy(member, parent, estate) && liveOwners(member, estate).every(({ metadata }) => metadata.uid === parent.metadata.uid);

/** It owns a member in another namespace. */
export const ownsElsewhere = (parent: Parent, estate: Pick<Estate, "ownedBy">): boolean =>
  estate.ownedBy(parent).some(({ metadata }) => metadata.namespace !== parent.metadata.namespace);

/** Who stands for having enabled a shared member once this parent lets it go: an owner that lists it, an active one first. */
export const nextEnabler = (member: Member, parent: Parent, estate: Targets): Parent | undefined => {
  if (member.metadata.annotations?.[ENABLED_BY] !== parent.metadata.uid) return undefined;
  const owners = new Set(liveOwners(member, estate).map(({ metadata }) => metadata.uid));
  const others = estate.parentsListing(member).filter(({ metadata: { uid } }) => uid !== parent.metadata.uid && owners.has(uid));
  return others.find((other) => isActive(other, estate)) ?? others[0];
};

/** By creation, then uid. */
export const olderFirst = (a: KubeObject, b: KubeObject): number =>
  (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "") || a.metadata.uid.localeCompare(b.metadata.uid);

/** `ArmadaChart blog-1`; seen from another namespace: `ArmadaChart site/blog-1`. */
export const nameOf = ({ kind, metadata }: KubeObject, from?: KubeObject): string =>
  from === undefined || from.metadata.namespace === metadata.namespace
    ? `${kind} ${metadata.name}`
    : `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
