import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { turns } from "../../base/work/turns.ts";

const MAX_FILES = 500;
/** Of one that is looked through at once: larger ones are passed over. */
const MAX_FILE_BYTES = 262_144;

export interface Template {
  /** Relative to the chart. */
  readonly path: string;
  readonly text: string;
}

/**
 * What `find` finds in the templates of a chart and of the charts in its charts/, in the order of their paths, with turns for others. Nothing where
 * they cannot be read.
 */
export const findInTemplates = async <T>(chartPath: string, find: (template: Template) => readonly T[]): Promise<readonly T[]> => {
  const turn = turns();
  const found: T[] = [];
  try {
    for (const path of await pathsIn(chartPath)) {
      if ((await stat(path)).size > MAX_FILE_BYTES) continue;
      found.push(...find({ path: relative(chartPath, path), text: await readFile(path, "utf8") }));
      await turn();
    }
    return found;
  } catch {
    return [];
  }
};

const pathsIn = async (chartPath: string): Promise<readonly string[]> => {
  const entries = await readdir(chartPath, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => `/${relative(chartPath, path)}`.includes("/templates/"))
    .toSorted()
    .slice(0, MAX_FILES);
};

/** The documents of a template, unrendered. */
export const documentsOf = ({ text }: Template): readonly string[] => text.split(/^---/m);

/** The first scalar of that key, as it is written. */
export const fieldOf = (text: string, field: string): string | undefined => {
  const at = new RegExp(`(?:^|[{,\\s"'])${field}(?=["']?:)`, "m").exec(text);
  return at === null ? undefined : scalarAfter(text.slice(at.index + at[0].length));
};

/** The scalar behind a key and its colon: quoted, a line of its own, or a part of `{…}`. Of a long line, its beginning. */
export const scalarAfter = (text: string): string | undefined => {
  const line = (/^["']?:[ \t]*([^\n]{0,500})/.exec(text)?.[1] ?? "").trim();
  const quoted = /^(?:"([^"]*)"|'([^']*)')/.exec(line);
  if (quoted !== null) return quoted[1] ?? quoted[2];
  const first = /^(?:\{\{[^}]*\}\}|[^,{}#])+/.exec(line)?.[0].trim();
  // In a block, a comma is a part of the text.
  const isPart = line.includes("}") || line.includes("{{");
  const scalar = isPart ? first : line.replace(/(?<![ \t])[ \t]+#.*$/, "");
  return scalar === "" ? undefined : scalar;
};
