import { isManifest, isParent, memberKind, memberNames, type Node, type Parent } from "../../armada/estate/estate.ts";
import { ownersOf } from "../../armada/estate/owner-references.ts";
import { keyOf } from "../../runtime/object.ts";
import { isSatisfied } from "./standing.ts";

/** Of a group its charts, of a manifest the charts of its groups, wherever they are shown: those that are as wanted, and all. */
export interface Totals {
  readonly done: number;
  readonly total: number;
}

/** A chart of two groups counts once; what is listed and is not there counts as one. `shown`: members that stand below a parent. */
export const totalsOf = (nodes: readonly Node[], shown: (parent: Parent) => readonly Node[]): ((parent: Parent) => Totals) => {
  const named = new Map(nodes.map((node) => [`${node.kind} ${keyOf(node)}`, node]));
  const owned = Map.groupBy(
    nodes.flatMap((node) => ownersOf(node).map(({ uid }) => ({ uid, node }))),
    ({ uid }) => uid,
  );
  const membersOf = (parent: Parent): readonly Node[] => {
    const { uid } = parent.metadata;
    const listed = memberNames(parent).flatMap(
      (name) => named.get(`${memberKind(parent)} ${keyOf({ metadata: { ...parent.metadata, name } })}`) ?? [],
    );
    const all = [...shown(parent), ...(owned.get(uid) ?? []).map(({ node }) => node), ...listed];
    return [...new Set(all)].filter(({ kind }) => kind === memberKind(parent));
  };
  const missingOf = (parent: Parent, members: readonly Node[]): number => {
    const there = new Set(members.map(({ metadata }) => metadata.name));
    return memberNames(parent).filter((name) => !there.has(name)).length;
  };
  return (parent) => {
    const groups = isManifest(parent) ? membersOf(parent).filter(isParent) : [parent];
    const members = groups.map(membersOf);
    const charts = [...new Set(members.flat())];
    const missing = groups.map((group, index) => missingOf(group, members[index] ?? []));
    const noGroup = isManifest(parent) ? missingOf(parent, groups) : 0;
    return { done: charts.filter(isSatisfied).length, total: missing.reduce((sum, count) => sum + count, charts.length + noGroup) };
  };
};
