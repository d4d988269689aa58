import { notAllowed } from "../errors.ts";
import { quote } from "../net/remote-url.ts";
import { statedRange } from "./stated-range.ts";
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
  const contains = statedRange(range === undefined || range === "" ? "*" : range, "source.version", notAllowed);
  const exact = range === undefined || range === "" ? undefined : entries.find(({ version }) => version === range);
  if (exact !== undefined) return exact;
  return entries.find((entry) => {
    const version = parse(entry);
    return version !== undefined && contains(version);
  });
};

/** How messages call what was asked for. */
export const wantedVersion = (range: string | undefined): string =>
  range === undefined || range === "" || range === "*" ? "stable version" : `version ${quote(range)}`;

/** The first few of `entries`, for messages. */
export const newestOf = (entries: readonly { readonly version: string }[]): string =>
  entries
    .slice(0, 5)
    .map(({ version }) => version)
    .join(", ");
