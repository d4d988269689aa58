import type { Clock } from "../../../base/time/clock.ts";
import type { ChartArtifact, ChartSource } from "../../../sources/source.ts";
import { invalidChart, reworded, SourceError } from "../../../sources/errors.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import type { Estate } from "../../estate/estate.ts";
import { PATIENCE_MS, type ChartReader, type ReadOptions } from "./reader.ts";
import type { PlacedCharts, Placing } from "./fetch.ts";
import { missingSentence, namesakesAmong, planOf, type FolderDependency, type Step } from "./dependencies.ts";
import type { SourceView } from "../source-view.ts";

export interface CompleteChartReaderDeps {
  readonly reader: ChartReader;
  readonly estate: Pick<Estate, "crossNamespace" | "dependency">;
  /** Of folders that stand for no ArmadaChart. */
  readonly source: ChartSource;
  /** Chart roots, as users write them. */
  readonly roots: readonly string[];
  readonly clock: Clock;
}

interface Looking {
  /** Of everything that comes into it. */
  readonly views: ReadonlyMap<string, Promise<SourceView>>;
  /** Milliseconds; for a chart and all that comes into it together. */
  readonly timeLeft: () => number;
}

/** The chart of an ArmadaChart, or a folder that is read together with the chart it is placed in. */
type Placed = { readonly is: "chart"; readonly name: string; readonly uid: string; readonly artifact: ChartArtifact } | FolderDependency;

/** Reads charts with what their `spec.dependencies` name in charts/. Each ArmadaChart is read by its own source block, once for all that name it. */
export class CompleteChartReader {
  readonly #deps: CompleteChartReaderDeps;

  constructor(deps: CompleteChartReaderDeps) {
    this.#deps = deps;
  }

  async read(chart: ArmadaChart, { patienceMs = PATIENCE_MS }: Pick<ReadOptions, "patienceMs">, signal: AbortSignal): Promise<SourceView> {
    const views = new Map<string, Promise<SourceView>>();
    const { estate, clock } = this.#deps;
    const untilMs = clock.monotonic() + patienceMs;
    const timeLeft = (): number => Math.max(0, untilMs - clock.monotonic());
    for (const step of planOf(chart, estate)) views.set(step.chart.metadata.uid, this.#look(step, { views, timeLeft }, signal));
    return views.get(chart.metadata.uid) ?? { state: "unread" };
  }

  forget(uid: string): void {
    this.#deps.reader.forget(uid);
  }

  distrust(uid: string): void {
    this.#deps.reader.distrust(uid);
  }

  async #look(step: Step, { views, timeLeft }: Looking, signal: AbortSignal): Promise<SourceView> {
    const { chart } = step;
    const { reader } = this.#deps;
    if ("problem" in step) {
      const { problem } = step;
      const placing = { occasion: problem, read: () => Promise.reject(invalidChart(problem)), missing: () => problem };
      return reader.read(chart, { placing }, signal);
    }
    if (step.places.length === 0) return reader.read(chart, { patienceMs: timeLeft() }, signal);
    const found = await Promise.all(
      step.places.map(async (place): Promise<Placed | SourceView> => {
        if (place.is === "folder") return place;
        const { uid } = place.chart.metadata;
        const view = (await views.get(uid)) ?? { state: "unread" };
        return view.state === "ready" ? { is: "chart", name: place.name, uid, artifact: view.artifact } : because(place.name, view);
      }),
    );
    const obstacle = found.find((one) => "state" in one);
    return (
      obstacle ??
      this.#readWith(
        chart,
        found.filter((one) => "is" in one),
        timeLeft,
        signal,
      )
    );
  }

  async #readWith(chart: ArmadaChart, placed: readonly Placed[], timeLeft: () => number, signal: AbortSignal): Promise<SourceView> {
    const { reader } = this.#deps;
    const occasion = placed.map((one) => (one.is === "chart" ? one.artifact.digest : `folder ${one.name}`)).join(" ");
    const missing = (name: string, because?: string): string => {
      const folder = placed.find((one): one is FolderDependency => one.is === "folder" && one.name === name) ?? {
        name,
        is: "folder",
        outOfReach: [],
      };
      return missingSentence(folder, { namespace: chart.metadata.namespace ?? "default", roots: this.#deps.roots, because });
    };
    const placing: Placing = { occasion, missing, read: (shared) => this.#chartsOf(placed, shared) };
    return reader.read(chart, { placing, patienceMs: timeLeft() }, signal);
  }

  async #chartsOf(placed: readonly Placed[], signal: AbortSignal): Promise<PlacedCharts> {
    const found: { readonly dependency: string; readonly artifact: ChartArtifact }[] = [];
    const holds: string[] = [];
    for (const one of placed) {
      const artifact = one.is === "chart" ? one.artifact : await this.#folder(one.name, signal);
      if (artifact === undefined) holds.push(one.name);
      else found.push({ dependency: one.name, artifact });
    }
    const problem = namesakesAmong(found.map(({ dependency, artifact }) => ({ dependency, chart: artifact.name })));
    if (problem !== undefined) throw invalidChart(problem);
    return { charts: found.map(({ artifact }) => artifact), holds };
  }

  /** Directly below the first root that has a folder of that name. */
  async #folder(name: string, signal: AbortSignal): Promise<ChartArtifact | undefined> {
    const { source, roots } = this.#deps;
    const isFolderName = !name.includes("/") && name !== "." && name !== "..";
    for (const root of isFolderName ? roots : []) {
      try {
        return await source.fetch({ type: "local", location: `${root.replace(/\/+$/, "")}/${name}`, subpath: "." }, signal);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        if (error.reason !== "NotFound") throw reworded(error, `${dependencyOf(name)}: ${error.message}`);
      }
    }
    return undefined;
  }
}

const dependencyOf = (name: string): string => `dependency ${JSON.stringify(name)}`;

/** The view of a chart whose dependency is not ready. */
const because = (name: string, view: SourceView): SourceView => {
  if (view.state === "failed") return { ...view, failure: { ...view.failure, message: `${dependencyOf(name)}: ${view.failure.message}` } };
  return view.state === "waiting" ? { ...view, missing: `${dependencyOf(name)}: ${view.missing}` } : view;
};
