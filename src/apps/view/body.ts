import { isParent } from "../../armada/estate/estate.ts";
import type { Entry } from "./forest.ts";
import { span, type Line } from "./line.ts";
import { sentenceOf, sinceOf, type Sentence } from "./sentence.ts";
import { hasFailed, stateOf } from "./standing.ts";
import { widthOf, wrap } from "./text.ts";
import { age } from "./times.ts";

export interface BodyOptions {
  /** Columns beside the name. */
  readonly width: number;
  /** Columns below the name. */
  readonly wide: number;
  readonly nowMs: number;
}

/** What stands beside the name of an object, and below. */
export interface Body {
  readonly beside: Line;
  readonly below: readonly string[];
}

/** Of a sentence that does not fit beside the name. */
const MOST_LINES = 3;

/** In at most `lines` lines. */
export const bodyOf = (entry: Entry, lines: number, options: BodyOptions): Body => {
  const { node, standing } = entry;
  const sentence = sentenceOf(node, { nowMs: options.nowMs, spokenFor: entry.children.length > 0 });
  const state = isParent(node) ? stateOfParent(entry, options) : [span(stateOf(node), standing)];
  if (sentence === undefined) return { beside: state, below: [] };
  const inline = inlineOf(entry, state, sentence, options.width);
  if (lines === 1 || widthOf(textOf(inline)) <= options.width) return { beside: inline, below: [] };
  const reason = node.status?.reason === undefined || isParent(node) ? [] : [span(` (${node.status.reason})`, standing)];
  return { beside: [...state, ...reason], below: wrap(fitting(sentence, options.wide), options.wide, Math.min(lines - 1, MOST_LINES)) };
};

/** Lines that its body takes when there is room enough. */
export const linesWanted = (entry: Entry, options: BodyOptions): number => 1 + bodyOf(entry, 1 + MOST_LINES, options).below.length;

/** The state is left out where the sentence says it. */
const inlineOf = ({ node, standing }: Entry, state: Line, sentence: Sentence, width: number): Line => {
  const told = !isParent(node) && standing === "running" && !hasFailed(node);
  const before = told ? [] : [...state, span(isParent(node) ? "  " : ": ", standing)];
  return [...before, span(fitting(sentence, width - widthOf(textOf(before))), standing === "failed" ? "failed" : "plain")];
};

const fitting = ({ short, long }: Sentence, width: number): string => (widthOf(long) <= width ? long : short);

const textOf = (line: Line): string => line.map(({ text }) => text).join("");

const WITH_BAR = 30;

const stateOfParent = ({ node, standing, done, total }: Entry, { width, nowMs }: BodyOptions): Line => {
  const state = span(stateOf(node), standing);
  if (standing === "done" || standing === "waiting") return [state];
  const length = width < WITH_BAR ? 0 : width < 2 * WITH_BAR ? 10 : 20;
  const since = standing === "suspended" ? undefined : age(sinceOf(node), nowMs);
  const bar = length === 0 ? [] : [span("  "), ...barOf(total === 0 ? 0 : Math.floor((done * length) / total), length)];
  return [span(state.text.padEnd(7), standing), ...bar, ...(since === undefined ? [] : [span(`  ${since}`, "faint")])];
};

const barOf = (full: number, length: number): Line => [
  span("▕"),
  span("█".repeat(full), "done"),
  span("░".repeat(length - full), "faint"),
  span("▏"),
];
