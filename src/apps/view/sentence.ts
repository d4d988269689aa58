import { isChart, isParent, type Node } from "../../armada/estate/estate.ts";
import { hasFailed, isSatisfied, standingOf } from "./standing.ts";
import { printable } from "./text.ts";
import { age, withRelativeTimes } from "./times.ts";

/** What is waited for or went wrong, and how long that is so; the same with what happens next. Both without a line break. */
export interface Sentence {
  readonly short: string;
  readonly long: string;
}

/** A parent that only waits for a member says what the line of the member says. */
const SAID_BY_MEMBERS = ["MembersNotReady", "MemberFailed", "RemovingMembers", "UninstallingMembers", "WaitingForTurn"];

/** Undefined when the state says it all. `spokenFor`: its members are known. */
export const sentenceOf = (node: Node, { nowMs, spokenFor }: { readonly nowMs: number; readonly spokenFor: boolean }): Sentence | undefined => {
  const { waiting_for: waiting = "", reason = "", conditions = [], next_retry_time: retry } = node.status ?? {};
  if (standingOf(node) === "done" || reason === "WaitingForTurn" || (isSatisfied(node) && waiting === "")) return undefined;
  if (isParent(node) && spokenFor && SAID_BY_MEMBERS.includes(reason)) return undefined;
  const message = isChart(node) && hasFailed(node) ? conditions.find(({ type }) => type === "Ready")?.message : undefined;
  if (message === undefined || message === "") return waiting === "" ? undefined : waitingSentence(waiting, nowMs);
  const short = printable(withRelativeTimes(message, nowMs));
  const next = retry === undefined ? "" : `; next try ${Date.parse(retry) <= nowMs ? "now" : withRelativeTimes(`at ${retry}`, nowMs)}`;
  return { short: `${short}${next}`, long: `${short}${next}` };
};

/** What is waited for, since when, what comes next. */
const PARTS = /^(?<what>.*?)(?:, | \()since (?<since>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\)?(?:; (?<next>.*))?$/s;

const waitingSentence = (sentence: string, nowMs: number): Sentence => {
  const { what = sentence, since, next } = PARTS.exec(sentence)?.groups ?? {};
  const ago = age(since, nowMs);
  // Some sentences are what is waited "for", others say what goes on.
  const said = `${what.startsWith("for ") ? "waiting " : ""}${what}`;
  const tell = (text: string): string => printable(withRelativeTimes(text, nowMs));
  const short = `${tell(said)}${ago === undefined ? "" : ` (${ago})`}`;
  return { short, long: next === undefined ? short : `${short}; ${tell(next)}` };
};

/** Since when it is not as wanted, or is so again. */
export const sinceOf = ({ status }: Node): string | undefined => status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
