import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";

const PATIENCE_MS = 600_000;
jest.setTimeout(PATIENCE_MS + 60_000);

const maps = `
{{- range until (int .Values.count) }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ $.Release.Name }}-{{ . }}}
data: {text: {{ $.Values.text | quote }}}
{{- end }}
`;

let site: ChartSite;
let space: Space;

beforeAll(async () => {
  site = await createChartSite((charts) => charts.write("many", { "maps.yaml": maps }));
  await site.start();
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 60_000);

/** Requests of the Lease's own flow that the API server `dispatched` or `rejected`, by priority level. */
const flowOf = async (what: "dispatched" | "rejected"): Promise<readonly (readonly [level: string, count: number])[]> => {
  const metrics = await site.cluster.kubectl(["get", "--raw", "/metrics"]);
  return metrics.split("\n").flatMap((line) => {
    if (!line.startsWith(`apiserver_flowcontrol_${what}_requests_total{`) || !line.includes('flow_schema="armada-operator-leases"')) return [];
    const [, level = ""] = /priority_level="([^"]*)"/.exec(line) ?? [];
    return [[level, Number(line.slice(line.lastIndexOf(" ")))] as const];
  });
};

// On a machine that is far too slow for the API server the Lease may still be lost: then helm is cancelled, and runs again.
test("a chart of 2,000 objects is installed, and no renewal of the Lease waits behind them", async () => {
  await space.apply("large", { chart: "many", values: { count: 2_000, text: "one" }, wait: { timeout: 900 } });
  await space.status("large", DEPLOYED, PATIENCE_MS);
  expect(await site.helmRuns()).toMatchObject({ "install success": 1 });
  expect(await flowOf("dispatched")).toEqual([["leader-election", expect.any(Number)]]);
  expect(await flowOf("rejected")).toEqual([]);
  expect(await site.operator().log()).not.toContain("Too many requests");
  expect(await space.list("ConfigMap")).toHaveLength(2_001);
});
