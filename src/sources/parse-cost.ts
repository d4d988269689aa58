import { marksExceed, type ParseLimits } from "../base/json/parse-cost.ts";
import { type SourceError, tooLarge } from "./errors.ts";

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
  if (bytes.byteLength > limits.bytes) throw tooCostly(`${what} has ${bytes.byteLength} bytes, the limit is ${limits.bytes}`);
  if (marksExceed(bytes, limits.marks)) throw tooCostly(`${what} has more than ${limits.marks} lines, list items, commas and brackets`);
};

const tooCostly = (message: string): SourceError => tooLarge(`${message}: leave out what helm does not need`);
