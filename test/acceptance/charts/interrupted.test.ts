import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { CONFIG_MAP, hookJob } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { helmProcesses } from "../../testing/operator/helm-processes.ts";

jest.setTimeout(90_000);

let site: ChartSite;
let space: Space;

/** With these values helm waits in its hook until a test puts the label on a node. */
const held = (label: string, text = "held") => ({ text, node: { [label]: "yes" } });
const letGo = (label: string) => space.patch("Node", "node-1", { metadata: { labels: { [label]: "yes" } } });
const textOf = async (name: string): Promise<unknown> => (await space.get("ConfigMap", name))?.["data"];

/** The one helm of the release, which waits in its hook. */
const helmInHook = (name: string): Promise<number> =>
  eventually(`helm waits in the hook of ${name}`, async () => {
    // The Job of an earlier revision is still there when helm begins.
    expect((await space.revisions(name))[0]).toMatch(/ (?:pending-\w+|uninstalling)$/);
    expect(await space.get("Job", `${name}-hook`)).toBeDefined();
    const [pid, ...others] = helmProcesses(name);
    expect([typeof pid, others]).toEqual(["number", []]);
    return pid ?? 0;
  });
const helmEnded = (name: string, withinMs: number) =>
  eventually(`no helm of ${name} is left`, () => expect(helmProcesses(name)).toEqual([]), withinMs);

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("hooked", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-install,pre-upgrade") });
    await charts.write("farewell", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-delete") });
  });
  await site.start();
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

describe("while helm waits in a hook", () => {
  test("a new spec ends the wait, and is carried out", async () => {
    await space.apply("changed", { chart: "hooked", values: held("never") });
    await helmInHook("changed");
    await space.apply("changed", { chart: "hooked", values: { text: "changed" } });
    await space.status("changed", DEPLOYED, 6_000);
    expect([await textOf("changed"), await space.revisions("changed")]).toEqual([{ text: "changed" }, ["v2 deployed", "v1 failed"]]);
    expect((await space.chart("changed"))?.status?.history).toMatchObject([{ result: "succeeded" }, { action: "install", result: "cancelled" }]);
  });

  test("a deletion ends the wait, and removes what there is", async () => {
    await space.apply("deleted", { chart: "hooked", values: { text: "one" } });
    await space.status("deleted", DEPLOYED);
    await space.apply("deleted", { chart: "hooked", values: held("never") });
    await helmInHook("deleted");
    await space.deleteChart("deleted");
    await space.gone("deleted", 6_000);
    expect([await textOf("deleted"), await space.revisions("deleted"), helmProcesses("deleted")]).toEqual([undefined, [], []]);
  });

  test("kill -9 of helm alone is said, and tried again with one revision more", async () => {
    await space.apply("shot", { chart: "hooked", values: held("shot") });
    process.kill(await helmInHook("shot"), "SIGKILL");
    await space.status("shot", { history: [{ result: "cancelled", reason: "Cancelled", message: "helm was terminated by SIGKILL from outside" }] });
    await letGo("shot");
    await space.status("shot", { ...DEPLOYED, release: { revision: 2 } });
    expect(await space.revisions("shot")).toEqual(["v2 deployed", "v1 failed"]);
    await space.told("shot", "Unlocked", "release shot revision 1");
  });

  test("kill -9 of helm in an uninstallation is said, and the uninstallation finished", async () => {
    await space.apply("half", { chart: "farewell", values: held("half") });
    await space.status("half", DEPLOYED);
    await space.deleteChart("half");
    process.kill(await helmInHook("half"), "SIGKILL");
    const status = await space.status("half", {
      reason: "UninstallError",
      history: [{ action: "uninstall", result: "cancelled" }, { action: "install" }],
    });
    expect([status.waiting_for, await space.revisions("half")]).toEqual([expect.stringContaining("SIGKILL"), ["v1 uninstalling"]]);
    await letGo("half");
    await space.gone("half");
    expect([await textOf("half"), await space.revisions("half")]).toEqual([undefined, []]);
  });

  test("a stop of the operator ends helm, exits 0, and the next operator goes on", async () => {
    await space.apply("stopped", { chart: "hooked", values: held("stopped") });
    await helmInHook("stopped");
    expect(await site.operator().stop()).toBe(0);
    expect(helmProcesses("stopped")).toEqual([]);
    expect(await space.revisions("stopped")).toEqual(["v1 failed"]);
    await letGo("stopped");
    await site.start();
    await space.status("stopped", { ...DEPLOYED, release: { revision: 2 } });
  });

  test("kill -9 of the operator takes helm along; the next one unlocks and goes on with one revision more", async () => {
    await space.apply("upgraded", { chart: "hooked", values: { text: "one" } });
    await space.status("upgraded", DEPLOYED);
    await space.apply("upgraded", { chart: "hooked", values: held("killed", "two") });
    await space.apply("installed", { chart: "hooked", values: held("killed") });
    await Promise.all([helmInHook("installed"), helmInHook("upgraded")]);
    await site.operator().kill();
    await Promise.all([helmEnded("installed", 2_000), helmEnded("upgraded", 2_000)]);
    expect(await Promise.all([space.revisions("installed"), space.revisions("upgraded")])).toEqual([
      ["v1 pending-install"],
      ["v2 pending-upgrade", "v1 deployed"],
    ]);
    await letGo("killed");
    await site.start();
    await space.status("installed", { ...DEPLOYED, release: { revision: 2 } });
    await space.status("upgraded", { ...DEPLOYED, release: { revision: 3 } });
    expect(await Promise.all([space.revisions("installed"), space.revisions("upgraded")])).toEqual([
      ["v2 deployed", "v1 failed"],
      ["v3 deployed", "v2 failed", "v1 superseded"],
    ]);
    expect(await textOf("upgraded")).toEqual({ text: "two" });
    await space.told("installed", "Unlocked", "release installed revision 1");
  });
});

describe("a lock of somebody else", () => {
  test("is waited for until its helm ends", async () => {
    await space.apply("locked", { chart: "hooked", values: { text: "one" } });
    await space.status("locked", DEPLOYED);
    const byHand = space.helm("upgrade", "locked", `${site.charts.path}/hooked`, "--set", "node.hand=yes");
    const waits = expect.stringContaining("a helm that this operator did not start (revision 2, pending-upgrade)");
    await space.status("locked", { actual_state: "pending", reason: "OperationInProgress", waiting_for: waits });
    await space.apply("locked", { chart: "hooked", values: { text: "two" } });
    await space.status("locked", { actual_state: "pending", reason: "OperationInProgress" });
    await letGo("hand");
    await byHand;
    await space.status("locked", { ...DEPLOYED, release: { revision: 3 } });
    expect(await textOf("locked")).toEqual({ text: "two" });
  });
});
