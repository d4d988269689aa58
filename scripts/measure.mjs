// Sizes of the production files of src, as they would be at 100 columns: `node scripts/measure.mjs [FOLDER]` (default: src).
import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { parseSync } from "@swc/core";
import { format } from "prettier";

const COLUMNS = 100;
const MANY_BRANCHES = 10;

const folder = process.argv[2] ?? "src";
const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", folder], { encoding: "utf8" });
const isProduction = (path) => /\.m?[jt]s$/.test(path) && !/\.test\.ts$|\.d\.m?ts$|(?:^|\/)(?:testing|fixtures)(?:\/|[-.])|(?:^|\/)fake-/.test(path);
const paths = listed.split("\0").filter((path) => path !== "" && isProduction(path));

/** Nodes at which one way becomes two, as the rule `complexity` of ESLint counts them. */
const BRANCHES = new Set([
  "IfStatement",
  "ConditionalExpression",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
  "CatchClause",
  "OptionalChainingExpression",
  "AssignmentPattern",
]);
const FUNCTIONS = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ClassMethod",
  "PrivateMethod",
  "Constructor",
  "MethodProperty",
]);

const isBranch = (node) =>
  BRANCHES.has(node.type) ||
  (node.type === "SwitchCase" && node.test !== null) ||
  (node.type === "AssignmentPatternProperty" && node.value !== null) ||
  (node.type === "BinaryExpression" && ["&&", "||", "??"].includes(node.operator));

/** Calls `visit` with each node and the function it stands in. */
const walk = (value, owner, visit) => {
  if (Array.isArray(value)) for (const item of value) walk(item, owner, visit);
  else if (typeof value === "object" && value !== null) {
    const inner = FUNCTIONS.has(value.type) ? { span: value.span ?? value.function?.span, branches: 0 } : owner;
    if (typeof value.type === "string") visit(value, inner, inner !== owner);
    for (const child of Object.values(value)) walk(child, inner, visit);
  }
};

/** Lines and branches of each function; swc counts spans in bytes from the start of all it has parsed. */
const functionsOf = (text) => {
  const bytes = Buffer.from(text);
  const module = parseSync(text, { syntax: "typescript", target: "es2024" });
  const start = module.span.end - bytes.length;
  const found = [];
  walk(module.body, undefined, (node, owner, isFunction) => {
    if (isFunction && owner.span !== undefined) found.push(owner);
    if (owner !== undefined && isBranch(node)) owner.branches += 1;
  });
  return found.map(({ span, branches }) => ({
    lines: bytes
      .subarray(span.start - start - 1, span.end - start - 1)
      .toString()
      .split("\n").length,
    branches,
  }));
};

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
const ascending = (numbers) => numbers.toSorted((a, b) => a - b);

const sizes = [];
const functions = [];
for (const path of paths) {
  const text = await format(readFileSync(path, "utf8"), { filepath: path, printWidth: COLUMNS });
  sizes.push({ path, lines: text.trimEnd().split("\n").length });
  functions.push(...functionsOf(text).map((one) => ({ ...one, path })));
}
const page = folder === "src" ? readFileSync("src/README.md", "utf8") : "";
const unnamed = page === "" ? [] : paths.filter((path) => !page.includes(`\`${path.split("/").at(-1)}\``));
const lines = ascending(sizes.map((one) => one.lines));
const lengths = ascending(functions.map((one) => one.lines));
const branchy = functions.filter(({ branches }) => branches > MANY_BRANCHES);

process.stdout.write(
  [
    `files                                          ${paths.length}`,
    `lines of a file, median · p90 · max            ${at(lines, 0.5)} · ${at(lines, 0.9)} · ${lines.at(-1)}`,
    `lines of a function, p99 · max                 ${at(lengths, 0.99)} · ${lengths.at(-1)}`,
    `functions with more than ${MANY_BRANCHES} branches, per 1000  ${((branchy.length / functions.length) * 1000).toFixed(1)} (${branchy.length} of ${functions.length})`,
    `files not named in src/README.md               ${unnamed.length}`,
    "",
    "longest files:     " +
      sizes
        .toSorted((a, b) => b.lines - a.lines)
        .slice(0, 8)
        .map(({ path, lines: n }) => `${path} ${n}`)
        .join(", "),
    "longest functions: " +
      functions
        .toSorted((a, b) => b.lines - a.lines)
        .slice(0, 8)
        .map(({ path, lines: n }) => `${path} ${n}`)
        .join(", "),
    "most branches:     " +
      functions
        .toSorted((a, b) => b.branches - a.branches)
        .slice(0, 12)
        .map(({ path, branches: n }) => `${path} ${n}`)
        .join(", "),
    ...(unnamed.length === 0 ? [] : [`not named:         ${unnamed.join(", ")}`]),
    "",
  ].join("\n"),
);
