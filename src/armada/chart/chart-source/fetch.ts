import type { Clock } from "../../../base/time/clock.ts";
import type { ArtifactHolder, ArtifactKeeper, ChartArtifact, ChartSource, SourceSpec } from "../../../sources/source.ts";
import { ChartsLacking, type SourceError, unreadable } from "../../../sources/errors.ts";
import { factsOf, isRemote } from "../../../sources/types.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { failureOf } from "../../attempts.ts";
import { sourceRetryMs } from "../decision/context.ts";
import { sourceOf } from "../desired.ts";
import type { SourceView } from "../source-view.ts";

/** What a source gets from Secrets. Rejects with `SourceError`. */
export type SourceSecrets = (chart: ArmadaChart, signal: AbortSignal) => Promise<Pick<SourceSpec, "credentials" | "verify">>;

/** What comes into a chart's charts/. */
export interface Placing {
  /** Changes with what is placed, as far as that is known before it is read. */
  readonly occasion: string;
  /** Rejects with `SourceError`. */
  readonly read: (signal: AbortSignal) => Promise<PlacedCharts>;
  /** What to create where the chart does not hold a name of {@link PlacedCharts.holds}: that is no failure, it may come. */
  readonly missing: (name: string, because: string | undefined) => string;
}

export interface PlacedCharts {
  readonly charts: readonly ChartArtifact[];
  /** What nothing else stands for: the chart must hold it itself. */
  readonly holds: readonly string[];
}

export interface FetchDeps {
  readonly source: ChartSource;
  readonly keeper: ArtifactKeeper;
  readonly clock: Clock;
  readonly secrets: SourceSecrets;
}

export interface Fetching {
  readonly chart: ArmadaChart;
  readonly placing: Placing;
  readonly failures: number;
  /** Whether anybody still waits for it. */
  readonly wanted: () => boolean;
}

/** Reads a chart now, with what comes into its charts/; what was read is held for it. `failures`: how many in a row it will be if this one fails. */
export const fetchChart = async (
  { source, secrets, keeper, clock }: FetchDeps,
  { chart, placing, failures, wanted }: Fetching,
  signal: AbortSignal,
): Promise<SourceView> => {
  try {
    const { charts, holds } = await placing.read(signal);
    const found = await secrets(chart, signal);
    const spec = { ...sourceOf(chart), ...found, ...(charts.length === 0 ? {} : { charts }), ...(holds.length === 0 ? {} : { holds }) };
    const artifact = await source.fetch(spec, signal);
    if (wanted() && !(await keeper.hold(holderOf(chart), artifact))) throw evicted();
    return { state: "ready", artifact, dependencies: charts };
  } catch (error) {
    const isMissing = error instanceof ChartsLacking;
    // What is missing may be put there any moment; only what is on this machine is looked at as often.
    const retryAtMs = clock.now() + sourceRetryMs(chart, isMissing && !isRemote(factsOf(chart.spec.source.type)) ? 1 : failures);
    return isMissing
      ? { state: "waiting", missing: missingOf(error, placing), retryAtMs }
      : { state: "failed", failure: failureOf(error), retryAtMs };
  }
};

export const holderOf = ({ metadata: { uid, namespace = "" } }: ArmadaChart): ArtifactHolder => ({ uid, namespace });

const missingOf = ({ names: [name = ""], cause }: ChartsLacking, { missing }: Placing): string =>
  missing(name, cause instanceof Error ? cause.message : undefined);

const evicted = (): SourceError => unreadable("the chart was evicted from the cache before it could be used: it will be read again");
