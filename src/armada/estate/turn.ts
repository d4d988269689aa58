import { isDone, isUninstalled, wasReady } from "./done.ts";
import {
  controllerOf,
  effectiveTarget,
  isActive,
  isOwnedAlone,
  isOwnedBy,
  isSequenced,
  isTerminating,
  memberKind,
  memberNames,
  nameOf,
} from "./estate.ts";
import type { Estate, Member, Node, Parent } from "./estate.ts";
import { isTangled, otherOrders, putFirst, type Order } from "./tangle.ts";

/** What a member is about to do. An upgrade is held up less than an installation: a hot fix must not wait for a pod that fails today. */
export type Purpose = "install" | "upgrade" | "remove";

export type Turn =
  | { readonly ready: true }
  /** `untilMs`: wall-clock milliseconds at which to ask again although nothing changes. */
  | { readonly ready: false; readonly waitingFor: string; readonly untilMs?: number };

/** `kubectl delete -f` marks one object after the other; deletion timestamps have whole seconds. */
const SETTLE_MS = 2_000;

const YES: Turn = { ready: true };
const wait = (waitingFor: string): Turn & { readonly ready: false } => ({ ready: false, waitingFor });

/**
 * Whether a member may act, judged by what is known now. The order of its controller counts, and not where another controller's contradicts it:
 * two orders cannot lock each other out. A member that goes heeds the orders of its other owners, too, where nothing contradicts them.
 * In a sequence a member has its turn when all before it are deployed at their current generation (upgrades: were once ready at it), and a
 * terminating member when the terminating members behind it are gone; and only when its parent has its turn.
 */
export const turn = (member: Node, purpose: Purpose, estate: Estate): Turn => turnIn(member, purpose, estate, member);

/** `asker`: who asks for itself, or for something below; others are named as seen from its namespace. */
const turnIn = (member: Node, purpose: Purpose, estate: Estate, asker: Node): Turn => {
  if (purpose === "remove") return leaveTurnIn(member, estate, asker, true);
  const parent = controllerOf(member, estate);
  if (parent === undefined) return YES;
  const own = advanceTurn(member, purpose, parent, estate, asker);
  return own.ready ? turnIn(parent, purpose, estate, asker) : own;
};

/** `leads`: from the one that asks to this member only controllers were met. */
const leaveTurnIn = (member: Node, estate: Estate, asker: Node, leads: boolean): Turn => {
  const controller = controllerOf(member, estate);
  const orders: readonly Order[] = [
    ...(controller === undefined ? [] : [{ parent: controller, leads, direction: "behind" as const }]),
    ...otherOrders(member, "behind", estate).map((parent) => ({ parent, leads: false, direction: "behind" as const })),
  ];
  for (const order of orders) {
    const own = leaveTurn(member, order, estate, asker);
    if (!own.ready) return own;
    const above = leaveTurnIn(order.parent, estate, asker, order.leads);
    if (!above.ready) return above;
  }
  return YES;
};

const advanceTurn = (member: Node, purpose: "install" | "upgrade", parent: Parent, estate: Estate, asker: Node): Turn => {
  if (!isSequenced(parent) || !isActive(parent, estate)) return YES;
  const names = memberNames(parent);
  for (const name of names.slice(0, Math.max(0, names.indexOf(member.metadata.name)))) {
    const before = estate.member(parent, name);
    if (before === undefined) {
      if (purpose === "install") return wait(`${memberKind(parent)} ${name} to be created`);
      continue;
    }
    const passed = purpose === "install" ? isDone(before, estate) : wasReady(before, estate);
    if (!passed && !isTangled(before, asker, { parent, leads: true, direction: "ahead" }, estate))
      return wait(`${nameOf(before, asker)} to be ready${currently(before)}`);
  }
  return YES;
};

const leaveTurn = (member: Node, order: Order, estate: Estate, asker: Node): Turn => {
  const { parent } = order;
  const behind = putFirst(parent, member.metadata.name, "behind", estate).find(
    (other) => isLeaving(other, parent, estate) && !isTangled(other, asker, order, estate),
  );
  return behind === undefined ? YES : wait(`${nameOf(behind, asker)} to be removed`);
};

/** Marked, or about to be: a terminating parent removes what it owns, one that is `uninstalled` uninstalls what it alone owns. */
const isLeaving = (member: Member, parent: Parent, estate: Estate): boolean =>
  isTerminating(member) ||
  (isTerminating(parent) && isOwnedBy(member, parent, estate)) ||
  (effectiveTarget(parent, estate) === "uninstalled" && isOwnedAlone(member, parent, estate) && !isUninstalled(member));

/**
 * The turn of a member to be removed, at `nowMs`. One that was marked a moment ago waits while members behind it are not: they may be next
 * in the same `kubectl delete -f`, which begins with the first.
 */
export const removalTurn = (member: Node, estate: Estate, nowMs: number): Turn => {
  const known = turn(member, "remove", estate);
  const { deletionTimestamp } = member.metadata;
  if (!known.ready || deletionTimestamp === undefined) return known;
  const untilMs = Date.parse(deletionTimestamp) + SETTLE_MS;
  // Beyond the bound the API server's clock is ahead of ours, and says nothing.
  if (nowMs >= untilMs || untilMs - nowMs > SETTLE_MS) return known;
  const behind = nextBehind(member, estate);
  return behind === undefined ? known : { ...wait(`${nameOf(behind, member)}, which comes after it, in case that is being removed too`), untilMs };
};

/** The next existing member behind in its sequence, or behind its parent in that one's. */
const nextBehind = (member: Node, estate: Estate): Member | undefined => {
  const controller = controllerOf(member, estate);
  const others = otherOrders(member, "behind", estate);
  for (const parent of controller === undefined ? others : [controller, ...others]) {
    const behind = putFirst(parent, member.metadata.name, "behind", estate)[0] ?? nextBehind(parent, estate);
    if (behind !== undefined) return behind;
  }
  return undefined;
};

const currently = (node: Node): string => {
  const { actual_state: state, reason } = node.status ?? {};
  return state === undefined ? "" : ` (now ${state}${reason === undefined ? "" : `, ${reason}`})`;
};
