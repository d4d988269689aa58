import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { join } from "node:path";
import { CONFIG_MAP } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";

jest.setTimeout(60_000);

let site: ChartSite;
let space: Space;

const textOf = async (name: string): Promise<unknown> => (await space.get("ConfigMap", name))?.["data"];
const folder = (): string => join(site.charts.path, "text");

beforeAll(async () => {
  site = await createChartSite(async (charts) => charts.write("text", { "map.yaml": CONFIG_MAP }));
  await site.start();
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

describe("helm run by hand on a release of a chart", () => {
  test("uninstall: it is installed again, and said", async () => {
    await space.apply("removed", { chart: "text", values: { text: "wanted" } });
    await space.status("removed", DEPLOYED);
    const before = await space.get("ConfigMap", "removed");
    await space.helm("uninstall", "removed");
    await eventually("the ConfigMap is a new one", async () => {
      const after = await space.get("ConfigMap", "removed");
      expect(after?.["data"]).toEqual({ text: "wanted" });
      expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
    });
    await space.status("removed", { ...DEPLOYED, release: { revision: 1 } });
    await space.told("removed", "Installed", "the release no longer exists");
  });

  test("uninstall --keep-history: it is installed again", async () => {
    await space.apply("emptied", { chart: "text", values: { text: "wanted" } });
    await space.status("emptied", DEPLOYED);
    await space.helm("uninstall", "emptied", "--keep-history");
    await eventually("the ConfigMap is back", async () => expect(await textOf("emptied")).toEqual({ text: "wanted" }));
    await space.status("emptied", DEPLOYED);
  });

  test("upgrade --set: the desired inputs are applied again, once, and said", async () => {
    await space.apply("set", { chart: "text", values: { text: "wanted" } });
    await space.status("set", DEPLOYED);
    await space.helm("upgrade", "set", folder(), "--set", "text=byhand");
    await space.status("set", { ...DEPLOYED, release: { revision: 3 } });
    expect(await textOf("set")).toEqual({ text: "wanted" });
    await space.told("set", "ForeignRevision", "revision 2 of release set");
    expect((await space.events("set")).filter(({ reason }) => reason === "ForeignRevision")).toHaveLength(1);
  });

  test("rollback: the desired inputs are applied again, and said", async () => {
    await space.apply("back", { chart: "text", values: { text: "one" } });
    await space.status("back", DEPLOYED);
    await space.apply("back", { chart: "text", values: { text: "two" } });
    await space.status("back", { ...DEPLOYED, release: { revision: 2 } });
    await space.helm("rollback", "back", "1");
    await space.status("back", { ...DEPLOYED, release: { revision: 4 } });
    expect(await textOf("back")).toEqual({ text: "two" });
    await space.told("back", "ForeignRevision", "revision 3 of release back");
  });
});

describe("a release of nobody", () => {
  test("is not touched, the object says what to do, and installs when that was done", async () => {
    await space.helm("install", "old", folder(), "--set", "text=old");
    const before = await space.get("ConfigMap", "old");
    await space.apply("old", { chart: "text", values: { text: "new" } });
    const status = await space.status("old", { actual_state: "pending", satisfied: false, reason: "AdoptionRequired" });
    expect(status.waiting_for).toContain(`helm -n ${space.namespace} uninstall old`);
    expect(status.release).toEqual({ name: "old", namespace: space.namespace });
    await space.request("old");
    await space.apply("beside", { chart: "text" });
    await space.status("beside", DEPLOYED);
    expect([await space.revisions("old"), await space.get("ConfigMap", "old")]).toEqual([["v1 deployed"], before]);
    await space.helm("uninstall", "old");
    await space.status("old", { ...DEPLOYED, release: { revision: 1 } });
    expect(await textOf("old")).toEqual({ text: "new" });
  });

  test("stays when the object that asked for it is deleted", async () => {
    await space.helm("install", "stays", folder(), "--set", "text=by hand");
    await space.apply("stays", { chart: "text" });
    await space.status("stays", { reason: "AdoptionRequired" });
    await space.deleteChart("stays");
    await space.gone("stays");
    expect(await space.revisions("stays")).toEqual(["v1 deployed"]);
    expect(await textOf("stays")).toEqual({ text: "by hand" });
  });
});

describe("two charts for one release", () => {
  test("the second is a conflict and touches nothing, when it is deleted neither; without the first it takes over", async () => {
    await space.apply("first", { chart: "text", values: { text: "first" } });
    await space.status("first", DEPLOYED);
    const before = await space.chart("first");
    await space.apply("second", { chart: "text", release: "first", values: { text: "second" } });
    const status = await space.status("second", { actual_state: "error", satisfied: false, reason: "ReleaseConflict" });
    expect(status.waiting_for).toContain("belongs to ArmadaChart first");
    await space.told("second", "ReleaseConflict", "ArmadaChart first");
    await space.deleteChart("second");
    await space.gone("second");
    expect([await textOf("first"), await space.revisions("first")]).toEqual([{ text: "first" }, ["v1 deployed"]]);
    expect((await space.chart("first"))?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
    await space.apply("third", { chart: "text", release: "first", values: { text: "third" } });
    await space.status("third", { reason: "ReleaseConflict" });
    await space.deleteChart("first");
    await space.gone("first");
    await space.status("third", { ...DEPLOYED, release: { name: "first", revision: 1 } });
    expect(await textOf("first")).toEqual({ text: "third" });
  });
});
