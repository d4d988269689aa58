import type { ArmadaChart } from "../../api/chart.ts";
import type { Estate } from "../../estate/estate.ts";
import type { ChartObserved } from "../observed.ts";
import { identify, type OwnershipDeps } from "../release/ownership.ts";
import type { SourceView } from "../source-view.ts";
import { estateFacts } from "./estate-facts.ts";
import { ownershipWithoutRecord } from "./ownership-facts.ts";
import { NO_RELEASE } from "./release-facts.ts";
import { NOTHING_REMOVED } from "./removal-facts.ts";
import { sourceFactsOf } from "./source-facts.ts";

export interface Surroundings {
  /** What there is beside the chart. */
  readonly estate: Estate;
  /** What is known of its source. */
  readonly view: SourceView;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
  /** Hold of the Lease, which labels of releases name. */
  readonly epoch: string;
  /** Why its release may not live where the spec says. */
  readonly refusal?: string;
}

/** What a decision about a chart knows before anything of it is installed. Asks no cluster: a decision can be made of files alone. */
export const notInstalled = (chart: ArmadaChart, { estate, view, nowMs, epoch, refusal }: Surroundings): ChartObserved => {
  const deps: OwnershipDeps = {
    estate,
    releases: { read: () => undefined, ownedBy: () => [] },
    chartByUid: () => undefined,
    clock: { now: () => nowMs },
  };
  const release = identify(chart, deps);
  const place = estateFacts(chart, estate, nowMs);
  return {
    nowMs,
    epoch,
    release,
    account: undefined,
    refusal,
    ...place,
    ...sourceFactsOf(chart, release, view),
    ...ownershipWithoutRecord({ chart, release, target: place.target }, deps),
    ...NO_RELEASE,
    ...NOTHING_REMOVED,
  };
};
