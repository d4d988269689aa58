import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { jsonOf } from "../../base/json/held-json.ts";
import { canonicalParts, deepEqual, isRecord } from "../../base/json/json.ts";
import { parseYaml } from "../../base/json/yaml.ts";
import type { RawRelease } from "./encoding.ts";
import { canonicalText } from "../../base/json/json-text.ts";
import { inTurns } from "../../base/work/turns.ts";
import type { Values } from "../driver.ts";

/** What helm keeps in fields of its own instead of `files` and `templates`. */
const PARSED = ["Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json", "requirements.yaml", "requirements.lock"];

/**
 * Whether a stored release was made from this chart folder and these values: for releases whose digest is in an algorithm that is not known
 * here. Subcharts are not in the record, so a chart that has some never matches. Rejects when the folder cannot be read.
 */
export const madeFrom = async (release: RawRelease, chartPath: string, values: Values): Promise<boolean> => {
  const chart = recordOf(release["chart"]);
  const given = jsonOf(values);
  if ((await inTurns(canonicalParts(recordOf(release["config"])))) !== (await inTurns(canonicalText(given)))) return false;
  const paths = await filesBelow(chartPath);
  if (paths.some((path) => path.startsWith("charts/"))) return false;
  const stored = [...listOf(chart["templates"]), ...listOf(chart["files"])].map(recordOf);
  const own = paths.filter((path) => !PARSED.includes(path));
  if (stored.length !== own.length) return false;
  for (const { name, data } of stored) {
    if (typeof name !== "string" || !own.includes(name)) return false;
    const bytes = await readFile(join(chartPath, name));
    if (bytes.toString("base64") !== (data ?? "")) return false;
  }
  return sameMetadata(chart, chartPath, paths);
};

const sameMetadata = async (chart: RawRelease, chartPath: string, paths: readonly string[]): Promise<boolean> => {
  const parsed = async (path: string): Promise<RawRelease> =>
    paths.includes(path) ? recordOf(parseYaml(await readFile(join(chartPath, path), "utf8"))) : {};
  const schema = paths.includes("values.schema.json") ? (await readFile(join(chartPath, "values.schema.json"))).toString("base64") : undefined;
  const metadata = recordOf(chart["metadata"]);
  const own = await parsed("Chart.yaml");
  return (
    deepEqual(recordOf(chart["values"]), await parsed("values.yaml")) &&
    (chart["schema"] ?? undefined) === schema &&
    metadata["name"] === own["name"] &&
    metadata["version"] === own["version"]
  );
};

/** Relative paths with `/`. */
const filesBelow = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
};

const recordOf = (value: unknown): RawRelease => (isRecord(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
