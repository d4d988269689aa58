import { isRecord } from "../../base/json/json.ts";
import { quote } from "../net/remote-url.ts";
import { parseVersion, type Version } from "../chart/version.ts";

/** One version of a chart in a repository. */
export interface IndexEntry {
  readonly version: string;
  /** As the index writes it: absolute, or relative to the repository. */
  readonly url: string | undefined;
  /** SHA-256 of the archive in hex, if the index tells. */
  readonly digest: string | undefined;
}

/** An entry that helm passes over. */
export interface UnusableEntry {
  /** Undefined when it has none that is text. */
  readonly version: string | undefined;
  /** `version "latest" is not a semantic version`. */
  readonly why: string;
}

export type ParsedEntry = { readonly usable: IndexEntry; readonly parsed: Version } | { readonly unusable: UnusableEntry };

/** Reads an entry of an index as helm does. */
export const parseEntry = (entry: unknown): ParsedEntry => {
  if (!isRecord(entry)) return { unusable: { version: undefined, why: "an entry is not a mapping" } };
  const { version, urls, digest } = entry;
  if (typeof version !== "string") return { unusable: { version: undefined, why: versionless(version) } };
  const parsed = parseVersion(version);
  const why = parsed === undefined ? `version ${quote(version)} is not a semantic version` : whyNot(entry, version);
  if (parsed === undefined || why !== undefined) return { unusable: { version: apart(version), why: apart(why ?? "") } };
  const url: unknown = Array.isArray(urls) ? urls[0] : undefined;
  return { usable: { version: apart(version), url: typeof url === "string" ? apart(url) : undefined, digest: hexOf(digest) }, parsed };
};

const versionless = (version: unknown): string =>
  typeof version === "number" ? `version ${String(version)} is a number: it must be in quotes` : "an entry has no version";

const whyNot = ({ name, type }: Readonly<Record<string, unknown>>, version: string): string | undefined => {
  const entry = `version ${quote(version)} has the `;
  if (typeof name !== "string" || name === "") return `version ${quote(version)} has no name`;
  if (/^\.{1,2}$|\//.test(name)) return `${entry}name ${quote(name)}`;
  if (INSTALLABLE.some((known) => known === type)) return undefined;
  return `${entry}type ${typeof type === "string" ? quote(type) : "of no text"}`;
};

const INSTALLABLE: readonly unknown[] = [undefined, null, "", "application", "library"];

/** A copy: what the YAML parser gives are views, of which each keeps the whole text of the index in memory. */
const apart = (text: string): string => Buffer.from(text).toString();

const hexOf = (digest: unknown): string | undefined =>
  typeof digest === "string" ? /^(?:sha256:)?([0-9a-f]{64})$/i.exec(apart(digest))?.[1]?.toLowerCase() : undefined;
