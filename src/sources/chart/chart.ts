import { sha256_40 } from "../../base/json/digest.ts";
import { messageOf } from "../../base/errors.ts";
import { isRecord } from "../../base/json/json.ts";
import { parseYaml } from "../../base/json/yaml.ts";
import type { ChartFile } from "./files.ts";
import { scalar } from "./metadata.ts";
import { CHART_YAML_LIMITS, refuseCostly } from "../parse-cost.ts";
import { lackingIn } from "./requirements.ts";
import { invalidChart, type SourceError } from "../errors.ts";

/** What Chart.yaml says, as far as this program reads it; helm judges the rest. */
export interface ChartMetadata {
  readonly name: string;
  readonly version: string;
  /** `type: library`: nothing to install. */
  readonly library: boolean;
  /** Dependencies in its Chart.yaml that its `charts/` does not seem to hold: helm would refuse it. Undefined when there are none. */
  readonly lacks?: readonly string[] | undefined;
}

/**
 * Reads Chart.yaml among the files of a chart. Unquoted numbers count as text, as in helm: `version: 1.10` is "1.1".
 * @throws {SourceError} The message starts with `field`, which names what the user wrote.
 */
export const readChartMetadata = (files: readonly ChartFile[], field: string): ChartMetadata => {
  const file = files.find(({ path }) => path === "Chart.yaml");
  if (file === undefined) throw noChart(field);
  const fields = parse(file, field);
  const [name, version, type] = [scalar(fields["name"]), scalar(fields["version"]), scalar(fields["type"]) ?? ""];
  if (name === undefined || /^\.{0,2}$|[/\\\0]/.test(name))
    throw invalidChart(`${field}: Chart.yaml has no valid "name": set it to the name of the chart`);
  if (version === undefined || /^$|[/\\\0]/.test(version))
    throw invalidChart(`${field}: Chart.yaml has no valid "version": set it to a semantic version such as 0.1.0`);
  if (!["", "application", "library"].includes(type)) throw invalidChart(`${field}: Chart.yaml says type "${type}": use application or library`);
  const lacks = lackingIn(fields, files, field);
  return { name, version, library: type === "library", ...(lacks.length === 0 ? {} : { lacks }) };
};

/** `contents`: what is there instead, if it may be told. */
export const noChart = (field: string, contents?: string): SourceError =>
  invalidChart(
    `${field}: Chart.yaml is missing${contents === undefined ? "" : `; ${contents}`}: set source.location and source.subpath to the folder of a chart`,
  );

/** Digest of what helm is given: sorted paths and bytes, never modes or times. */
export const chartDigest = (files: readonly ChartFile[]): string =>
  sha256_40(...files.toSorted((a, b) => (a.path < b.path ? -1 : 1)).flatMap(({ path, bytes }) => [path, bytes]));

const parse = (file: ChartFile, field: string): Readonly<Record<string, unknown>> => {
  refuseCostly(file.bytes, CHART_YAML_LIMITS, `${field}: Chart.yaml`);
  try {
    const content = parseYaml(Buffer.from(file.bytes).toString("utf8"));
    if (isRecord(content)) return content;
  } catch (error) {
    throw invalidChart(`${field}: Chart.yaml cannot be read as YAML: ${messageOf(error)}`);
  }
  throw invalidChart(`${field}: Chart.yaml is not a mapping: it needs at least apiVersion, name and version`);
};
