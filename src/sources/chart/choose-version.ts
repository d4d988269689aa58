import { quote } from "../net/remote-url.ts";
import { notAllowed } from "../errors.ts";
import { parseRange, VersionRangeError } from "./version-range.ts";
import type { Version } from "./version.ts";

/**
 * The version that helm would take among `entries`, the newest first: the very string, otherwise the newest in the range; without a range the
 * newest that is no pre-release. @throws {SourceError}
 */
export const chooseVersion = <T extends { readonly version: string }>(
  entries: readonly T[],
  range: string | undefined,
  parse: (entry: T) => Version | undefined,
): T | undefined => {
  const contains = rangeOf(range === undefined || range === "" ? "*" : range);
  const exact = range === undefined || range === "" ? undefined : entries.find(({ version }) => version === range);
  if (exact !== undefined) return exact;
  return entries.find((entry) => {
    const version = parse(entry);
    return version !== undefined && contains(version);
  });
};

const rangeOf = (text: string): ReturnType<typeof parseRange> => {
  try {
    return parseRange(text);
  } catch (error) {
    if (!(error instanceof VersionRangeError)) throw error;
    throw notAllowed(`source.version ${quote(text)} is not a valid version or range: ${error.message}`);
  }
};
