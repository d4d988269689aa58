import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { cutUtf8 } from "../base/text.ts";
import type { ReleaseRef } from "./driver.ts";

const MAX_FILES = 500;
const MAX_FILE_BYTES = 1_048_576;
const MAX_WARNING_BYTES = 512;
const ANNOTATION = "helm.sh/hook";

export const unknownHook = (hook: string): string => `helm knows no hook ${JSON.stringify(hook)} and leaves out what has it`;

/** An object of a template, as it is written there. */
interface Hooked {
  readonly hook: string;
  readonly title: string;
}

/**
 * Warnings about hooks that helm does not know, with the objects that have them: helm itself names the hook only, and keeps the object in no
 * record. They are looked for in the templates; where the hook is written by a template, nothing is found.
 */
export const withHookedObjects = async (
  warnings: readonly string[],
  chartPath: string | undefined,
  release: ReleaseRef,
): Promise<readonly string[]> => {
  if (chartPath === undefined || !warnings.some((warning) => warning.startsWith("helm knows no hook "))) return warnings;
  const hooked = await hookedObjects(chartPath, release).catch((): readonly Hooked[] => []);
  return warnings.map((warning) => {
    const titles = hooked.filter(({ hook }) => unknownHook(hook) === warning).map(({ title }) => title);
    const remedy = warning.startsWith(unknownHook("crd-install")) ? "; CustomResourceDefinitions belong into crds/" : "";
    return titles.length === 0 ? warning : cutUtf8(`${warning}: ${titles.join(", ")}${remedy}`, MAX_WARNING_BYTES, "… (cut)");
  });
};

const hookedObjects = async (chartPath: string, release: ReleaseRef): Promise<readonly Hooked[]> => {
  const entries = await readdir(chartPath, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => `/${relative(chartPath, path)}`.includes("/templates/"))
    .toSorted()
    .slice(0, MAX_FILES);
  const found: Hooked[] = [];
  for (const path of paths) {
    if ((await stat(path)).size > MAX_FILE_BYTES) continue;
    found.push(...hookedIn(await readFile(path, "utf8"), relative(chartPath, path), release));
  }
  return found;
};

/** Those of one template. */
export const hookedIn = (template: string, path: string, { name, namespace }: ReleaseRef): readonly Hooked[] =>
  template.split(/^---/m).flatMap((document) => {
    const at = document.indexOf(ANNOTATION);
    const hook = at < 0 ? undefined : scalarAfter(document.slice(at + ANNOTATION.length));
    if (hook === undefined) return [];
    const metadata = document.slice(Math.max(0, document.indexOf("metadata")));
    const written = fieldOf(metadata, "name") ?? "";
    const known = written.replaceAll(/\{\{-? *\.Release\.Name *-?\}\}/g, name).replaceAll(/\{\{-? *\.Release\.Namespace *-?\}\}/g, namespace);
    return [{ hook, title: `${fieldOf(document, "kind") ?? "object"} ${known} (${path})` }];
  });

const fieldOf = (text: string, field: string): string | undefined => {
  const at = new RegExp(`(?:^|[{,\\s"'])${field}(?=["']?:)`, "m").exec(text);
  return at === null ? undefined : scalarAfter(text.slice(at.index + at[0].length));
};

/** The scalar behind a key and its colon: quoted, a line of its own, or a part of `{…}`. */
const scalarAfter = (text: string): string | undefined => {
  const line = (/^["']?:[ \t]*([^\n]*)/.exec(text)?.[1] ?? "").trim();
  const quoted = /^(?:"([^"]*)"|'([^']*)')/.exec(line);
  if (quoted !== null) return quoted[1] ?? quoted[2];
  const first = /^(?:\{\{[^}]*\}\}|[^,{}#])+/.exec(line)?.[0].trim();
  // In a block, a comma is a part of the text.
  const isPart = line.includes("}") || line.includes("{{");
  const scalar = isPart ? first : line.replace(/[ \t]+#.*$/, "");
  return scalar === "" ? undefined : scalar;
};
