import { basename } from "node:path";
import { GlobError, compileGlob } from "./glob.ts";

/** Says whether helm leaves an entry of a chart folder out. `path` is relative to the chart, with `/`. A folder left out takes all it holds along. */
export type IgnoreRules = (path: string, isFolder: boolean) => boolean;

/** A `.helmignore` that helm refuses. The message names line and rule. */
export class IgnoreError extends Error {
  override readonly name = "IgnoreError";
}

interface Rule {
  readonly negated: boolean;
  readonly folderOnly: boolean;
  readonly matches: (path: string) => boolean;
}

/**
 * The rules of a `.helmignore` as helm 3 (`pkg/ignore`) understands them, and its built-in last rule `templates/.?*`.
 * A rule without `/` looks at the last part of the path, others at the whole path. The first rule that decides wins. A `!` rule is not git's:
 * it leaves out everything that it does **not** match and lets the rules after it judge the rest.
 * @throws {IgnoreError} `**` and malformed patterns.
 */
export const parseIgnore = (text: string): IgnoreRules => {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const rules = [...lines, "templates/.?*"].flatMap((line, index) => parseRule(line.trim(), index + 1));
  return (path, isFolder) => decide(rules, path, isFolder);
};

const decide = (rules: readonly Rule[], path: string, isFolder: boolean): boolean => {
  for (const rule of rules) {
    const matched = (isFolder || !rule.folderOnly) && rule.matches(path);
    if (matched !== rule.negated) return true;
  }
  return false;
};

const parseRule = (line: string, number: number): readonly Rule[] => {
  if (line === "" || line.startsWith("#")) return [];
  if (line.includes("**")) throw new IgnoreError(`.helmignore line ${number}: "${line}": helm does not support **`);
  const negated = line.startsWith("!");
  const folderOnly = line.endsWith("/");
  const pattern = line.slice(negated ? 1 : 0, folderOnly ? -1 : undefined);
  const matches = compile(pattern.replace(/^\//, ""), line, number);
  return [{ negated, folderOnly, matches: pattern.includes("/") ? matches : (path) => matches(basename(path)) }];
};

const compile = (pattern: string, line: string, number: number): ((name: string) => boolean) => {
  try {
    return compileGlob(pattern);
  } catch (error) {
    if (error instanceof GlobError) throw new IgnoreError(`.helmignore line ${number}: "${line}": ${error.message}`);
    throw error;
  }
};
