import { basename } from "node:path";
import { quote } from "../net/remote-url.ts";
import { GlobError, compileGlob } from "./glob.ts";

/**
 * The rule by which helm leaves an entry of a chart folder out, e.g. `line 2: "*.md"`; undefined when it is not left out. `path` is relative to the
 * chart, with `/`. A folder left out takes all it holds along.
 */
export type IgnoreRules = (path: string, isFolder: boolean) => string | undefined;

/** A `.helmignore` that helm refuses. The message names line and rule. */
export class IgnoreError extends Error {
  override readonly name = "IgnoreError";
}

interface Rule {
  /** Line and text. */
  readonly named: string;
  readonly negated: boolean;
  readonly folderOnly: boolean;
  /** It looks at the last part of the path only. */
  readonly baseOnly: boolean;
  readonly matches: ReturnType<typeof compileGlob>;
}

/** Comparisons of characters, for all entries of one chart together: some tenths of a second. */
const MAX_STEPS = 50_000_000;

/**
 * The rules of a `.helmignore` as helm 3 (`pkg/ignore`) understands them, and its built-in last rule `templates/.?*`.
 * A rule without `/` looks at the last part of the path, others at the whole path. The first rule that decides wins. A `!` rule is not git's:
 * it leaves out everything that it does **not** match and lets the rules after it judge the rest.
 * @throws {IgnoreError} `**` and malformed patterns. The rules throw it when they take too long.
 */
export const parseIgnore = (text: string): IgnoreRules => {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const rules = [...lines, "templates/.?*"].flatMap((line, index) => parseRule(line.trim(), index + 1));
  let left = MAX_STEPS;
  const spend = (): void => {
    if (--left < 0) throw new IgnoreError(".helmignore takes too long for so many files: use fewer rules, with fewer *");
  };
  return (path, isFolder) => decide(rules, path, isFolder, spend);
};

const decide = (rules: readonly Rule[], path: string, isFolder: boolean, spend: () => void): string | undefined => {
  const [whole, base] = [Array.from(path), Array.from(basename(path))];
  for (const rule of rules) {
    spend();
    const matched = (isFolder || !rule.folderOnly) && rule.matches(rule.baseOnly ? base : whole, spend);
    if (matched !== rule.negated) return rule.named;
  }
  return undefined;
};

const parseRule = (line: string, number: number): readonly Rule[] => {
  if (line === "" || line.startsWith("#")) return [];
  const named = `line ${number}: ${quote(line)}`;
  if (line.includes("**")) throw new IgnoreError(`.helmignore ${named}: helm does not support **`);
  const negated = line.startsWith("!");
  const folderOnly = line.endsWith("/");
  const pattern = line.slice(negated ? 1 : 0, folderOnly ? -1 : undefined);
  return [{ named, negated, folderOnly, baseOnly: !pattern.includes("/"), matches: compile(pattern.replace(/^\//, ""), named) }];
};

const compile = (pattern: string, named: string): Rule["matches"] => {
  try {
    return compileGlob(pattern);
  } catch (error) {
    if (error instanceof GlobError) throw new IgnoreError(`.helmignore ${named}: ${error.message}`);
    throw error;
  }
};
