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

test("a chart of 2,000 objects is installed by one run of helm, and the Lease is renewed meanwhile", async () => {
  await space.apply("large", { chart: "many", values: { count: 2_000, text: "one" }, wait: { timeout: 900 } });
  await space.status("large", DEPLOYED, PATIENCE_MS);
  expect(await site.helmRuns()).toEqual({ "install success": 1 });
  expect(await site.operator().log()).not.toContain("lost Lease");
  expect(await space.list("ConfigMap")).toHaveLength(2_001);
});
