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
  readonly charts: { readonly read: (chart: ArmadaChart, options: { readonly patienceMs?: number }, signal: AbortSignal) => Promise<SourceView> };
}

/** How long a pass waits for the source of a parked chart: what is decided of that does not depend on it. */
const PARKED_PATIENCE_MS = 100;

/** A source is not read for a chart that goes, or that is refused. */
export const sourceFacts = async (situation: Omit<Situation, "record">, { charts }: SourceFactsDeps, signal: AbortSignal): Promise<SourceFacts> => {
  const { chart, release, target } = situation;
  await prepareDigests(chart);
  const options = target === "uninitialized" ? { patienceMs: PARKED_PATIENCE_MS } : {};
  const isWanted = !isLeaving(situation) && problemOf(chart) === undefined;
  return sourceFactsOf(chart, release, isWanted ? await charts.read(chart, options, signal) : { state: "unread" });
};

export const sourceFactsOf = (chart: ArmadaChart, release: ReleaseRef, view: SourceView): SourceFacts => ({
  source: view.state === "ready" ? { ...view, inputsDigest: inputsDigest(chart, release, view.artifact.digest) } : view,
  specDigest: specDigest(chart, release),
});

/** Undefined while the source cannot be read. */
export const inputsOf = ({ source }: Pick<SourceFacts, "source">): string | undefined => (source.state === "ready" ? source.inputsDigest : undefined);
