import { realpath } from "node:fs/promises";
import type { ChartCache } from "./cache.ts";
import { chartDigest } from "./chart.ts";
import { readChartFiles } from "./chart-files.ts";
import { cacheTrouble } from "./local-place.ts";
import { type ChartToPlace, placeCharts } from "./place-charts.ts";
import { quote } from "./remote-url.ts";
import { type ChartArtifact, type ChartSource, SourceError, type SourceSpec } from "./source.ts";

const REMEMBERED = 2_000;

/** Charts with what belongs into their `charts/`. A chart that wants nothing there is handed on as it came. */
export class CompletedCharts implements ChartSource {
  readonly #source: ChartSource;
  readonly #cache: ChartCache;
  /** Digests of a chart and of what is placed in it → digest of the whole. */
  readonly #known = new Map<string, string>();

  constructor({ source, cache }: { readonly source: ChartSource; readonly cache: ChartCache }) {
    this.#source = source;
    this.#cache = cache;
  }

  async fetch({ charts = [], ...spec }: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    const artifact = await this.#source.fetch(spec, signal);
    return charts.length === 0 ? artifact : this.#place(artifact, charts, signal);
  }

  async #place(chart: ChartArtifact, charts: readonly ChartArtifact[], signal: AbortSignal): Promise<ChartArtifact> {
    const key = [chart, ...charts].map(({ digest }) => digest).join(" ");
    const known = this.#known.get(key);
    const path = known === undefined ? undefined : await this.#cache.find(known);
    if (known !== undefined && path !== undefined) return { ...chart, digest: known, path };
    const made = await this.#make(chart, charts, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error instanceof SourceError ? error : cacheTrouble(error);
    });
    this.#known.set(key, made.digest);
    for (const [oldest] of this.#known) if (this.#known.size > REMEMBERED) this.#known.delete(oldest);
    return { ...chart, ...made };
  }

  async #make(chart: ChartArtifact, charts: readonly ChartArtifact[], signal: AbortSignal): Promise<Pick<ChartArtifact, "digest" | "path">> {
    const { files } = await this.#read(chart);
    // Only here: a tar reader is much for a process that has local charts only.
    const { heldChartsOn } = await import("./archive-name.ts");
    const held = await heldChartsOn(chart.path, files, signal);
    const toPlace = await Promise.all(charts.map((placed) => this.#read(placed)));
    const whole = placeCharts({ files, held, charts: toPlace, what: nameOf(chart) });
    const digest = chartDigest(whole);
    return { digest, path: await this.#cache.put(digest, whole) };
  }

  async #read({ digest, name, version, ...chart }: ChartArtifact): Promise<ChartToPlace> {
    const what = nameOf({ name });
    if ((await this.#cache.find(digest)) === undefined) throw gone(what);
    return { name, version, files: await readChartFiles(await realpath(chart.path), what) };
  }
}

const nameOf = ({ name }: Pick<ChartArtifact, "name">): string => `chart ${quote(name)}`;

const gone = (what: string): SourceError =>
  new SourceError(`${what} is no longer in the chart cache: it is read again`, { reason: "Unreadable", class: "transient" });
