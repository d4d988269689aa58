import { messageOf } from "../../base/errors.ts";
import { isRecord } from "../../base/json/json.ts";
import { parseYaml } from "../../base/json/yaml.ts";
import { listed } from "../../base/text.ts";
import { INDEX_LIMITS, refuseCostly } from "../parse-cost.ts";
import { quote } from "../net/remote-url.ts";
import { invalidChart, notFound } from "../errors.ts";
import { chooseVersion, newestOf, wantedVersion } from "../chart/choose-version.ts";
import { compareVersions, parseVersion } from "../chart/version.ts";
import { type IndexEntry, parseEntry, type UnusableEntry } from "./index-entry.ts";

/** What a repository has of a chart. */
export interface RepoChart {
  /** The newest first. */
  readonly versions: readonly IndexEntry[];
  /** Entries that helm passes over. */
  readonly unusable: readonly UnusableEntry[];
}

export type RepoIndex = ReadonlyMap<string, RepoChart>;

/**
 * Reads an index.yaml as helm does: entries that helm would skip are none of the versions.
 * @throws {SourceError} The message starts with `what`.
 */
export const parseIndex = (text: string, what: string): RepoIndex => {
  const content = read(text, what);
  if (!isRecord(content) || typeof content["apiVersion"] !== "string")
    throw invalidChart(`${what} is not a Helm repository index: it has no apiVersion`);
  const charts = isRecord(content["entries"]) ? content["entries"] : {};
  return new Map(Object.entries(charts).map(([name, entries]) => [name, chartOf(Array.isArray(entries) ? entries : [])]));
};

/**
 * The version that helm would take: the very string, otherwise the newest in the range; without a range the newest that is no pre-release.
 * @throws {SourceError} The message starts with `what`, which names the repository.
 */
export const chooseEntry = (index: RepoIndex, chart: string, range: string | undefined, what: string): IndexEntry => {
  const { versions, unusable } = index.get(chart) ?? refuseUnknown(index, chart, what);
  if (versions.length === 0) throw notFound(`${what} has no usable version of chart ${quote(chart)}: ${whyUnusable(unusable)}: ${REMEDY}`);
  const found = chooseVersion(versions, range, ({ version }) => parseVersion(version));
  if (found !== undefined) return found;
  const passedOver = unusable.find(({ version }) => version !== undefined && version === range);
  const why = passedOver === undefined ? "" : `; it has one that is not usable: ${passedOver.why}`;
  throw notFound(`${what} has no ${wantedVersion(range)} of chart ${quote(chart)}: the newest are ${newestOf(versions)}${why}`);
};

const REMEDY = "the index of the repository must be corrected";

const whyUnusable = (unusable: readonly UnusableEntry[]): string =>
  unusable.length === 0 ? "the index lists none" : listed([...new Set(unusable.map(({ why }) => why))], 2);

const refuseUnknown = (index: RepoIndex, chart: string, what: string): never => {
  const near = [...index].filter(([name, { versions }]) => versions.length > 0 && (name.includes(chart) || chart.includes(name)));
  const others = near.slice(0, 5).map(([name]) => name);
  throw notFound(`${what} has no chart ${quote(chart)}${others.length === 0 ? "" : `; it has ${others.join(", ")}`}`);
};

const chartOf = (entries: readonly unknown[]): RepoChart => {
  const parsed = entries.map(parseEntry);
  return {
    versions: parsed
      .flatMap((entry) => ("usable" in entry ? [entry] : []))
      .toSorted((a, b) => compareVersions(b.parsed, a.parsed))
      .map(({ usable }) => usable),
    unusable: parsed.flatMap((entry) => ("unusable" in entry ? [entry.unusable] : [])),
  };
};

/** JSON is read as such: large indexes are often JSON, and YAML takes many times as long. */
const read = (text: string, what: string): unknown => {
  refuseCostly(text, INDEX_LIMITS, what);
  try {
    return text.startsWith("{") ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    throw invalidChart(`${what} cannot be read as YAML: ${messageOf(error)}`);
  }
};
