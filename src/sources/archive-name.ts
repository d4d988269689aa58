import { join } from "node:path";
import type { ReadEntry } from "tar";
import { walkArchive } from "./archive-walk.ts";
import type { ChartFile } from "./chart-files.ts";
import { nameIn } from "./chart-yaml.ts";
import { type HeldChart, heldCharts, isArchive } from "./held-charts.ts";

/** {@link heldCharts} with the names in the archives. `folder` has the chart on disk. */
export const heldChartsOn = (folder: string, files: readonly ChartFile[], signal: AbortSignal): Promise<readonly HeldChart[]> =>
  Promise.all(
    heldCharts(files).map(async ({ entry, name }) => ({
      entry,
      name: isArchive(entry) ? await nameInArchive(join(folder, "charts", entry), signal) : name,
    })),
  );

/** A Chart.yaml has a few hundred bytes. */
const CHART_YAML_BYTES = 2 ** 20;

/** Undefined for what helm could not read either. */
const nameInArchive = async (file: string, signal: AbortSignal): Promise<string | undefined> => {
  const chunks: Uint8Array[] = [];
  const take = (entry: ReadEntry): void => {
    if (/^(?:\.\/)?[^/]+\/Chart\.yaml$/.test(entry.path) && entry.size < CHART_YAML_BYTES) entry.on("data", (chunk) => chunks.push(chunk));
    else entry.resume();
  };
  try {
    await walkArchive({ file, field: file }, take, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
  return nameIn(Buffer.concat(chunks));
};
