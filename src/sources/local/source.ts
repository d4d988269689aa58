import { stat } from "node:fs/promises";
import { join } from "node:path";
import { abortable } from "../../base/time/abortable.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { ChartCache } from "../cache/charts.ts";
import { chartDigest, noChart, readChartMetadata } from "../chart/chart.ts";
import { readChartFiles } from "../chart/files.ts";
import { type LocalRoot, fieldOf, resolveLocal } from "../roots.ts";
import { cacheTrouble, refusePlace, realPlace, unreadablePlace } from "../place.ts";
import { checkPin } from "../pin.ts";
import { SharedReads } from "../cache/shared-reads.ts";
import type { ChartArtifact, ChartSource, SourceSpec } from "../source.ts";
import { SourceError, unsupported } from "../errors.ts";

/**
 * `source.type: local`: chart folders below configured roots. Each fetch reads the folder again, so that an edited chart is noticed; the copy goes
 * to the cache. Links on the way to the chart may lead anywhere below the roots, links in the chart only to places in the chart.
 */
export class LocalSource implements ChartSource {
  readonly #roots: readonly LocalRoot[];
  readonly #cache: ChartCache;
  readonly #clock: Clock;
  readonly #reads = new SharedReads<ChartArtifact>();

  /** The first root is where relative locations start. */
  constructor(options: { readonly roots: readonly LocalRoot[]; readonly cache: ChartCache; readonly clock: Clock }) {
    this.#roots = options.roots;
    this.#cache = options.cache;
    this.#clock = options.clock;
  }

  async fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    signal.throwIfAborted();
    const field = fieldOf(spec);
    const folder = await this.#locate(spec, field);
    const artifact = await abortable(
      this.#reads.read(folder, () => this.#read(folder, field)),
      signal,
    );
    checkPin(spec.digest, [artifact.digest], field);
    return artifact;
  }

  async #read(folder: string, field: string): Promise<ChartArtifact> {
    try {
      // Before the walk: a folder that is no chart may hold anything, all charts of the root for one.
      if (!(await stat(join(folder, "Chart.yaml")).catch(() => undefined))?.isFile()) throw noChart(field);
      const files = await readChartFiles(folder, field);
      const metadata = readChartMetadata(files, field);
      const digest = chartDigest(files);
      const path = await this.#cache.put(digest, files).catch((error: unknown) => {
        throw cacheTrouble(error);
      });
      return { path, digest, ...metadata, source: { resolved: digest, fetchedAtMs: this.#clock.now() } };
    } catch (error) {
      throw error instanceof SourceError ? error : unreadablePlace(field, error);
    }
  }

  /** Real path of the chart's folder. */
  async #locate(spec: SourceSpec, field: string): Promise<string> {
    const real = await realPlace(this.#roots, resolveLocal(this.#roots, spec), field);
    if ((await stat(real)).isDirectory()) return real;
    const what = /\.(tgz|tar\.gz|tar)$/.test(real) ? "is an archive, which a local source does not unpack" : "is not a folder";
    throw refusePlace(this.#roots, field, unsupported, what);
  }
}
