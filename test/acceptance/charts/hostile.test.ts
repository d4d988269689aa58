import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import { HOSTILE, prepareHostile, removeHostile, WIDGET_RULES } from "../../testing/charts/hostile.ts";
import { allowCharts } from "../../testing/operator/rights.ts";
import { watchStalls, type Stalls } from "../../testing/charts/stalls.ts";

jest.setTimeout(600_000);

let site: ChartSite;
let stalls: Stalls;

beforeAll(async () => {
  site = await createChartSite(prepareHostile);
  await allowCharts(site.cluster, "widgets", WIDGET_RULES);
  stalls = await watchStalls();
  await site.start({ env: stalls.env });
}, 180_000);

afterAll(async () => {
  await site?.stop();
  await stalls?.remove();
}, 60_000);

describe("what others wrote affects that object only", () => {
  test.each(HOSTILE)("$title: a neighbour is installed, the object says what is wrong and can be deleted", async (hostile) => {
    const [bad, good] = [await site.space(), await site.space()];
    const { pid } = site.operator();
    await stalls.begin(pid);
    await hostile.plant(site, bad);
    await good.apply("neighbour", { chart: "plain" });
    await good.status("neighbour", DEPLOYED, 120_000);
    if (hostile.says !== undefined) await bad.status("hostile", hostile.says, 240_000);
    await removeHostile(hostile, site, bad);
    await stalls.show(hostile.title, pid);
    await good.deleteChart("neighbour");
    await good.gone("neighbour", 120_000);
  });

  test("an operator that starts while they are there gets ready", async () => {
    const space = await site.space();
    const [deep] = HOSTILE;
    await deep?.plant(site, space);
    await site.operator().kill();
    await site.start();
    await space.status("hostile", deep?.says ?? {}, 120_000);
    expect(await site.operator().log()).not.toContain("Maximum call stack");
    await space.deleteChart("hostile");
    await space.gone("hostile", 120_000);
  });
});
