import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { isRecord } from "../../base/json/json.ts";
import { parseYaml } from "../../base/json/yaml.ts";
import type { Environment } from "../../base/process/environment.ts";
import { copyChart } from "./chart-copy.ts";
import { runToEnd } from "./tool-run.ts";

export interface ArchiveOptions {
  /** Folder that holds the charts; dependencies (`file://../NAME`) are looked for there. */
  readonly charts: string;
  /** To be made, and of no use afterwards. */
  readonly workFolder: string;
  readonly helm: string;
  /** Where helm looks programs up. */
  readonly path: string;
}

/** A chart to pack. */
export interface ChartToPack {
  /** Folder of the chart. */
  readonly name: string;
  /** Default: the one in its Chart.yaml. */
  readonly version: string | undefined;
}

/** Chart.yaml, with the version that was packed. */
export type ChartMetadata = Readonly<Record<string, unknown>> & { readonly name: string; readonly version: string };

export interface ChartArchive {
  /** `NAME-VERSION.tgz`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly metadata: ChartMetadata;
}

/** Packs each of `wanted` by `helm package`, with the charts it depends on inside. The same charts make the same bytes, see {@link timeless}. */
export const packCharts = async (wanted: readonly ChartToPack[], options: ArchiveOptions, signal: AbortSignal): Promise<readonly ChartArchive[]> => {
  const { charts, workFolder, helm, path } = options;
  const packed = join(workFolder, "packed");
  await mkdir(packed, { recursive: true, mode: 0o700 });
  const all = (await readdir(charts, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of all) await copyChart(join(charts, name), join(workFolder, name));
  const env: Environment = { PATH: path, HOME: workFolder, HELM_NO_PLUGINS: "1" };
  const archives: ChartArchive[] = [];
  for (const { name, version } of wanted) {
    const chart = join(workFolder, name);
    await runToEnd(helm, ["dependency", "build", chart], { env, cwd: workFolder }, signal);
    // It holds the time; what it locks is in the archive.
    await rm(join(chart, "Chart.lock"), { force: true });
    const flags = version === undefined ? [] : [`--version=${version}`];
    await runToEnd(helm, ["package", chart, "--destination", packed, ...flags], { env, cwd: workFolder }, signal);
    const metadata = await metadataOf(chart, version);
    const file = `${metadata.name}-${metadata.version}.tgz`;
    archives.push({ name: file, bytes: timeless(await readFile(join(packed, file))), metadata });
  }
  return archives;
};

const metadataOf = async (chart: string, packedAs: string | undefined): Promise<ChartMetadata> => {
  const file = join(chart, "Chart.yaml");
  const content: unknown = parseYaml(await readFile(file, "utf8"));
  const { name, version, ...rest } = isRecord(content) ? content : {};
  if (typeof name !== "string" || typeof version !== "string") throw new Error(`${file} has no name, or no version`);
  return { ...rest, name, version: packedAs ?? version };
};

const BLOCK = 512;
/** Of every entry, in seconds. */
const MODIFIED = Date.UTC(2026, 0, 1) / 1000;

/**
 * The archive with another time in it: helm writes that of the packing, so that two archives of one chart are never alike. Not compressed, because
 * compressors differ between machines.
 */
export const timeless = (archive: Uint8Array): Uint8Array => {
  const tar = gunzipSync(archive);
  for (let at = 0; tar[at] !== undefined && tar[at] !== 0; at += BLOCK + contentBytes(tar, at)) {
    tar.write(`${MODIFIED.toString(8).padStart(11, "0")}\0`, at + 136, "latin1");
    // The checksum is that of the header with spaces in its place.
    tar.fill(" ", at + 148, at + 156);
    const sum = tar.subarray(at, at + BLOCK).reduce((total, byte) => total + byte, 0);
    tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
  }
  return gzipSync(tar, { level: 0 });
};

/** What follows the header at `at`, in whole blocks. */
const contentBytes = (tar: Buffer, at: number): number => Math.ceil(Number.parseInt(tar.toString("latin1", at + 124, at + 135), 8) / BLOCK) * BLOCK;
