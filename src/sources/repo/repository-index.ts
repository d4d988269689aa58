import { messageOf } from "../../base/errors.ts";
import { isRecord } from "../../base/json/json.ts";
import { parseYaml } from "../../base/json/yaml.ts";
import { INDEX_LIMITS, refuseCostly } from "../parse-cost.ts";
import { quote } from "../net/remote-url.ts";
import { invalidChart, notFound } from "../errors.ts";
import { chooseVersion } from "../chart/choose-version.ts";
import { compareVersions, parseVersion, type Version } from "../chart/version.ts";

/** One version of a chart in a repository. */
export interface IndexEntry {
  readonly version: string;
  /** As the index writes it: absolute, or relative to the repository. */
  readonly url: string | undefined;
  /** SHA-256 of the archive in hex, if the index tells. */
  readonly digest: string | undefined;
}

/** Chart → its versions, the newest first. */
export type RepoIndex = ReadonlyMap<string, readonly IndexEntry[]>;

/**
 * Reads an index.yaml as helm does: entries that helm would skip are skipped.
 * @throws {SourceError} The message starts with `what`.
 */
export const parseIndex = (text: string, what: string): RepoIndex => {
  const content = read(text, what);
  if (!isRecord(content) || typeof content["apiVersion"] !== "string")
    throw invalidChart(`${what} is not a Helm repository index: it has no apiVersion`);
  const charts = isRecord(content["entries"]) ? content["entries"] : {};
  return new Map(Object.entries(charts).map(([name, entries]) => [name, sorted(Array.isArray(entries) ? entries : [])]));
};

/**
 * The version that helm would take: the very string, otherwise the newest in the range; without a range the newest that is no pre-release.
 * @throws {SourceError} The message starts with `what`, which names the repository.
 */
export const chooseEntry = (index: RepoIndex, chart: string, range: string | undefined, what: string): IndexEntry => {
  const entries = index.get(chart);
  if (entries === undefined || entries.length === 0) {
    const near = [...index.keys()].filter((name) => name.includes(chart) || chart.includes(name)).slice(0, 5);
    throw notFound(`${what} has no chart ${quote(chart)}${near.length === 0 ? "" : `; it has ${near.join(", ")}`}`);
  }
  const found = chooseVersion(entries, range, ({ version }) => parseVersion(version));
  if (found !== undefined) return found;
  const newest = entries.slice(0, 5).map(({ version }) => version);
  const wanted = range === undefined || range === "" ? "a stable version" : `version ${quote(range)}`;
  throw notFound(`${what} has no chart ${quote(chart)} in ${wanted}: the newest are ${newest.join(", ")}`);
};

const sorted = (entries: readonly unknown[]): readonly IndexEntry[] =>
  entries
    .flatMap(parseEntry)
    .toSorted((a, b) => compareVersions(b.parsed, a.parsed))
    .map(({ entry }) => entry);

const parseEntry = (entry: unknown): readonly { readonly entry: IndexEntry; readonly parsed: Version }[] => {
  if (!isRecord(entry) || !isChartName(entry["name"]) || !isInstallable(entry["type"])) return [];
  const { version, urls, digest } = entry;
  const parsed = typeof version === "string" ? parseVersion(version) : undefined;
  if (typeof version !== "string" || parsed === undefined) return [];
  const url: unknown = Array.isArray(urls) ? urls[0] : undefined;
  return [{ entry: { version: apart(version), url: typeof url === "string" ? apart(url) : undefined, digest: hexOf(digest) }, parsed }];
};

const isChartName = (name: unknown): boolean => typeof name === "string" && !/^\.{0,2}$|\//.test(name);

const isInstallable = (type: unknown): boolean => [undefined, null, "", "application", "library"].some((known) => known === type);

/** A copy: what the YAML parser gives are views, of which each keeps the whole text of the index in memory. */
const apart = (text: string): string => Buffer.from(text).toString();

const hexOf = (digest: unknown): string | undefined =>
  typeof digest === "string" ? /^(?:sha256:)?([0-9a-f]{64})$/i.exec(apart(digest))?.[1]?.toLowerCase() : undefined;

/** JSON is read as such: large indexes are often JSON, and YAML takes many times as long. */
const read = (text: string, what: string): unknown => {
  refuseCostly(text, INDEX_LIMITS, what);
  try {
    return text.startsWith("{") ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    throw invalidChart(`${what} cannot be read as YAML: ${messageOf(error)}`);
  }
};
