import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Writes files (path → text) below `folder`. */
export const writeTree = async (folder: string, files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
};

/** A folder for one test; `remove` in `afterEach`. */
export const temporaryFolder = async (): Promise<{ readonly path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), "armada-sources-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

export const CHART_YAML = "apiVersion: v2\nname: blog\nversion: 0.1.0\n";
