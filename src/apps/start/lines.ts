import { isChart, isObserved, isParent, memberKind, memberNames, type Node, type Parent } from "../../armada/estate/estate.ts";

/** What a node is, on one line, with times as its status gives them. What a member says of itself its parents do not say again. */
export const lineOf = (node: Node, all: readonly Node[]): string => {
  const { status } = node;
  if (status?.actual_state === undefined) return `${nameIn(node)} has no status yet`;
  if (!isObserved(node) && status.reason !== "Suspended") return `${nameIn(node)} has changed and is being looked at`;
  const reason = isSatisfied(node) && status.actual_state !== "uninitialized" ? "" : ` (${status.reason ?? "no reason"})`;
  return `${nameIn(node)} is ${status.actual_state}${reason}${progressOf(node)}${isSatisfied(node) ? "" : why(node, all)}`;
};

const nameIn = ({ kind, metadata }: Node): string => `${kind} ${metadata.name}`;

const progressOf = (node: Node): string => {
  if (!isParent(node) || node.status?.progress === undefined) return "";
  const [done = "", all = ""] = node.status.progress.split("/");
  return `, ${done} of ${all} members`;
};

/** What went wrong with a chart; otherwise what is waited for. */
const why = (node: Node, all: readonly Node[]): string => {
  const { actual_state: state = "", conditions = [], next_retry_time: retry, waiting_for: sentence = "" } = node.status ?? {};
  const member = isParent(node) && node.status?.reason === "MembersNotReady" ? firstOpen(node, all) : undefined;
  if (member !== undefined) return `, waiting for ${nameIn(member)}`;
  const message = isChart(node) && ["failed", "error"].includes(state) ? conditions.find(({ type }) => type === "Ready")?.message : undefined;
  if (message !== undefined) return `: ${message}${retry === undefined ? "" : `; next try at ${retry}`}`;
  return sentence === "" ? "" : waiting(sentence);
};

/** Some sentences are what is waited "for", others say what goes on. */
const waiting = (sentence: string): string => (sentence.startsWith("for ") ? `, waiting ${sentence}` : `: ${sentence}`);

/** Satisfied, at its current generation. */
export const isSatisfied = (node: Node): boolean => node.status?.satisfied === true && isObserved(node);

/** The first on its list that is not satisfied. */
const firstOpen = (parent: Parent, all: readonly Node[]): Node | undefined =>
  memberNames(parent)
    .flatMap((name) => all.find((node) => node.kind === memberKind(parent) && node.metadata.name === name) ?? [])
    .find((node) => !isSatisfied(node));

/** A time that began a moment ago says nothing. */
const MOMENT_MS = 2_000;

/** The line for a person who reads it at `nowMs`: `since 12 s ago`, `next try in 8 s`. */
export const withRelativeTimes = (line: string, nowMs: number): string =>
  line
    .replaceAll(/(?:, | \()since (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\)?/g, (text: string, time: string) =>
      nowMs - Date.parse(time) < MOMENT_MS ? "" : text.replace(time, relative(time, nowMs)),
    )
    .replaceAll(/(?:\bat )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/g, (_, time: string) => relative(time, nowMs));

const relative = (time: string, nowMs: number): string => {
  const ms = nowMs - Date.parse(time);
  return ms < 0 ? `in ${duration(-ms)}` : `${duration(ms)} ago`;
};

/** `12 s`, `3 min`, `2 h`. */
const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${String(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${String(minutes)} min` : `${String(Math.round(minutes / 60))} h`;
};
