import { turns } from "../work/turns.ts";

/** JSON that takes more memory and time than it is worth when it is parsed. */
export class CostlyJsonError extends Error {
  override readonly name = "CostlyJsonError";
}

export interface JsonLimits {
  /** Objects and lists in each other. */
  readonly depth: number;
  /** Values in all. */
  readonly values: number;
}

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_BRACE, CLOSE_BRACE] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Bytes looked at between two turns of others. */
const STEP = 200_000;

/**
 * To be asked before JSON that somebody else made is parsed, which happens at once and in memory: a small value takes up to forty times its
 * text. A long string is one value. What is no JSON passes. @throws {CostlyJsonError}
 */
export const refuseCostlyJson = async (json: Uint8Array, limits: JsonLimits): Promise<void> => {
  const turn = turns();
  let [depth, values, looked] = [0, 1, 0];
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at);
    else if (byte === COMMA) values++;
    else if (byte === OPEN_LIST || byte === OPEN_BRACE) {
      // An empty one was counted as a member of what it stands in.
      const next = json[at + 1];
      if (next !== CLOSE_LIST && next !== CLOSE_BRACE) values++;
      if (++depth > limits.depth) throw new CostlyJsonError(`it is nested more than ${String(limits.depth)} levels deep`);
    } else if (byte === CLOSE_LIST || byte === CLOSE_BRACE) depth--;
    if (values > limits.values) throw new CostlyJsonError(`it holds more than ${String(limits.values)} values`);
    if (at - looked < STEP) continue;
    looked = at;
    await turn();
  }
};

const endOfString = (json: Uint8Array, start: number): number => {
  for (let at = json.indexOf(QUOTE, start + 1); at >= 0; at = json.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (json[at - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return json.length;
};
