import type { Fault } from "../errors.ts";
import { quote } from "../net/remote-url.ts";
import { parseRange, type VersionRange, VersionRangeError } from "./version-range.ts";

/**
 * A range as somebody has written it.
 * @param field Begins the message, e.g. `source.version`.
 * @throws {SourceError}
 */
export const statedRange = (text: string, field: string, fault: Fault): VersionRange => {
  try {
    return parseRange(text);
  } catch (error) {
    if (!(error instanceof VersionRangeError)) throw error;
    throw fault(
      `${field} ${quote(text)} is not a valid version or range${error.part === text.trim() ? "" : `: ${error.message}`}: ${remedyFor(text)}`,
    );
  }
};

/** Somebody may have copied the version from a tag of a registry. */
const remedyFor = (text: string): string => {
  const meant = text.replaceAll("_", "+");
  return meant !== text && isRange(meant)
    ? `write ${quote(meant)}; "_" stands for "+" only in the tags of a registry`
    : "write a version such as 1.2.3 or a range such as ~1.2";
};

const isRange = (text: string): boolean => {
  try {
    parseRange(text);
    return true;
  } catch {
    return false;
  }
};
