import { controllerOf, isOwnedBy, isParent, isSequenced, memberNames, type Estate, type Member, type Node, type Parent } from "./estate.ts";

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

/** Owners beside its controller whose lists a member that goes is on: their orders count where they contradict nothing. */
export const otherOrders = (member: Node, direction: Direction, estate: Estate): readonly Parent[] => {
  if (direction === "ahead") return [];
  const controller = controllerOf(member, estate)?.metadata.uid;
  return estate.parentsListing(member).filter((parent) => parent.metadata.uid !== controller && isOwnedBy(member, parent, estate));
};

export interface Order {
  readonly parent: Parent;
  /** The parent controls the one that asks; otherwise its order gives way to any other. */
  readonly leads: boolean;
  readonly direction: Direction;
}

/**
 * Whether `other`, which an order puts first, in its turn waits for `asker`: because it holds it, or because the order of another parent is the
 * opposite. Orders of controllers that contradict each other hold nobody up; an order that does not lead holds nobody up against any other.
 */
export const isTangled = (other: Member, asker: Node, { parent, leads, direction }: Order, estate: Estate): boolean => {
  const sameOrder = leads && controllerOf(other, estate)?.metadata.uid === parent.metadata.uid;
  if (sameOrder && !isParent(other)) return false;
  return new Search(direction, estate, { controllersOnly: leads }).finds(other, asker);
};

/** Follows who waits for whom. Every list is gone through once, however many of its members are met. */
class Search {
  readonly #direction: Direction;
  readonly #estate: Estate;
  readonly #controllersOnly: boolean;
  readonly #seen = new Set<string>();
  readonly #climbed = new Set<string>();
  /** Of a parent's list: places by name, and the members put first that were met already begin, or end, here. */
  readonly #lists = new Map<string, { readonly names: readonly string[]; readonly places: ReadonlyMap<string, number>; reached: number }>();
  readonly #open: Node[] = [];

  constructor(direction: Direction, estate: Estate, { controllersOnly }: { readonly controllersOnly: boolean }) {
    this.#direction = direction;
    this.#estate = estate;
    this.#controllersOnly = controllersOnly;
  }

  finds(from: Node, sought: Node): boolean {
    this.#open.push(from);
    for (let node = this.#open.pop(); node !== undefined; node = this.#open.pop()) {
      const { uid } = node.metadata;
      if (uid === sought.metadata.uid) return true;
      if (this.#seen.has(uid)) continue;
      this.#seen.add(uid);
      if (isParent(node)) this.#meet(node, memberNames(node));
      this.#climb(node);
    }
    return false;
  }

  /** Those put first by the orders it is in, and by those of every parent above. */
  #climb(node: Node): void {
    if (this.#climbed.has(node.metadata.uid)) return;
    this.#climbed.add(node.metadata.uid);
    const controller = controllerOf(node, this.#estate);
    const others = this.#controllersOnly ? [] : otherOrders(node, this.#direction, this.#estate);
    for (const parent of controller === undefined ? others : [controller, ...others]) {
      if (isSequenced(parent)) this.#meetFirst(parent, node.metadata.name);
      this.#climb(parent);
    }
  }

  #meetFirst(parent: Parent, name: string): void {
    const list = this.#listOf(parent);
    const place = list.places.get(name);
    if (place === undefined) return;
    if (this.#direction === "behind") {
      this.#meet(parent, list.names.slice(place + 1, list.reached));
      list.reached = Math.min(list.reached, place + 1);
    } else {
      this.#meet(parent, list.names.slice(list.reached, place));
      list.reached = Math.max(list.reached, place);
    }
  }

  #listOf(parent: Parent) {
    const known = this.#lists.get(parent.metadata.uid);
    if (known !== undefined) return known;
    const names = memberNames(parent);
    const places = new Map(names.map((name, index) => [name, index]));
    const list = { names, places, reached: this.#direction === "behind" ? names.length : 0 };
    this.#lists.set(parent.metadata.uid, list);
    return list;
  }

  #meet(parent: Parent, names: readonly string[]): void {
    for (const name of names) {
      const member = this.#estate.member(parent, name);
      if (member !== undefined) this.#open.push(member);
    }
  }
}
