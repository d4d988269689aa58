import { isRecord } from "../../base/json/json.ts";
import type { ChartFile } from "./files.ts";
import { type Fields, fieldsIn, scalar } from "./metadata.ts";
import { heldCharts } from "./held.ts";

/** An entry of `dependencies` in Chart.yaml, requirements.yaml or a lock; what is absent is empty. */
export interface Requirement {
  readonly name: string;
  /** A range; in a lock a version. */
  readonly version: string;
  readonly repository: string;
  readonly condition: string;
  readonly tags: readonly string[];
  readonly enabled: boolean;
  readonly importValues: readonly unknown[];
  readonly alias: string;
}

export interface ChartLock {
  readonly file: "Chart.lock" | "requirements.lock";
  readonly digest: string;
  /** Undefined when the file does not name any. */
  readonly dependencies: readonly Requirement[] | undefined;
}

/** What a chart says about its dependencies, as helm reads it. */
export interface Requirements {
  /** `apiVersion: v1`, or none. */
  readonly v1: boolean;
  readonly dependencies: readonly Requirement[];
  readonly lock: ChartLock | undefined;
}

/** @throws {SourceError} A file costs too much to read. The message begins with `what`, here and in {@link lackingIn}. */
export const readRequirements = (files: readonly ChartFile[], what: string): Requirements => {
  const chart = fileIn(files, "Chart.yaml", what) ?? {};
  return {
    v1: (scalar(chart["apiVersion"]) ?? "v1") === "v1",
    dependencies: dependenciesOf(chart, files, what).map(cleaned),
    lock: lockIn(files, what),
  };
};

/**
 * Names of the dependencies that `charts/` does not seem to hold: helm compares names, whatever the version. An archive counts by its file name;
 * one that is called otherwise has to be looked into.
 */
export const lackingIn = (chartYaml: Fields, files: readonly ChartFile[], what: string): readonly string[] => {
  const dependencies = dependenciesOf(chartYaml, files, what);
  if (dependencies.length === 0) return [];
  const held = heldCharts(files, what);
  const names = new Set(dependencies.map((dependency) => cleaned(dependency).name));
  return [...names].filter((wanted) => !held.some(({ name }) => name === wanted));
};

/** requirements.yaml has the last word when it names any, also `null`. */
const dependenciesOf = (chartYaml: Fields, files: readonly ChartFile[], what: string): readonly Requirement[] => {
  const old = fileIn(files, "requirements.yaml", what);
  return requirementsIn(old !== undefined && "dependencies" in old ? old : chartYaml) ?? [];
};

/** Of two locks helm takes the one that it reads later. */
const lockIn = (files: readonly ChartFile[], what: string): ChartLock | undefined => {
  const locks = (["requirements.lock", "Chart.lock"] as const).flatMap((file) => {
    const fields = fileIn(files, file, what);
    return fields === undefined ? [] : [{ file, digest: scalar(fields["digest"]) ?? "", dependencies: requirementsIn(fields) }];
  });
  return locks[0];
};

const fileIn = (files: readonly ChartFile[], wanted: string, what: string): Fields | undefined => {
  const file = files.find(({ path }) => path === wanted);
  return file === undefined ? undefined : fieldsIn(file.bytes, `${what}: ${wanted}`);
};

const requirementsIn = ({ dependencies }: Fields): readonly Requirement[] | undefined =>
  Array.isArray(dependencies) ? dependencies.flatMap((entry: unknown) => (isRecord(entry) ? [requirementOf(entry)] : [])) : undefined;

const requirementOf = (entry: Fields): Requirement => {
  const text = (key: string): string => scalar(entry[key]) ?? "";
  const list = (key: string): readonly unknown[] => (Array.isArray(entry[key]) ? entry[key] : []);
  return {
    name: text("name"),
    version: text("version"),
    repository: text("repository"),
    condition: text("condition"),
    tags: list("tags").map((tag) => scalar(tag) ?? ""),
    enabled: entry["enabled"] === true,
    importValues: list("import-values"),
    alias: text("alias"),
  };
};

/** As helm does to Chart.yaml, but not to locks. */
export const cleaned = (requirement: Requirement): Requirement => ({
  ...requirement,
  name: plain(requirement.name),
  version: plain(requirement.version),
  repository: plain(requirement.repository),
  condition: plain(requirement.condition),
  tags: requirement.tags.map(plain),
});

const plain = (text: string): string => text.replace(/[\p{White_Space}]/gu, " ").replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, "");
