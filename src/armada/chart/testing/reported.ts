import type { ArmadaChart, ArmadaChartStatus } from "../../api/chart.ts";
import { decideChart } from "../decide.ts";
import type { ChartOutcome } from "../decision/journal.ts";
import type { ChartObserved } from "../observed.ts";
import { reportChart } from "../report.ts";
import { facts, named, released } from "./charts.ts";

/** What is said of a chart. */
export const report = (of: ArmadaChart, observed: ChartObserved, outcomes: readonly ChartOutcome[] = []) =>
  reportChart(of, { observed, outcomes, decision: decideChart(of, observed, outcomes) });

/** Its status, with a release as {@link released} notes it, after `before`. */
export const statusOf = (
  notation: string | undefined,
  over: Partial<ChartObserved> = {},
  before?: ArmadaChartStatus,
  parts: Parameters<typeof named>[0] = {},
) => {
  const of = named({ ...parts, status: before });
  return report(of, facts(of, { ...(notation === undefined ? {} : released(of, notation)), ...over })).status;
};
