import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startBadDays, type BadDays } from "../../testing/charts/bad-days.ts";
import { CONFIG_MAP, DEPLOYMENT, hookJob } from "../../testing/charts/chart-folder.ts";
import { DEPLOYED } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";

jest.setTimeout(60_000);

let site: BadDays;
let space: Space;

const SCHEMA = { properties: { db: { properties: { port: { type: "integer" } } } } };
const MISSPELT = `${CONFIG_MAP}dta: {text: oops}\n`;
const condition = (type: string, text: string) => expect.objectContaining({ type, status: "True", message: expect.stringContaining(text) });
const secretOf = (release: string): string => `sh.helm.release.v1.${release}.v1`;

beforeAll(async () => {
  site = await startBadDays(async (charts) => {
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("other", { "map.yaml": CONFIG_MAP });
    await charts.write("broken", { "map.yaml": CONFIG_MAP, "check.yaml": '{{ fail "not yet" }}' });
    await charts.write("schema", { "map.yaml": CONFIG_MAP, "../values.schema.json": JSON.stringify(SCHEMA) });
    await charts.write("misspelt", { "map.yaml": MISSPELT });
    await charts.write("web", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT });
    await charts.write("hooked", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-install") });
  });
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

describe("a chart", () => {
  test("that is not there: its path is said, and it is installed when it is", async () => {
    await space.apply("absent", { chart: "absent", interval: 1 });
    const path = "/opt/armada/helm-charts/absent";
    const status = await space.status("absent", { actual_state: "error", reason: "SourceError", waiting_for: expect.stringContaining(path) });
    expect(status.conditions).toContainEqual(condition("Stalled", path));
    await site.calm();
    await site.charts.write("absent", { "map.yaml": CONFIG_MAP });
    await space.status("absent", DEPLOYED);
  });

  test("that does not render: file and line are said, helm is not run again for it, and it is installed when it does", async () => {
    await space.apply("broken", { chart: "broken", interval: 1 });
    const status = await space.status("broken", { actual_state: "failed", reason: "InstallError" });
    expect(status.conditions).toContainEqual(condition("Stalled", "(broken/templates/check.yaml:1:3): not yet"));
    await site.calm();
    await site.charts.write("broken", { "map.yaml": CONFIG_MAP, "check.yaml": "" });
    await space.status("broken", DEPLOYED);
  });

  test("whose schema the values do not meet: helm's sentence with the path of the value is said, until other values come", async () => {
    await space.apply("schema", { chart: "schema", values: { db: { port: "none" } } });
    const status = await space.status("schema", { actual_state: "failed", reason: "InstallError", failures: 1 });
    expect(status.conditions).toContainEqual(condition("Stalled", "at '/db/port': got string, want integer"));
    await site.calm();
    await space.apply("schema", { chart: "schema", values: { db: { port: 5432 } } });
    await space.status("schema", DEPLOYED);
  });

  test("with a misspelt field in an object: the API server's warning is said although it is deployed, until the chart is mended", async () => {
    await space.apply("misspelt", { chart: "misspelt", interval: 1 });
    const { conditions } = await space.status("misspelt", DEPLOYED);
    expect(conditions).toContainEqual(condition("Warnings", 'ConfigMap misspelt: unknown field "dta"'));
    await site.calm();
    await site.charts.write("misspelt", { "map.yaml": CONFIG_MAP });
    const mended = await space.status("misspelt", { ...DEPLOYED, release: { revision: 2 } });
    expect([mended.warnings, mended.conditions?.filter(({ type }) => type === "Warnings")]).toEqual([undefined, []]);
  });
});

describe("a release", () => {
  test("that two charts of different sources want: the newcomer names the owner, and has it when the owner is gone", async () => {
    await space.apply("owner", { chart: "text" });
    await space.status("owner", DEPLOYED);
    await space.apply("newcomer", { chart: "other", release: "owner", target_state: "uninitialized" });
    await space.status("newcomer", { satisfied: true });
    await space.apply("newcomer", { chart: "other", release: "owner" });
    const status = await space.status("newcomer", {
      actual_state: "error",
      reason: "ReleaseConflict",
      waiting_for: expect.stringContaining("owner"),
    });
    expect(status.conditions).toContainEqual(condition("Irreconcilable", "ArmadaChart owner"));
    await site.calm();
    await space.status("owner", { ...DEPLOYED, release: { revision: 1 } });
    await space.deleteChart("owner");
    await space.status("newcomer", DEPLOYED);
  });

  test("whose Secret was deleted: that is said, and it is installed over its own objects", async () => {
    await space.apply("lost", { chart: "text" });
    await space.status("lost", DEPLOYED);
    const before = await space.get("ConfigMap", "lost");
    await space.remove("Secret", secretOf("lost"));
    await space.told("lost", "Installed", "the release no longer exists");
    await space.status("lost", { ...DEPLOYED, release: { revision: 1 } });
    expect((await space.get("ConfigMap", "lost"))?.metadata.uid).toBe(before?.metadata.uid);
    await site.calm();
  });

  test.each<[string, object]>([
    ["holds something else", { data: { release: Buffer.from("no release").toString("base64") } }],
    ["holds nothing", { data: null }],
    ["is cut", { data: { release: Buffer.from("H4sIAAAAAAAA/w==").toString("base64") } }],
  ])("whose Secret %s: nothing is done, the command is said, and it is installed anew when the Secret is removed", async (title, damage) => {
    const name = title.replaceAll(" ", "-");
    await space.apply(name, { chart: "text", values: { text: "one" } });
    await space.status(name, DEPLOYED);
    await space.patch("Secret", secretOf(name), damage);
    const command = `kubectl -n ${space.namespace} delete secret ${secretOf(name)}`;
    await space.status(name, { actual_state: "error", reason: "ReconcileError", waiting_for: expect.stringContaining(command) });
    await site.calm();
    await space.remove("Secret", secretOf(name));
    await space.status(name, { ...DEPLOYED, release: { revision: 1 } });
  });

  test("too large for its Secret: the size and the limit are said, until the values are smaller", async () => {
    const noise = randomBytes(900 * 1024).toString("base64");
    await space.apply("large", { chart: "text", values: { noise } });
    const status = await space.status("large", { actual_state: "failed", reason: "InstallError", failures: 1, history: [{ reason: "TooLarge" }] });
    expect(status.conditions).toContainEqual(condition("Stalled", `the values are ${String(noise.length + 12)} bytes of JSON`));
    expect(status.conditions).toContainEqual(condition("Stalled", "may not be more than 1048576 bytes"));
    await site.calm();
    await space.apply("large", { chart: "text", values: { noise: "less" } });
    await space.status("large", DEPLOYED);
  });
});

const podOf = (name: string): Promise<string> =>
  eventually(`${name} has a pod`, async () => {
    const pod = (await space.list("Pod")).find(({ metadata }) => metadata.name.startsWith(`${name}-`));
    if (pod === undefined) throw new Error("none");
    return pod.metadata.name;
  });

describe("pods", () => {
  test("unschedulable: said with the pod at the deadline, and ready by themselves", async () => {
    await space.apply("pods", { chart: "web", values: { node: { pods: "yes" } }, wait: { timeout: 1 } });
    const waiting = expect.stringMatching(new RegExp(`Deployment pods: 0 of 1 pods available.*Pod ${await podOf("pods")}: Unschedulable`));
    await space.status("pods", { actual_state: "failed", reason: "WaitTimeout", waiting_for: waiting });
    await site.calm();
    await space.patch("Node", "node-1", { metadata: { labels: { pods: "yes" } } });
    await space.status("pods", { ...DEPLOYED, release: { revision: 1 } });
  });
});

describe("a hook Job that fails at installation", () => {
  test("is named, and run again with the installation until it succeeds", async () => {
    await space.apply("hook", { chart: "hooked", values: { node: { hook: "yes" }, deadline: 3 } });
    const status = await space.status("hook", { actual_state: "failed", reason: "InstallError", history: [{ reason: "HookFailed" }] });
    expect(status.conditions).toContainEqual(condition("Failed", "failed pre-install: job hook-hook failed: DeadlineExceeded"));
    const uid = (await space.get("Job", "hook-hook"))?.metadata.uid;
    await site.calm({ requests: 60, helm: 3 });
    await space.patch("Node", "node-1", { metadata: { labels: { hook: "yes" } } });
    await space.status("hook", DEPLOYED);
    expect((await space.get("Job", "hook-hook"))?.metadata.uid).not.toBe(uid);
  });
});

test("one operator lived through all of it without a stack, and no unsatisfied chart was silent", async () => {
  await site.lived();
  expect(site.silentMoments()).toEqual([]);
});
