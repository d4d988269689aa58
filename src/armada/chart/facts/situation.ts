import type { ReleaseRef } from "../../../helm/driver.ts";
import type { ReleaseRecord } from "../../../helm/release.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import type { TargetState } from "../../api/common.ts";
import { isTerminating } from "../../estate/estate.ts";

/** The chart that facts are collected about, and the record of its release as the watch told it. */
export interface Situation {
  readonly chart: ArmadaChart;
  readonly release: ReleaseRef;
  readonly target: TargetState;
  readonly record: ReleaseRecord | undefined;
}

/** Its release is to go, or to be given up. */
export const isLeaving = ({ chart, target }: Pick<Situation, "chart" | "target">): boolean => isTerminating(chart) || target === "uninstalled";
