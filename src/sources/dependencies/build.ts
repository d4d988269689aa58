import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { sha256_40 } from "../../base/json/digest.ts";
import { heldChartsOn } from "../archive/name.ts";
import { chartDigest, readChartMetadata } from "../chart/chart.ts";
import { type ChartFile, readChartFiles } from "../chart/files.ts";
import { type DependencyPlace, type Home, homeKey } from "./place.ts";
import { isAllowed, type Wish, wishesOf } from "./wanted.ts";
import type { HeldChart } from "../chart/held.ts";
import { type ChartToPlace, placeCharts } from "./place-charts.ts";
import { quote } from "../net/remote-url.ts";
import type { ChartArtifact, ChartSource, SourceSpec } from "../source.ts";
import { invalidChart, notFound, reworded, SourceError, tooLarge } from "../errors.ts";

/** A chart on disk. */
export interface FoundChart {
  readonly name: string;
  readonly version: string;
  readonly home: Home;
  /** Real path of what the source gave; the chart is there, or at `home.inside` below. */
  readonly top: string;
  readonly files: readonly ChartFile[];
  readonly held: readonly HeldChart[];
  /** Names of dependencies in its Chart.yaml that it does not hold. */
  readonly lacks: readonly string[];
}

/** A dependency, complete. `key` stands for its content. */
export interface BuiltChart extends ChartToPlace {
  readonly key: string;
}

/** For one chart with all that its dependencies want. */
const MOST = 100;

/** What a source gave. @throws {SourceError} The messages begin with `what`. */
export const findChart = async ({ path }: Pick<ChartArtifact, "path">, home: Home, what: string, signal: AbortSignal): Promise<FoundChart> => {
  const top = await realpath(path);
  const folder = join(top, home.inside);
  if (!(await stat(join(folder, "Chart.yaml")).catch(() => undefined))?.isFile()) throw notFound(`${what}: there is no chart in that folder`);
  const files = await readChartFiles(folder, what);
  const { name, version, lacks = [] } = readChartMetadata(files, what);
  const held = await heldChartsOn({ folder, files, what }, signal);
  return { name, version, home, top, files, held, lacks: lacks.filter((wanted) => !held.some((chart) => chart.name === wanted)) };
};

/**
 * Gets what charts lack as `helm dependency build` would, for one chart and all below it; unlike helm, it also builds what a chart at `file://`
 * lacks. Rejects with {@link SourceError}.
 */
export class DependencyBuild {
  readonly #source: ChartSource;
  readonly #signal: AbortSignal;
  readonly #done = new Map<string, BuiltChart>();
  #count = 0;

  constructor(source: ChartSource, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
  }

  /** Each version of a chart once. `trail`: the charts that led to this one, the outermost first. */
  async of(chart: FoundChart, trail: readonly FoundChart[] = []): Promise<readonly BuiltChart[]> {
    const wishes = wishesOf(chart);
    this.#count += wishes.length;
    if (this.#count > MOST) throw tooLarge(`chart ${quote(chart.name)} and the charts it depends on require more than ${MOST} charts to be fetched`);
    const built: BuiltChart[] = [];
    // One after the other, because two that want one another would wait for ever.
    for (const wish of wishes) if (wish.place.kind !== "elsewhere") built.push(await this.#near(wish, wish.place, [...trail, chart]));
    const far = wishes.flatMap((wish) => (wish.place.kind === "elsewhere" ? [this.#far(wish, wish.place.spec)] : []));
    built.push(...(await Promise.all(far)));
    return [...new Map(built.map((each) => [`${each.name} ${each.version}`, each])).values()];
  }

  async #near(wish: Wish, place: NearPlace, trail: readonly FoundChart[]): Promise<BuiltChart> {
    const key = homeKey(place.home);
    const start = trail.findIndex(({ home }) => homeKey(home) === key);
    if (start >= 0) throw circle(trail.slice(start).map(({ name }) => name));
    const chart = this.#done.get(key) ?? (await this.#make(wish, place, trail).catch(saying((message) => `${wish.what}: ${message}`)));
    this.#done.set(key, chart);
    if (isAllowed(wish.dependency, chart.version)) return named(wish, chart);
    const { version } = wish.dependency;
    throw notFound(
      `${wish.what} must have version ${quote(version)}, but the chart in its folder has version ${chart.version}: run helm dependency update`,
    );
  }

  async #make({ what, dependency }: Wish, { kind, home }: NearPlace, trail: readonly FoundChart[]): Promise<BuiltChart> {
    const inside = { path: trail.at(-1)?.top ?? "" };
    const from = kind === "inside" ? inside : await this.#source.fetch(home.spec, this.#signal);
    const found = await findChart(from, home, quote(dependency.repository), this.#signal);
    const charts = found.lacks.length === 0 ? [] : await this.of(found, trail);
    const files = charts.length === 0 ? found.files : placeCharts({ ...found, charts, what });
    return { name: found.name, version: found.version, files, key: sha256_40(chartDigest(found.files), ...charts.map(({ key }) => key)) };
  }

  /** What its chart lacks in turn is not looked for: neither does helm. */
  async #far(wish: Wish, spec: SourceSpec): Promise<BuiltChart> {
    const artifact = await this.#source.fetch(spec, this.#signal).catch(saying((message) => `${wish.what}: ${inWordsOfChart(message)}`));
    const found = await findChart(artifact, { spec, inside: "" }, wish.what, this.#signal);
    return named(wish, { ...found, key: artifact.digest });
  }
}

type NearPlace = Exclude<DependencyPlace, { readonly kind: "elsewhere" }>;

const saying =
  (say: (message: string) => string) =>
  (error: unknown): never => {
    if (!(error instanceof SourceError)) throw error;
    throw reworded(error, say(error.message));
  };

/** Sources speak of the fields of an ArmadaChart. */
const inWordsOfChart = (message: string): string =>
  message.replaceAll("source.location", "repository").replaceAll(/source\.(?:reference|version)/g, "the version of the dependency");

const named = ({ what, dependency }: Wish, chart: BuiltChart): BuiltChart => {
  if (chart.name === dependency.name) return chart;
  throw invalidChart(`${what} is called ${quote(chart.name)} in its own Chart.yaml: use that name in the list of dependencies`);
};

const circle = (names: readonly string[]): SourceError =>
  invalidChart(`charts depend on each other: ${[...names, names[0] ?? ""].join(" → ")}: remove one of these dependencies`);
