import { withoutDiffs } from "./diffs.ts";

const longestShown = 64;

/**
 * Takes objects out of the API server's `Invalid value: …`: a refused patch prints the whole object there, environment and all,
 * as do an object without a kind and a failed merge; a Pod that may not be changed prints what differs, values of before among it; a JSON error prints its surroundings (`bigger context …`), and a YAML error the first characters of what it met, which no redaction finds. Short values stay: they are what the reader has to correct.
 */
export const elideObjects = (text: string): string => {
  let result = "";
  let rest = text;
  for (;;) {
    const mark = /(?:Invalid|Unsupported|Duplicate) value: (?=["{[])/.exec(rest);
    if (mark === null) break;
    const start = mark.index + mark[0].length;
    const end = start + lengthOfValue(rest.slice(start));
    result += rest.slice(0, start) + (end - start <= longestShown ? rest.slice(start, end) : "(left out)");
    rest = rest.slice(end);
  }
  return withoutDiffs(result + rest)
    .replaceAll(/(is missing in) '[^\n]*/g, "$1 (left out)")
    .replaceAll(/map: map\[[^\n]*/g, (found) => `map: (left out)${/ does not contain declared merge key: \S+/.exec(found)?.[0] ?? ""}`)
    .replaceAll(/error found in #\d+ byte of \.\.\.\|.*/g, "(left out)")
    .replaceAll(/(cannot unmarshal !!\w+) `[^`]*`/g, "$1");
};

const DEPTHS: ReadonlyMap<string, number> = new Map([
  ["{", 1],
  ["[", 1],
  ["}", -1],
  ["]", -1],
]);

/** Length of the quoted string or bracketed value that `text` begins with; all of it when it does not end. */
const lengthOfValue = (text: string): number => {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quoted && char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted) depth += DEPTHS.get(char) ?? 0;
    if (!quoted && depth === 0) return at + 1;
  }
  return text.length;
};
