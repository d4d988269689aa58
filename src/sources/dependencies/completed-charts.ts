import { realpath } from "node:fs/promises";
import { OldestOut } from "../../base/work/oldest-out.ts";
import type { ChartCache } from "../cache/charts.ts";
import { chartDigest } from "../chart/chart.ts";
import { type ChartFile, readChartFiles } from "../chart/files.ts";
import type { BuiltChart } from "./build.ts";
import type { HeldChart } from "../chart/held.ts";
import { cacheTrouble } from "../place.ts";
import { type ChartToPlace, placeCharts } from "./place-charts.ts";
import { quote } from "../net/remote-url.ts";
import type { ChartArtifact, ChartSource, SourceSpec } from "../source.ts";
import { ChartsLacking, SourceError, unreadable, verificationFailed } from "../errors.ts";

const REMEMBERED = 2_000;

/**
 * Charts with what belongs in their `charts/`: those that the spec names, and dependencies in their Chart.yaml that are not there. A chart that is
 * complete is handed on as it came.
 */
export class CompletedCharts implements ChartSource {
  readonly #source: ChartSource;
  readonly #cache: ChartCache;
  /** Digests of a chart and of what is placed in it → digest of the whole. */
  readonly #known = new OldestOut<string, string>(REMEMBERED);

  constructor({ source, cache }: { readonly source: ChartSource; readonly cache: ChartCache }) {
    this.#source = source;
    this.#cache = cache;
  }

  async fetch({ charts = [], holds = [], ...spec }: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    const { lacks = [], ...chart } = await this.#source.fetch(spec, signal);
    const missing = lacks.filter((name) => !charts.some((given) => given.name === name));
    try {
      const wanted = holds.length === 0 ? [] : await this.#notHeld(chart, holds, signal);
      refuseAbsent(wanted, missing);
      const built = missing.length === 0 ? [] : await this.#build(spec, chart, missing, signal).catch(lackingFor(wanted));
      refuseAbsent(
        wanted,
        built.map(({ name }) => name),
      );
      return charts.length === 0 && built.length === 0 ? chart : await this.#complete(chart, charts, built, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ChartsLacking ? error : cacheTrouble(error);
    }
  }

  async #notHeld(chart: ChartArtifact, names: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const held = await this.#held(chart, (await this.#read(chart)).files, signal);
    return names.filter((wanted) => !held.some(({ name }) => name === wanted));
  }

  async #held(chart: ChartArtifact, files: readonly ChartFile[], signal: AbortSignal): Promise<readonly HeldChart[]> {
    // Only here: a tar reader is much for a process that has local charts only.
    const { heldChartsOn } = await import("../archive/name.ts");
    return heldChartsOn({ folder: chart.path, files, what: nameOf(chart) }, signal);
  }

  async #build(spec: SourceSpec, chart: ChartArtifact, missing: readonly string[], signal: AbortSignal): Promise<readonly BuiltChart[]> {
    await this.#touch(chart);
    const { DependencyBuild, findChart } = await import("./build.ts");
    const { resolved } = chart.source;
    const found = await findChart(chart, { spec: { ...spec, resolved }, inside: "" }, nameOf(chart), signal);
    const lacks = found.lacks.filter((name) => missing.includes(name));
    if (lacks.length === 0) return [];
    if (spec.verify !== undefined) throw unsigned(chart, lacks);
    return new DependencyBuild(this.#source, signal).of({ ...found, lacks });
  }

  async #complete(chart: ChartArtifact, given: readonly ChartArtifact[], built: readonly BuiltChart[], signal: AbortSignal): Promise<ChartArtifact> {
    const key = [chart.digest, ...given.map(({ digest }) => digest), ...built.map((each) => each.key)].join(" ");
    const known = this.#known.get(key);
    const path = known === undefined ? undefined : await this.#cache.find(known);
    if (known !== undefined && path !== undefined) return { ...chart, own: chart.digest, digest: known, path };
    const made = await this.#make(chart, given, built, signal);
    this.#known.set(key, made.digest);
    return { ...chart, own: chart.digest, ...made };
  }

  async #make(chart: ChartArtifact, given: readonly ChartArtifact[], built: readonly BuiltChart[], signal: AbortSignal) {
    const { files } = await this.#read(chart);
    const held = await this.#held(chart, files, signal);
    const toPlace = await Promise.all(given.map((placed) => this.#read(placed)));
    const whole = placeCharts({ files, held, charts: [...toPlace, ...built], what: nameOf(chart) });
    const digest = chartDigest(whole);
    return { digest, path: await this.#cache.put(digest, whole) };
  }

  async #read(chart: ChartArtifact): Promise<ChartToPlace> {
    await this.#touch(chart);
    return { name: chart.name, version: chart.version, files: await readChartFiles(await realpath(chart.path), nameOf(chart)) };
  }

  /** It may have been evicted since it was fetched, and must not be now. */
  async #touch(chart: ChartArtifact): Promise<void> {
    if ((await this.#cache.find(chart.digest)) !== undefined) return;
    throw unreadable(`${nameOf(chart)} is no longer in the chart cache: it will be read again`);
  }
}

/** @throws {ChartsLacking} Some of the wanted are not among those that will be, or are, there. */
const refuseAbsent = (wanted: readonly string[], present: readonly string[]): void => {
  const absent = wanted.filter((name) => !present.includes(name));
  if (absent.length > 0) throw new ChartsLacking(absent);
};

/** Chart.yaml names one of them and cannot bring it there: that may come from elsewhere. What may pass by itself is said as it is. */
const lackingFor =
  (wanted: readonly string[]) =>
  (error: unknown): never => {
    if (wanted.length > 0 && error instanceof SourceError && error.class === "terminal") throw new ChartsLacking(wanted, error);
    throw error;
  };

const nameOf = ({ name }: Pick<ChartArtifact, "name">): string => `chart ${quote(name)}`;

const unsigned = (chart: ChartArtifact, lacks: readonly string[]): SourceError => {
  const names = lacks.map((name) => quote(name)).join(", ");
  return verificationFailed(
    `${nameOf(chart)} has no ${names} in charts/, and a signature covers only what is packaged: run helm dependency build before helm package, or remove source.verify`,
  );
};
