import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { systemClock } from "../../../src/base/time/clock.ts";
import { CONFIG_MAP, DEPLOYMENT, SERVICE } from "../../testing/charts/chart-folder.ts";
import { eventually } from "../../testing/eventually.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";

jest.setTimeout(60_000);

let site: ChartSite;
let space: Space;

const changed = (text: string): Record<string, string> => ({ "map.yaml": CONFIG_MAP.replace("none", text) });
const textOf = async (name: string): Promise<unknown> => (await space.get("ConfigMap", name))?.["data"];

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("web", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT, "service.yaml": SERVICE });
    await charts.write("moving", { "map.yaml": CONFIG_MAP });
    await charts.write("misspelt", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT.replace("replicas:", "replicsa:") });
  });
  await site.start();
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

describe("the target", () => {
  test("parked, deployed, uninstalled and deployed again are each brought about and said", async () => {
    await space.apply("life", { chart: "web", target_state: "uninitialized" });
    await space.status("life", { actual_state: "uninitialized", satisfied: true, reason: "Parked", target_state: "uninitialized" });
    expect(await space.revisions("life")).toEqual([]);
    await space.apply("life", { chart: "web", target_state: "deployed" });
    const status = await space.status("life", { ...DEPLOYED, release: { name: "life", revision: 1, chart: "web", chart_version: "0.1.0" } });
    expect(status.waiting_for).toBeUndefined();
    expect(await space.get("Deployment", "life")).toMatchObject({ status: { availableReplicas: 1 } });
    await space.apply("life", { chart: "web", target_state: "uninstalled" });
    await space.status("life", { actual_state: "uninstalled", satisfied: true, reason: "UninstallSuccessful" });
    expect([await space.revisions("life"), await space.list("Deployment"), await space.get("Service", "life")]).toEqual([[], [], undefined]);
    await space.apply("life", { chart: "web" });
    await space.status("life", { ...DEPLOYED, release: { name: "life", namespace: space.namespace, revision: 1 } });
    const reasons = (await space.events("life")).map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(["Parked", "Installed", "UnderlyingResourcesReady", "Uninstalled", "UninstallSuccessful"]));
  });

  test("a deployed chart that is parked keeps its release, and takes it up again", async () => {
    await space.apply("kept", { chart: "text" });
    await space.status("kept", DEPLOYED);
    await space.apply("kept", { chart: "text", target_state: "uninitialized", values: { text: "later" } });
    await space.status("kept", { actual_state: "uninitialized", satisfied: true, reason: "Unmanaged", release: { revision: 1 } });
    await space.apply("kept", { chart: "text", values: { text: "later" } });
    await space.status("kept", { ...DEPLOYED, release: { revision: 2 } });
    expect(await textOf("kept")).toEqual({ text: "later" });
  });
});

describe("values", () => {
  test("other values upgrade; the order of keys, wait.timeout and the history limit do not", async () => {
    await space.apply("values", { chart: "text", values: { text: "one", other: { a: 1, b: [2] } } });
    await space.status("values", { ...DEPLOYED, release: { revision: 1 } });
    const before = await site.helmRuns();
    const values = { other: { b: [2], a: 1 }, text: "one" };
    await space.apply("values", { chart: "text", values, wait: { timeout: 77 }, revisionHistoryLimit: 3, delete: { timeout: 5 } });
    await space.status("values", { ...DEPLOYED, release: { revision: 1 } });
    expect(await site.helmRuns()).toEqual(before);
    await space.apply("values", { chart: "text", values: { ...values, text: "two" } });
    await space.status("values", { ...DEPLOYED, release: { revision: 2 } });
    expect(await textOf("values")).toEqual({ text: "two" });
    expect(await site.helmRuns()).toEqual({ ...before, "upgrade success": (before["upgrade success"] ?? 0) + 1 });
  });

  test.each([
    ["{}", {}],
    ["none", undefined],
  ])("%s clears all overrides", async (title, values) => {
    const name = title === "none" ? "cleared-none" : "cleared-empty";
    await space.apply(name, { chart: "text", values: { text: "override" } });
    await space.status(name, DEPLOYED);
    await space.apply(name, { chart: "text", ...(values === undefined ? {} : { values }) });
    await space.status(name, { ...DEPLOYED, release: { revision: 2 } });
    expect(await textOf(name)).toEqual({ text: "none" });
  });

  test("of a hundred edits in a second, helm sees the last, in at most two revisions more", async () => {
    await space.apply("edits", { chart: "text", values: { text: "0" } });
    await space.status("edits", DEPLOYED);
    const startedMs = systemClock.monotonic();
    for (let edit = 1; edit <= 100; edit += 1) await space.apply("edits", { chart: "text", values: { text: String(edit) } });
    const seconds = Math.floor((systemClock.monotonic() - startedMs) / 1000);
    const { release } = await space.status("edits", DEPLOYED);
    expect(await textOf("edits")).toEqual({ text: "100" });
    // Where a hundred edits take longer, every further second may have a revision of its own.
    expect(release?.revision).toBeLessThanOrEqual(3 + seconds);
  });
});

describe("the chart's content", () => {
  test("a change on disk is taken up at a request, which is recorded and answered once", async () => {
    await space.apply("asked", { chart: "moving" });
    await space.status("asked", { ...DEPLOYED, release: { revision: 1 } });
    await site.charts.write("moving", changed("asked"), { version: "0.2.0" });
    const value = await space.request("asked");
    await space.status("asked", { ...DEPLOYED, reconcile_requested_at: value, release: { revision: 2, chart_version: "0.2.0" } });
    expect(await textOf("asked")).toEqual({ text: "asked" });
    const before = await site.helmRuns();
    const again = await space.request("asked");
    await space.status("asked", { ...DEPLOYED, reconcile_requested_at: again, release: { revision: 2 } });
    expect(await site.helmRuns()).toEqual(before);
  });

  test("a change on disk is taken up after source.interval without a request", async () => {
    await site.charts.write("ticking", changed("before"));
    await space.apply("interval", { chart: "ticking", interval: 1 });
    await space.status("interval", { ...DEPLOYED, release: { revision: 1 } });
    await site.charts.write("ticking", changed("interval"));
    await space.status("interval", { ...DEPLOYED, release: { revision: 2 } }, 5_000);
    expect(await textOf("interval")).toEqual({ text: "interval" });
  });

  test("a chart that cannot be read any more leaves the release as it is, and the object says so", async () => {
    await site.charts.write("fleeting", changed("here"));
    await space.apply("stale", { chart: "fleeting", interval: 1 });
    await space.status("stale", DEPLOYED);
    await site.charts.write("fleeting", { "map.yaml": "" });
    await site.charts.discard("fleeting");
    const stale = { type: "SourceStale", status: "True" };
    await space.status("stale", { ...DEPLOYED, release: { revision: 1 }, conditions: expect.arrayContaining([expect.objectContaining(stale)]) });
    await space.told("stale", "SourceStale", "does not exist");
    await space.apply("never", { chart: "fleeting" });
    await space.status("never", {
      actual_state: "error",
      satisfied: false,
      reason: "SourceError",
      waiting_for: expect.stringContaining("does not exist"),
    });
    await site.charts.write("fleeting", changed("back"));
    await space.request("never");
    await space.status("never", DEPLOYED);
    await space.status("stale", { ...DEPLOYED, release: { revision: 2 } }, 5_000);
    await space.told("stale", "SourceRecovered", "can be read again");
  });
});

describe("what is said", () => {
  test("a misspelt field of an object is in status, a condition and an event, although the chart is deployed", async () => {
    await space.apply("misspelt", { chart: "misspelt" });
    const status = await space.status("misspelt", DEPLOYED);
    expect(status.warnings).toEqual(['Deployment misspelt: unknown field "spec.replicsa"']);
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: "Warnings", status: "True", message: expect.stringContaining("replicsa") }),
    );
    await eventually("the event", async () =>
      expect(await space.events("misspelt")).toContainEqual({
        type: "Warning",
        reason: "APIServerWarning",
        note: expect.stringContaining("replicsa"),
      }),
    );
  });

  test("fields that do nothing yet are named in a condition, and only while they are there", async () => {
    await space.apply("inert", { chart: "text", test: true, wait: { labels: { app: "x" } } });
    const { conditions } = await space.status("inert", DEPLOYED);
    const message = expect.stringMatching(/spec\.test .*spec\.wait\.labels /);
    expect(conditions).toContainEqual(expect.objectContaining({ type: "FieldsIgnored", status: "True", message }));
    await space.apply("inert", { chart: "text" });
    expect((await space.status("inert", { ...DEPLOYED, release: { revision: 1 } })).conditions?.map(({ type }) => type)).not.toContain(
      "FieldsIgnored",
    );
  });
});

test("what the CRD cannot check is refused with one sentence, and a change mends it", async () => {
  await space.apply("shapeless", { chart: "text" });
  await space.status("shapeless", DEPLOYED);
  await space.patch("ArmadaChart", "shapeless", { spec: { test: { timeout: "x" } } });
  const says = expect.stringContaining("spec.test is an object, but it must be true, false, or an object with enabled (boolean)");
  await space.status("shapeless", { actual_state: "error", reason: "InvalidSpec", satisfied: false, waiting_for: says, release: { revision: 1 } });
  await space.patch("ArmadaChart", "shapeless", { spec: { test: { timeout: 3 } } });
  await space.status("shapeless", { ...DEPLOYED, release: { revision: 1 } });
});

describe("suspend", () => {
  test("stops everything visibly, and goes on where it stopped", async () => {
    await space.apply("paused", { chart: "text", values: { text: "one" } });
    await space.status("paused", DEPLOYED);
    await space.apply("paused", { chart: "text", values: { text: "two" }, suspend: true });
    const suspended = await eventually("suspended", async () => {
      const status = (await space.chart("paused"))?.status;
      expect(status).toMatchObject({ actual_state: "deployed", satisfied: true, reason: "Suspended", release: { revision: 1 } });
      return status;
    });
    expect(suspended?.conditions).toContainEqual(expect.objectContaining({ type: "Ready", reason: "Suspended" }));
    await space.remove("ConfigMap", "paused");
    await space.request("paused");
    await space.apply("beside", { chart: "text" });
    await space.status("beside", DEPLOYED);
    expect([await space.get("ConfigMap", "paused"), await space.revisions("paused")]).toEqual([undefined, ["v1 deployed"]]);
    await space.apply("paused", { chart: "text", values: { text: "two" }, suspend: false });
    await space.status("paused", { ...DEPLOYED, release: { revision: 2 } });
    expect(await textOf("paused")).toEqual({ text: "two" });
  });

  test("does not hold up a deletion", async () => {
    await space.apply("paused-gone", { chart: "text" });
    await space.status("paused-gone", DEPLOYED);
    await space.apply("paused-gone", { chart: "text", suspend: true });
    await space.deleteChart("paused-gone");
    await space.gone("paused-gone");
    expect([await space.get("ConfigMap", "paused-gone"), await space.revisions("paused-gone")]).toEqual([undefined, []]);
  });
});

describe("a restart", () => {
  test("with deployed charts runs no helm and writes nothing", async () => {
    await site.charts.write("still", { "map.yaml": CONFIG_MAP });
    const still = await site.space();
    const names = ["still-1", "still-2", "still-3", "still-4"];
    for (const name of names) await still.apply(name, { chart: name === "still-1" ? "web" : "still", values: { text: name } });
    for (const name of names) await still.status(name, DEPLOYED);
    const versions = async () => (await still.list("ArmadaChart")).map(({ metadata }) => metadata.resourceVersion);
    const before = await versions();
    await site.operator().stop();
    await site.start();
    await still.apply("after", { chart: "still" });
    await still.status("after", DEPLOYED);
    expect(await site.helmRuns()).toEqual({ "install success": 1 });
    await still.deleteChart("after");
    await still.gone("after");
    expect(await versions()).toEqual(before);
  });
});
