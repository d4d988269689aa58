import { controllerOf, isParent, isSequenced, memberNames, type Estate, type Member, type Node, type Parent } from "./estate.ts";

/** Whom an order puts first: those ahead on the list when something comes, those behind when it goes. */
export type Direction = "ahead" | "behind";

/** Existing members that the parent's order puts before the one of that name. */
export const putFirst = (parent: Parent, name: string, direction: Direction, estate: Estate): readonly Member[] => {
  const names = memberNames(parent);
  const place = names.indexOf(name);
  if (!isSequenced(parent) || place < 0) return [];
  const first = direction === "ahead" ? names.slice(0, place) : names.slice(place + 1);
  return first.flatMap((each) => estate.member(parent, each) ?? []);
};

/**
 * Whether `other`, which `parent` puts first, in its turn waits for `asker`: because it holds it, or because another parent, which controls it,
 * has the opposite order. Orders that contradict each other hold nobody up.
 */
export const isTangled = (other: Member, asker: Node, parent: Parent, direction: Direction, estate: Estate): boolean => {
  const sameOrder = controllerOf(other, estate)?.metadata.uid === parent.metadata.uid;
  return sameOrder && !isParent(other) ? false : waitsFor(other, asker, direction, estate, new Set());
};

const waitsFor = (node: Node, asker: Node, direction: Direction, estate: Estate, seen: Set<string>): boolean => {
  const { uid } = node.metadata;
  if (uid === asker.metadata.uid) return true;
  if (seen.has(uid)) return false;
  seen.add(uid);
  const below = isParent(node) ? memberNames(node).flatMap((name) => estate.member(node, name) ?? []) : [];
  return [...below, ...firstOf(node, direction, estate)].some((other) => waitsFor(other, asker, direction, estate, seen));
};

/** Those put first by the order of its controller, and by that of every parent above. */
const firstOf = (node: Node, direction: Direction, estate: Estate): readonly Member[] => {
  const parent = controllerOf(node, estate);
  return parent === undefined ? [] : [...putFirst(parent, node.metadata.name, direction, estate), ...firstOf(parent, direction, estate)];
};
