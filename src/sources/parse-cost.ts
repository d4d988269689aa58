import { SourceError } from "./source.ts";

export interface ParseLimits {
  readonly bytes: number;
  /** Lines, list items, commas and opening brackets: a parsed value costs up to 600 bytes of memory a mark, whatever the size of the text. */
  readonly marks: number;
}

export const CHART_YAML_LIMITS: ParseLimits = { bytes: 2 ** 20, marks: 20_000 };
/** The largest public repositories have half of it; 300 MiB of memory and two seconds while it is parsed. */
export const INDEX_LIMITS: ParseLimits = { bytes: 32 * 2 ** 20, marks: 600_000 };
/** Of one answer of a registry. */
export const ANSWER_LIMITS: ParseLimits = { bytes: 4 * 2 ** 20, marks: 50_000 };

/**
 * To be asked before a text that somebody else made is parsed as YAML or JSON, which happens at once and in memory.
 * @param what Begins the message.
 * @throws {SourceError}
 */
export const refuseCostly = (text: string | Uint8Array, limits: ParseLimits, what: string): void => {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  if (bytes.byteLength > limits.bytes) throw tooLarge(`${what} has ${bytes.byteLength} bytes, the limit is ${limits.bytes}`);
  if (marksExceed(bytes, limits.marks)) throw tooLarge(`${what} has more than ${limits.marks} lines, list items, commas and brackets`);
};

const [LF, CR, COMMA, BRACKET, BRACE] = [0x0a, 0x0d, 0x2c, 0x5b, 0x7b];
const [SPACE, TAB, DASH] = [0x20, 0x09, 0x2d];

const marksExceed = (bytes: Uint8Array, limit: number): boolean => {
  let marks = 0;
  let last = 0;
  for (let at = 0; at < bytes.byteLength; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === LF || byte === CR || byte === COMMA || byte === BRACKET || byte === BRACE) marks++;
    else if (last === DASH && (byte === SPACE || byte === TAB)) marks++;
    if (marks > limit) return true;
    last = byte;
  }
  return false;
};

const tooLarge = (message: string): SourceError =>
  new SourceError(`${message}: leave out what helm does not need`, { reason: "TooLarge", class: "terminal" });
