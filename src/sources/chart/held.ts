import type { ChartFile } from "./files.ts";
import { nameIn } from "./metadata.ts";

/** What helm takes for a chart in `charts/` of another. */
export interface HeldChart {
  /** Of the folder or archive in `charts/`. */
  readonly entry: string;
  /** From its Chart.yaml; of an archive what its file name says. Undefined when that says nothing. */
  readonly name: string | undefined;
}

/**
 * Folders and archives in `charts/`; helm passes over those that begin with `_` or `.`, and over provenance files.
 * @throws {SourceError} The Chart.yaml of a folder costs too much to read. The message begins with `what`.
 */
export const heldCharts = (files: readonly ChartFile[], what: string): readonly HeldChart[] => {
  const names = new Map<string, string | undefined>();
  for (const { path, bytes } of files) {
    const [top, entry = "", ...rest] = path.split("/");
    if (top !== "charts" || /^$|^[_.]|\.prov$/.test(entry)) continue;
    const name = rest.length === 1 && rest[0] === "Chart.yaml" ? nameIn(bytes, `${what}: ${path}`) : undefined;
    if (rest.length > 0) names.set(entry, name ?? names.get(entry));
    else if (isArchive(entry)) names.set(entry, PACKAGED.exec(entry)?.[1]);
  }
  return [...names].map(([entry, name]) => ({ entry, name }));
};

export const isArchive = (entry: string): boolean => entry.endsWith(".tgz");

/** As helm package calls it: name and version. */
const PACKAGED = /^(.+?)-[0-9]+\.[0-9]+\.[0-9]+(?:[-+].*)?\.tgz$/;
