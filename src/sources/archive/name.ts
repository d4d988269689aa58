import { join } from "node:path";
import type { ReadEntry } from "tar";
import { ARCHIVE_LIMITS, type ArchiveLimits, walkArchive } from "./walk.ts";
import type { ChartFile } from "../chart/files.ts";
import { nameIn } from "../chart/metadata.ts";
import { type HeldChart, heldCharts, isArchive } from "../chart/held.ts";

interface ChartOnDisk {
  readonly folder: string;
  readonly files: readonly ChartFile[];
  /** Begins the messages. */
  readonly what: string;
}

/** {@link heldCharts} with the names that are in the archives, where they can be found out. */
export const heldChartsOn = async ({ folder, files, what }: ChartOnDisk, signal: AbortSignal): Promise<readonly HeldChart[]> => {
  const found: HeldChart[] = [];
  let looks = 0;
  for (const held of heldCharts(files, what)) {
    const look = isArchive(held.entry) && (looks += 1) <= MOST;
    const inside = look ? await nameInArchive(join(folder, "charts", held.entry), signal) : undefined;
    found.push({ ...held, name: inside ?? held.name });
  }
  return found;
};

/** So many archives are looked into, and so far: Chart.yaml stands at their start. */
const MOST = 100;
const LIMITS: ArchiveLimits = { ...ARCHIVE_LIMITS, unpackedBytes: 8 * 2 ** 20 };
const CHART_YAML_BYTES = 2 ** 20;

/** Undefined for what helm could not read either, and for what costs too much to read: that is no fault of the chart it is in. */
const nameInArchive = async (file: string, signal: AbortSignal): Promise<string | undefined> => {
  const chunks: Uint8Array[] = [];
  const take = (entry: ReadEntry): void => {
    if (chunks.length > 0) throw new Error("Chart.yaml has been read");
    if (/^(?:\.\/)?[^/]+\/Chart\.yaml$/.test(entry.path) && entry.size < CHART_YAML_BYTES) entry.on("data", (chunk) => chunks.push(chunk));
    else entry.resume();
  };
  await walkArchive({ file, field: file, limits: LIMITS }, take, signal).catch(() => signal.throwIfAborted());
  try {
    return nameIn(Buffer.concat(chunks), file);
  } catch {
    return undefined;
  }
};
