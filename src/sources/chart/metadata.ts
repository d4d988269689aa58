import { isRecord } from "../../base/json/json.ts";
import { parseYaml } from "../../base/json/yaml.ts";
import { CHART_YAML_LIMITS, refuseCostly } from "../parse-cost.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Text where a string is expected: unquoted numbers and booleans count, as in helm. */
export const scalar = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;

/**
 * The mapping in a YAML file that nobody vouches for; undefined when there is none.
 * @throws {SourceError} It costs more than a Chart.yaml may. The message begins with `what`.
 */
export const fieldsIn = (bytes: Uint8Array, what: string): Fields | undefined => {
  refuseCostly(bytes, CHART_YAML_LIMITS, what);
  try {
    const content = parseYaml(Buffer.from(bytes).toString("utf8"));
    return isRecord(content) ? content : undefined;
  } catch {
    return undefined;
  }
};

/** The name in such a Chart.yaml. @throws {SourceError} As {@link fieldsIn}. */
export const nameIn = (chartYaml: Uint8Array, what: string): string | undefined => scalar(fieldsIn(chartYaml, what)?.["name"]);
