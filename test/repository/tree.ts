import { readFileSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What .gitignore leaves out, and git itself. */
const IGNORED = new Set([".git", "node_modules", ".cache", ".armada", "coverage", "dist"]);

const walk = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !IGNORED.has(name) && !name.endsWith(".tsbuildinfo"))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? walk(path) : [path];
    });

/** Every file of the repository, relative to its root, with `/`. */
export const files: readonly string[] = walk("").toSorted();

export const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Folders that hold files, themselves or further down. */
export const folders: ReadonlySet<string> = new Set(
  files.flatMap((file) => {
    const parts = posix.dirname(file).split("/");
    return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  }),
);

/** What tests share stands in folders of that name. */
const SUPPORT = /(?:^|\/)testing\//;

export const isTest = (path: string): boolean => path.endsWith(".test.ts");
export const isTestSupport = (path: string): boolean => SUPPORT.test(path);

/** What runs: the TypeScript and JavaScript of `src` that is neither test nor fake. */
export const production: readonly string[] = files.filter(
  (path) => path.startsWith("src/") && /\.(?:ts|mjs)$/.test(path) && !path.endsWith(".d.mts") && !isTest(path) && !isTestSupport(path),
);
