/** What may be parsed of a text that others wrote, as YAML or JSON, which happens at once and in memory. */
export interface ParseLimits {
  readonly bytes: number;
  /** Lines, list items, commas and opening brackets: a parsed value costs up to 600 bytes of memory a mark, whatever the size of the text. */
  readonly marks: number;
}

const [LF, CR, COMMA, BRACKET, BRACE] = [0x0a, 0x0d, 0x2c, 0x5b, 0x7b];
const [SPACE, TAB, DASH] = [0x20, 0x09, 0x2d];

/** Whether the text has more marks than `limit`, see {@link ParseLimits}. */
export const marksExceed = (bytes: Uint8Array, limit: number): boolean => {
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
