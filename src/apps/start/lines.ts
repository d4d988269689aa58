import { isChart, isParent, memberKind, memberNames, type Node, type Parent } from "../../armada/estate/estate.ts";
import { isSatisfied } from "../view/standing.ts";

/** What a node is, on one line, with times as its status gives them. What a member says of itself its parents do not say again. */
export const lineOf = (node: Node, all: readonly Node[]): string => {
  const { status } = node;
  if (status?.actual_state === undefined) return `${nameIn(node)} has no status yet`;
  const { actual_state: state, satisfied } = status;
  const reason = satisfied === true && state !== "uninitialized" ? "" : ` (${status.reason ?? "no reason"})`;
  return `${nameIn(node)} is ${state === "error" ? "in error" : state}${reason}${progressOf(node)}${satisfied === true ? "" : why(node, all)}`;
};

const nameIn = ({ kind, metadata }: Node): string => `${kind} ${metadata.name}`;

const progressOf = (node: Node): string => {
  if (!isParent(node) || node.status?.progress === undefined) return "";
  const [done = "", all = ""] = node.status.progress.split("/");
  return `, ${done} of ${all} members`;
};

/** What went wrong with a chart; otherwise what is waited for. */
const why = (node: Node, all: readonly Node[]): string => {
  const { next_retry_time: retry, waiting_for: sentence = "" } = node.status ?? {};
  if (isParent(node) && ["MembersNotReady", "MemberFailed"].includes(node.status?.reason ?? "") && followsAll(node, all))
    return waitingForMember(node, all);
  const message = failureOf(node);
  if (message !== undefined) return `: ${message}${retry === undefined ? "" : `; next try at ${retry}`}`;
  return sentence === "" ? "" : waiting(sentence);
};

const waitingForMember = (parent: Parent, all: readonly Node[]): string => {
  const member = membersOf(parent, all).find((each) => !isSatisfied(each));
  return member === undefined ? "" : `, waiting for ${nameIn(member)}`;
};

/** Of a chart only: a parent tells of its members. */
const failureOf = (node: Node): string | undefined => {
  const { actual_state: state = "", conditions = [] } = node.status ?? {};
  return isChart(node) && ["failed", "error"].includes(state) ? conditions.find(({ type }) => type === "Ready")?.message : undefined;
};

/** Some sentences are what is waited "for", others say what goes on. */
const waiting = (sentence: string): string => (sentence.startsWith("for ") ? `, waiting ${sentence}` : `: ${sentence}`);

/** In the order of its list. */
const membersOf = (parent: Parent, all: readonly Node[]): readonly Node[] =>
  memberNames(parent).flatMap((name) => all.find(({ kind, metadata }) => kind === memberKind(parent) && metadata.name === name) ?? []);

/** Each of its members has a line of its own. */
const followsAll = (parent: Parent, all: readonly Node[]): boolean => membersOf(parent, all).length === memberNames(parent).length;
