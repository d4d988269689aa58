import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { abortable } from "../base/abortable.ts";
import { type ChartCache, storedAtMs } from "./cache.ts";
import { chartDigest, noChart, readChartMetadata } from "./chart.ts";
import { readChartFiles } from "./chart-files.ts";
import { type LocalRoot, fieldOf, mountsOf, resolveLocal } from "./local-path.ts";
import { SharedReads } from "./shared-reads.ts";
import { type ChartArtifact, type ChartSource, SourceError, type SourceSpec } from "./source.ts";

/**
 * `source.type: local`: chart folders below configured roots. Each fetch reads the folder again, so that an edited chart is noticed; the copy goes
 * to the cache. Links on the way to the chart may lead anywhere below the roots, links in the chart only to places in the chart.
 */
export class LocalSource implements ChartSource {
  readonly #roots: readonly LocalRoot[];
  readonly #cache: ChartCache;
  readonly #reads = new SharedReads<ChartArtifact>();

  /** The first root is where relative locations start. */
  constructor(options: { readonly roots: readonly LocalRoot[]; readonly cache: ChartCache }) {
    this.#roots = options.roots;
    this.#cache = options.cache;
  }

  async fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    signal.throwIfAborted();
    const field = fieldOf(spec);
    const folder = await this.#locate(spec, field);
    return abortable(
      this.#reads.read(folder, () => this.#read(folder, field)),
      signal,
    );
  }

  async #read(folder: string, field: string): Promise<ChartArtifact> {
    try {
      // Before the walk: a folder that is no chart may hold anything, all charts of the root for one.
      if (!(await stat(join(folder, "Chart.yaml")).catch(() => undefined))?.isFile()) throw noChart(field);
      const files = await readChartFiles(folder, field);
      const metadata = readChartMetadata(files, field);
      const digest = chartDigest(files);
      const path = await this.#cache.put(digest, files).catch((error: unknown) => {
        throw transient(`the chart cache cannot be written (${codeOf(error)}): give its volume room and the operator the right to write`, error);
      });
      return { path, digest, ...metadata, source: { resolved: digest, fetchedAtMs: await storedAtMs(path) } };
    } catch (error) {
      throw error instanceof SourceError ? error : unreadable(field, error);
    }
  }

  /** Real path of the chart's folder. */
  async #locate(spec: SourceSpec, field: string): Promise<string> {
    const wanted = resolveLocal(this.#roots, spec);
    const roots = await Promise.all(this.#roots.map(realRoot));
    const real = await realpath(wanted).catch((error: unknown) => {
      throw this.#missing(field, error);
    });
    if (!roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)))
      throw this.#refuse(field, "NotAllowed", "is a link that leads out of the chart roots");
    const stats = await stat(real);
    if (stats.isDirectory()) return real;
    throw this.#refuse(
      field,
      "Unsupported",
      /\.(tgz|tar\.gz|tar)$/.test(real) ? "is an archive, which a local source does not unpack" : "is not a folder",
    );
  }

  #missing(field: string, error: unknown): SourceError {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return this.#refuse(field, "NotFound", "does not exist");
    if (code === "ELOOP") return this.#refuse(field, "NotAllowed", "is a link that leads back to itself");
    return unreadable(field, error);
  }

  #refuse(field: string, reason: "NotFound" | "NotAllowed" | "Unsupported", what: string): SourceError {
    return new SourceError(`${field} ${what}: name a chart's folder below ${mountsOf(this.#roots)}`, { reason, class: "terminal" });
  }
}

/** A root that is not there is a mistake in the operator's set-up, not in the object: it may be mounted any moment. */
const realRoot = ({ mount, path }: LocalRoot): Promise<string> =>
  realpath(path).catch((error: unknown) => {
    throw transient(`the chart root ${mount} cannot be read (${codeOf(error)}): mount it, or start the operator with another --chart-root`, error);
  });

const unreadable = (field: string, error: unknown): SourceError => {
  const code = codeOf(error);
  const remedy =
    code === "ENOENT" || code === "ENOTDIR" ? "it changed while it was read and is read again" : "give the operator the right to read it";
  return transient(`${field} cannot be read (${code}): ${remedy}`, error);
};

const transient = (message: string, cause: unknown): SourceError => new SourceError(message, { reason: "Unreadable", class: "transient", cause });

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : String(error);
