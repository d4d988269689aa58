import { parseYaml } from "../base/yaml.ts";
import { CHART_YAML_LIMITS, refuseCostly } from "./parse-cost.ts";

export type Fields = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** Text where a string is expected: unquoted numbers and booleans count, as in helm. */
export const scalar = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;

/** The mapping in a YAML file that nobody vouches for; undefined when there is none. @throws {SourceError} It costs more than a Chart.yaml may. */
export const fieldsIn = (bytes: Uint8Array): Fields | undefined => {
  refuseCostly(bytes, CHART_YAML_LIMITS, "a YAML file of the chart that is about charts");
  try {
    const content = parseYaml(Buffer.from(bytes).toString("utf8"));
    return isRecord(content) ? content : undefined;
  } catch {
    return undefined;
  }
};

/** The name in such a Chart.yaml. */
export const nameIn = (chartYaml: Uint8Array): string | undefined => scalar(fieldsIn(chartYaml)?.["name"]);
