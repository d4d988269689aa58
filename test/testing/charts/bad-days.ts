import { expect } from "@jest/globals";
import { CHARTS } from "../../../src/armada/api/chart.ts";
import type { ChartFolder } from "./chart-folder.ts";
import { createChartSite, type ChartSite } from "./chart-site.ts";
import { allowCharts, type Rule } from "../operator/rights.ts";
import { record, silentMoments, type Moment } from "../operator/recorder.ts";
import { expectNoStack, workOfTwoRenewals } from "./work.ts";

/** A site of charts on which things go wrong, with one operator that must live through all of it. */
export interface BadDays extends ChartSite {
  /** Fails when the operator does more than a few requests, or runs helm more often, while it renews its Lease twice. */
  calm(bounds?: { readonly requests?: number; readonly helm?: number }): Promise<void>;
  /** Moments in which an unsatisfied chart was silent. */
  silentMoments(): readonly Moment[];
  /** Fails when the operator that was started first is not at work any more, or its log or a status tells of a stack. */
  lived(): Promise<void>;
}

/** Two renewals, and a look now and then. */
const REQUESTS = 12;

/** `allowed`: what charts may contain beside the usual. */
export const startBadDays = async (
  prepare: (charts: ChartFolder) => Promise<void>,
  { flags = [], allowed = [] }: { readonly flags?: readonly string[]; readonly allowed?: readonly Rule[] } = {},
): Promise<BadDays> => {
  const site = await createChartSite(prepare);
  if (allowed.length > 0) await allowCharts(site.cluster, "charts-of-bad-days", allowed);
  const recorder = await record(site.cluster.kubeconfig, [CHARTS]);
  const first = await site.start({ flags });
  return {
    ...site,
    calm: async ({ requests = REQUESTS, helm = 0 } = {}) => {
      const work = await workOfTwoRenewals(site.cluster, first);
      expect(work.requests).toBeLessThanOrEqual(requests);
      expect(work.helm).toBeLessThanOrEqual(helm);
    },
    silentMoments: () => silentMoments(recorder.history()),
    lived: async () => {
      process.kill(first.pid, 0);
      expectNoStack(await first.log());
      for (const { object } of recorder.history()) expectNoStack(JSON.stringify(object["status"] ?? ""));
    },
    stop: async () => {
      await recorder.stop();
      await site.stop();
    },
  };
};
