import type { Standing } from "./standing.ts";
import { cut, widthOf } from "./text.ts";

export type Tone = Standing | "plain" | "faint" | "strong";

/** Text of one colour. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Span[];

export const span = (text: string, tone: Tone = "plain"): Span => ({ text, tone });

/** At most `width` columns. */
export const cutLine = (line: Line, width: number): Line => {
  let left = width;
  return line.flatMap(({ text, tone }) => {
    const shown = cut(text, left);
    left -= widthOf(shown);
    return shown === "" ? [] : [{ text: shown, tone }];
  });
};

/** Select Graphic Rendition of ECMA-48. */
const CODES: Readonly<Record<Tone, string>> = {
  failed: "31",
  running: "36",
  suspended: "33",
  waiting: "2",
  done: "32",
  faint: "2",
  strong: "1",
  plain: "",
};

/** What is written to the terminal. */
export const paint = (line: Line, colour: boolean): string =>
  line
    .map(({ text, tone }) => (colour && tone !== "plain" && text.trim() !== "" ? `\x1b[${CODES[tone]}m${text}\x1b[0m` : text))
    .join("")
    .trimEnd();
