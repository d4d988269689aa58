import { isManifest, isParent, memberKind, memberNames, olderFirst, type Node, type Parent } from "../../armada/estate/estate.ts";
import { ownersOf } from "../../armada/estate/owner-references.ts";
import { keyOf } from "../../runtime/object.ts";
import { isSatisfied, standingOf, worse, type Standing } from "./standing.ts";
import { totalsOf, type Totals } from "./totals.ts";

/** An object where a person looks for it: below the parent that controls it, or that lists it. */
export interface Entry extends Totals {
  readonly node: Node;
  /** With its namespace where that is not the one of its parent or, without a parent, not the one of all. */
  readonly name: string;
  readonly standing: Standing;
  /** Of it and all below it. */
  readonly worst: Standing;
  /** In the order of the list. */
  readonly children: readonly Entry[];
}

const KINDS = ["ArmadaManifest", "ArmadaChartGroup", "ArmadaChart"];

/** Manifests, then groups, then charts that nobody lists or owns. */
export const forestOf = (nodes: readonly Node[]): readonly Entry[] => {
  const families = familiesOf(nodes);
  const totals = totalsOf(nodes, (parent) => families.get(parent) ?? []);
  const several = new Set(nodes.map(({ metadata }) => metadata.namespace)).size > 1;
  return KINDS.flatMap((kind) => (families.get(undefined) ?? []).filter((node) => node.kind === kind).sort(byKey)).map((node) =>
    entryOf(node, several ? keyOf(node) : node.metadata.name, { families, totals }),
  );
};

type Families = ReadonlyMap<Parent | undefined, readonly Node[]>;

/** `app-7` before `app-10`. */
const names = new Intl.Collator("en", { numeric: true });

const byKey = (a: Node, b: Node): number => names.compare(keyOf(a), keyOf(b));

/** Every object under its one parent. */
const familiesOf = (nodes: readonly Node[]): Families => {
  const parents = nodes.filter(isParent).sort(olderFirst);
  const byUid = new Map(parents.map((parent) => [parent.metadata.uid, parent]));
  const listings = Map.groupBy(
    parents.flatMap((parent) => memberNames(parent).map((name) => ({ parent, member: `${memberKind(parent)} ${name}` }))),
    ({ member }) => member,
  );
  const parentOf = (node: Node): Parent | undefined => {
    const owners = ownersOf(node).toSorted((a, b) => Number(b.controller) - Number(a.controller));
    const owner = owners.flatMap(({ uid }) => byUid.get(uid) ?? [])[0];
    return owner ?? listing(node, listings.get(`${node.kind} ${node.metadata.name}`)?.map(({ parent }) => parent) ?? []);
  };
  return Map.groupBy(nodes, parentOf);
};

/** Of parents that list its name, the oldest first: one of its namespace, or of another where it says that it waits for one. */
const listing = ({ metadata: { namespace }, status }: Node, parents: readonly Parent[]): Parent | undefined =>
  parents.find(({ metadata }) => metadata.namespace === namespace) ?? (status?.reason === "WaitingForTurn" ? parents[0] : undefined);

interface Known {
  readonly families: Families;
  readonly totals: (parent: Parent) => Totals;
}

const entryOf = (node: Node, name: string, known: Known): Entry => {
  const standing = standingOf(node);
  if (!isParent(node)) return { node, name, standing, worst: standing, children: [], done: Number(isSatisfied(node)), total: 1 };
  const place = new Map(memberNames(node).map((member, index) => [member, index]));
  const placeOf = ({ metadata }: Node): number => place.get(metadata.name) ?? place.size;
  const members = (known.families.get(node) ?? []).toSorted((a, b) => placeOf(a) - placeOf(b) || byKey(a, b));
  const children = members.map((member) =>
    entryOf(member, member.metadata.namespace === node.metadata.namespace ? member.metadata.name : keyOf(member), known),
  );
  return {
    node,
    name,
    standing,
    children,
    worst: children.reduce((worst, child) => worse(worst, child.worst), standing),
    ...known.totals(node),
  };
};

export const shortKind = (node: Node): string => (isManifest(node) ? "amf" : isParent(node) ? "acg" : "act");
