import type { ReleaseRef } from "../../../helm/driver.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { problemOf } from "../../api/refuse.ts";
import { inputsDigest, prepareDigests, specDigest } from "../desired.ts";
import type { SourceView } from "../source-view.ts";
import { isLeaving, type Situation } from "./situation.ts";

export type ReadySource = Extract<SourceView, { readonly state: "ready" }> & {
  /** Digest of the inputs wanted, with the chart's content. */
  readonly inputsDigest: string;
};

/** What helm would be given. */
export interface SourceFacts {
  readonly source: Exclude<SourceView, { readonly state: "ready" }> | ReadySource;
  /** Digest of the inputs wanted, of the spec alone. */
  readonly specDigest: string;
}

export interface SourceFactsDeps {
  readonly charts: { readonly read: (chart: ArmadaChart, signal: AbortSignal) => Promise<SourceView> };
}

/** A source is not read for a chart that goes, or that is refused. */
export const sourceFacts = async (situation: Omit<Situation, "record">, { charts }: SourceFactsDeps, signal: AbortSignal): Promise<SourceFacts> => {
  const { chart, release } = situation;
  await prepareDigests(chart);
  const isWanted = !isLeaving(situation) && problemOf(chart) === undefined;
  return sourceFactsOf(chart, release, isWanted ? await charts.read(chart, signal) : { state: "unread" });
};

export const sourceFactsOf = (chart: ArmadaChart, release: ReleaseRef, view: SourceView): SourceFacts => ({
  source: view.state === "ready" ? { ...view, inputsDigest: inputsDigest(chart, release, view.artifact.digest) } : view,
  specDigest: specDigest(chart, release),
});

/** Undefined while the source cannot be read. */
export const inputsOf = ({ source }: Pick<SourceFacts, "source">): string | undefined => (source.state === "ready" ? source.inputsDigest : undefined);
