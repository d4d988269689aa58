import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "../../base/process/environment.ts";
import type { ArchiveOptions, ChartArchive } from "./chart-archive.ts";
import { runToEnd } from "./tool-run.ts";

/** What is at a path of a server. */
export interface ServedFile {
  /** With a slash in front. */
  readonly path: string;
  /** `Content-Type`. */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** `Docker-Content-Digest`, of a manifest. */
  readonly digest?: string;
}

/** What people are shown of it. */
export interface Served {
  readonly files: readonly ServedFile[];
  /** After scheme, host and port of a URL, a line for each chart. */
  readonly lines: readonly string[];
}

export const sha256Of = (bytes: Uint8Array | string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

const GZIP = "application/gzip";

/** Archives in the folder `archives`. */
export const serveArchives = (archives: readonly ChartArchive[]): Served => ({
  files: archives.map(({ name, bytes }) => ({ path: `/archives/${name}`, type: GZIP, bytes })),
  lines: archives.map(({ name, bytes }) => `/archives/${name} ${sha256Of(bytes)}`),
});

/** A Helm repository in the folder `stable`; its index is made by helm. */
export const serveRepository = async (
  archives: readonly ChartArchive[],
  { helm, path, workFolder }: Pick<ArchiveOptions, "helm" | "path" | "workFolder">,
  signal: AbortSignal,
): Promise<Served> => {
  const folder = join(workFolder, "stable");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { name, bytes } of archives) await writeFile(join(folder, name), bytes);
  const env: Environment = { PATH: path, HOME: workFolder, HELM_NO_PLUGINS: "1" };
  await runToEnd(helm, ["repo", "index", folder], { env, cwd: folder }, signal);
  const index = { path: "/stable/index.yaml", type: "application/yaml", bytes: await readFile(join(folder, "index.yaml")) };
  return {
    files: [index, ...archives.map(({ name, bytes }) => ({ path: `/stable/${name}`, type: GZIP, bytes }))],
    lines: archives.map(({ metadata: { name, version } }) => `/stable ${name} ${version}`),
  };
};

const CONFIG = "application/vnd.cncf.helm.config.v1+json";
const LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/**
 * The part of a registry that gives (`GET` of the OCI distribution specification), with each chart in `charts/NAME` as `helm push` leaves it there, tagged
 * with its version; without the time that helm adds, so that a digest holds everywhere.
 */
export const serveRegistry = (archives: readonly ChartArchive[]): Served => {
  const charts = archives.map(({ bytes, metadata }) => {
    const config = Buffer.from(JSON.stringify(metadata));
    const manifest = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: descriptor(CONFIG, config), layers: [descriptor(LAYER, bytes)] }),
    );
    return { ...metadata, blobs: [config, bytes], manifest, digest: sha256Of(manifest) };
  });
  const names = [...new Set(charts.map(({ name }) => name))];
  return {
    files: [
      { path: "/v2/", type: "application/json", bytes: Buffer.from("{}") },
      ...names.map((name) => tagsOf(name, charts)),
      ...charts.flatMap(({ name, version, blobs, manifest, digest }) => [
        ...[version, digest].map((which) => ({ path: `/v2/charts/${name}/manifests/${which}`, type: MANIFEST, bytes: manifest, digest })),
        ...blobs.map((bytes) => ({ path: `/v2/charts/${name}/blobs/${sha256Of(bytes)}`, type: "application/octet-stream", bytes })),
      ]),
    ],
    lines: charts.map(({ name, version, digest }) => `/charts/${name}:${version} ${digest}`),
  };
};

const descriptor = (mediaType: string, bytes: Uint8Array) => ({ mediaType, digest: sha256Of(bytes), size: bytes.byteLength });

const tagsOf = (chart: string, charts: readonly { readonly name: string; readonly version: string }[]): ServedFile => {
  const tags = charts.filter(({ name }) => name === chart).map(({ version }) => version);
  return {
    path: `/v2/charts/${chart}/tags/list`,
    type: "application/json",
    bytes: Buffer.from(JSON.stringify({ name: `charts/${chart}`, tags })),
  };
};
