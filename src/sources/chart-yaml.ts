import { parseYaml } from "../base/yaml.ts";

export type Fields = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** Text where a string is expected: unquoted numbers and booleans count, as in helm. */
export const scalar = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;

/** The name in a Chart.yaml that nobody vouches for; undefined when there is none that can be read. */
export const nameIn = (chartYaml: Uint8Array): string | undefined => {
  try {
    const content = parseYaml(Buffer.from(chartYaml).toString("utf8"));
    return isRecord(content) ? scalar(content["name"]) : undefined;
  } catch {
    return undefined;
  }
};
