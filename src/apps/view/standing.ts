import { isObserved, isTerminating, type Node } from "../../armada/estate/estate.ts";

/** What an object is to a person who waits for it, the most urgent first. */
export const STANDINGS = ["failed", "running", "suspended", "waiting", "done"] as const;
export type Standing = (typeof STANDINGS)[number];

/** Satisfied, at its current generation. */
export const isSatisfied = (node: Node): boolean => node.status?.satisfied === true && isObserved(node);

/** Nothing but a change will help. */
export const isStalled = (node: Node): boolean =>
  node.status?.conditions?.some(({ type, status }) => type === "Stalled" && status === "True") === true;

export const hasFailed = ({ status }: Node): boolean => ["failed", "error"].includes(status?.actual_state ?? "");

export const standingOf = (node: Node): Standing => {
  if (node.status?.reason === "Suspended" && !isTerminating(node)) return "suspended";
  if (isSatisfied(node) && !isTerminating(node)) return "done";
  if (hasFailed(node) || isStalled(node)) return "failed";
  return node.status === undefined || node.status.reason === "WaitingForTurn" ? "waiting" : "running";
};

/** The more urgent of two. */
export const worse = (a: Standing, b: Standing): Standing => (STANDINGS.indexOf(a) <= STANDINGS.indexOf(b) ? a : b);

const WORDS: Readonly<Record<string, string>> = { Parked: "parked", Unmanaged: "parked", Library: "library", Suspended: "suspended" };

/** Its state in a word or two. */
export const stateOf = (node: Node): string => {
  const { status } = node;
  if (isTerminating(node)) return hasFailed(node) ? "failed, being deleted" : "being deleted";
  if (status?.reason === "WaitingForTurn") return "waiting for its turn";
  if (status?.satisfied === true && !isObserved(node) && status.reason !== "Suspended") return "changed, not looked at yet";
  return WORDS[status?.reason ?? ""] ?? status?.actual_state ?? "not looked at yet";
};
