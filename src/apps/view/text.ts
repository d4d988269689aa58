/** Nothing that moves the cursor, ends the line or turns the direction of writing gets to the terminal. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").replaceAll(/[\p{Cf}\uFE0F]/gu, "");

const WIDE =
  /[\u1100-\u115F\u2329\u232A\u2E80-\u303E\u3041-\u4DBF\u4E00-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1F64F}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;
const MARK = /\p{M}/u;

/** Columns that one character takes on a terminal. */
const columnsOf = (character: string): number => (MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

const ASCII = /^[ -~]*$/;

/** Columns that printable text takes on a terminal. */
export const widthOf = (text: string): number =>
  ASCII.test(text) ? text.length : Array.from(text).reduce((width, character) => width + columnsOf(character), 0);

/** The longest beginning of `text` that takes at most `width` columns. */
const head = (text: string, width: number): string => {
  let taken = 0;
  let kept = "";
  for (const character of text) {
    taken += columnsOf(character);
    if (taken > width) return kept;
    kept += character;
  }
  return kept;
};

/** At most `width` columns, the last of them `…` when something was cut. */
export const cut = (text: string, width: number): string => (widthOf(text) <= width ? text : width < 1 ? "" : `${head(text, width - 1)}…`);

/** Exactly `width` columns: cut, or filled with blanks. */
export const fit = (text: string, width: number): string => {
  const shown = cut(text, width);
  return shown + " ".repeat(Math.max(0, width - widthOf(shown)));
};

/** At most `lines` lines of at most `width` columns, broken between words where that is possible; the last one is cut when there is more. */
export const wrap = (text: string, width: number, lines: number): readonly string[] => {
  if (widthOf(text) <= width || lines <= 1) return [cut(text, width)];
  const full = head(text, width);
  const blank = lastBlank(text, full.length);
  const first = blank < width / 2 ? full : full.slice(0, blank);
  // A character wider than the terminal would never leave.
  if (first === "") return [cut(text, width)];
  return [first, ...wrap(text.slice(first.length).trimStart(), width, lines - 1)];
};

/** The last place up to `end` where a line may be broken: a number stays with its unit. */
const lastBlank = (text: string, end: number): number => {
  const at = text.lastIndexOf(" ", end);
  return at > 0 && /^\d (?:s|min|h)\b/.test(text.slice(at - 1, at + 5)) ? lastBlank(text, at - 1) : at;
};
