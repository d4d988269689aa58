import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { CONFIG_MAP, hookJob } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";

jest.setTimeout(60_000);

let site: ChartSite;
let space: Space;

const failing = '{{ if eq (toString .Values.text) "bad" }}{{ fail "text may not be bad" }}{{ end }}';
const kindOf = (apiVersion: string, kind: string): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: {{ .Release.Name }}}\n`;
/** An object that the API server refuses while values.port is too large. */
const BAD_SERVICE = `
{{- if .Values.port }}
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}-late}
spec: {ports: [{port: {{ .Values.port }}}]}
{{- end }}
`;
const EARLY = `
{{- if .Values.early }}
apiVersion: v1
kind: ServiceAccount
metadata: {name: {{ .Release.Name }}-early}
{{- end }}
`;

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("picky", { "map.yaml": CONFIG_MAP, "check.yaml": `\n\n${failing}` });
    await charts.write("nokind", { "map.yaml": CONFIG_MAP, "odd.yaml": kindOf("example.org/v1", "Oddity") });
    await charts.write("refused", { "map.yaml": CONFIG_MAP, "early.yaml": EARLY, "late.yaml": BAD_SERVICE, "hook.yaml": hookJob("pre-install") });
    await charts.write("hooked", { "map.yaml": CONFIG_MAP, "early.yaml": EARLY, "hook.yaml": hookJob("post-install,post-upgrade") });
  });
  await site.start();
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

/** helm makes the Job of a hook anew for every run. */
const hookUid = async (name: string): Promise<string | undefined> => (await space.get("Job", `${name}-hook`))?.metadata.uid;

describe("a first installation that fails", () => {
  test("in a template is stalled with file and line, and mended by other values", async () => {
    await space.apply("picky", { chart: "picky", values: { text: "bad" } });
    const status = await space.status("picky", { actual_state: "failed", satisfied: false, reason: "InstallError", failures: 1 });
    const says = expect.stringMatching(/^helm install failed: .*picky\/templates\/check\.yaml:3:.*text may not be bad/);
    for (const type of ["Stalled", "Failed"])
      expect(status.conditions).toContainEqual(expect.objectContaining({ type, status: "True", message: says }));
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: "Reconciling", status: "False" }));
    expect(Date.parse(status.next_retry_time ?? "")).toBeGreaterThan(Date.now() + 590_000);
    expect(status.waiting_for).toMatch(/^Waiting for helm install to succeed|^for helm install to succeed/);
    await space.apply("picky", { chart: "picky", values: { text: "good" } });
    const after = await space.status("picky", { ...DEPLOYED, release: { revision: 1 } });
    expect([after.failures, after.next_retry_time, after.waiting_for]).toEqual([undefined, undefined, undefined]);
    expect(after.conditions).toContainEqual(expect.objectContaining({ type: "Stalled", status: "False" }));
  });

  test("in a template is mended by the chart's content, read again every interval", async () => {
    const fixed = { "map.yaml": CONFIG_MAP, "check.yaml": "" };
    await site.charts.write("fixable", { "map.yaml": CONFIG_MAP, "check.yaml": '{{ fail "not yet" }}' });
    await space.apply("fixable", { chart: "fixable", interval: 1 });
    await space.status("fixable", { actual_state: "failed", reason: "InstallError" });
    await site.charts.write("fixable", fixed);
    await space.status("fixable", DEPLOYED, 6_000);
  });

  test("for a kind that the API server does not know is tried again with growing back-off, and at a request", async () => {
    await space.apply("nokind", { chart: "nokind" });
    const first = await space.status("nokind", { actual_state: "failed", reason: "InstallError" });
    expect(first.conditions).toContainEqual(expect.objectContaining({ type: "Failed", message: expect.stringContaining("1 Oddity of ") }));
    const third = await space.status("nokind", { actual_state: "failed", failures: 3 });
    const waitMs = Date.parse(third.next_retry_time ?? "") - Date.parse(third.history?.[0]?.finished_at ?? "");
    expect(waitMs).toBeGreaterThanOrEqual(2000);
    const value = await space.request("nokind");
    const asked = await space.status("nokind", { actual_state: "failed", reconcile_requested_at: value });
    expect(asked.failures).toBe(4);
    await space.apply("nokind", { chart: "text" });
    await space.status("nokind", DEPLOYED);
  });

  test("is tried again with --replace: its install hooks run again, and what only the failed ones had is removed", async () => {
    await space.apply("refused", { chart: "refused", values: { early: true, port: 99_999 } });
    await space.status("refused", { actual_state: "failed", reason: "InstallError", release: { revision: 1 } });
    const hook = await hookUid("refused");
    expect(hook).toBeDefined();
    expect(await space.get("ServiceAccount", "refused-early")).toBeDefined();
    await space.apply("refused", { chart: "refused", values: { port: 80 } });
    const { release } = await space.status("refused", DEPLOYED);
    expect(release?.revision).toBeGreaterThan(1);
    expect(await hookUid("refused")).not.toBe(hook);
    expect(await space.get("ServiceAccount", "refused-early")).toBeUndefined();
    expect(await space.get("Service", "refused-late")).toBeDefined();
    await space.told("refused", "Pruned", "ServiceAccount refused-early");
  });

  test("in a hook is tried again by itself", async () => {
    await space.apply("hooked", { chart: "hooked", values: { node: { hooked: "yes" }, deadline: 3 } });
    await space.status("hooked", { actual_state: "failed", reason: "InstallError", failures: 1 });
    await space.patch("Node", "node-1", { metadata: { labels: { hooked: "yes" } } });
    await space.status("hooked", DEPLOYED);
    expect(await space.get("Job", "hooked-hook")).toMatchObject({ status: { succeeded: 1 } });
  });
});

describe("an upgrade that fails", () => {
  test("keeps what was deployed, is tried again, and starts counting anew with a change", async () => {
    await space.apply("upgrade", { chart: "hooked", values: { text: "one" } });
    await space.status("upgrade", DEPLOYED);
    const uid = (await space.get("ConfigMap", "upgrade"))?.metadata.uid;
    await space.apply("upgrade", { chart: "hooked", values: { text: "two", node: { never: "yes" }, deadline: 1 } });
    const failed = await space.status("upgrade", { actual_state: "failed", reason: "UpdateError", failures: 2 });
    expect(failed.history?.slice(0, 2)).toMatchObject([
      { action: "upgrade", result: "failed", reason: "HookFailed" },
      { action: "upgrade", result: "failed", reason: "HookFailed" },
    ]);
    expect(await space.revisions("upgrade")).toEqual(["v3 failed", "v2 failed", "v1 deployed"]);
    await space.apply("upgrade", { chart: "hooked", values: { text: "three", node: { never: "yes" }, deadline: 1 } });
    await space.status("upgrade", { actual_state: "failed", reason: "UpdateError", failures: 1 });
    await space.apply("upgrade", { chart: "hooked", values: { text: "four" } });
    await space.status("upgrade", DEPLOYED);
    expect(await space.get("ConfigMap", "upgrade")).toMatchObject({ metadata: { uid }, data: { text: "four" } });
  });

  test("by changing what cannot be changed leaves the release and says so at once", async () => {
    await space.apply("terminal", { chart: "refused", values: { port: 80 } });
    await space.status("terminal", DEPLOYED);
    await space.apply("terminal", { chart: "refused", values: { port: 99_999 } });
    const status = await space.status("terminal", { actual_state: "failed", reason: "UpdateError", failures: 1 });
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: "Stalled", status: "True", message: expect.stringContaining("99999") }));
    expect(await space.get("Service", "terminal-late")).toMatchObject({ spec: { ports: [{ port: 80 }] } });
    await space.apply("terminal", { chart: "refused", values: { port: 81 } });
    await space.status("terminal", DEPLOYED);
    expect(await space.get("Service", "terminal-late")).toMatchObject({ spec: { ports: [{ port: 81 }] } });
  });
});

describe("status", () => {
  test("stays bounded however long and often helm complains", async () => {
    const long = Array.from({ length: 60 }, (_, index) => kindOf("example.org/v1", `Oddity${String(index)}${"x".repeat(60)}`)).join("---\n");
    await site.charts.write("long", { "map.yaml": CONFIG_MAP, "long.yaml": `${long}---\n{{ fail (repeat 9000 "long ") }}` });
    await space.apply("long", { chart: "long" });
    await space.status("long", { actual_state: "failed" });
    for (let time = 2; time <= 8; time += 1) {
      await space.request("long");
      await space.status("long", { actual_state: "failed", failures: time });
    }
    const chart = await space.chart("long");
    expect(Buffer.byteLength(JSON.stringify(chart?.status))).toBeLessThan(32 * 1024);
    for (const { message = "" } of chart?.status?.conditions ?? []) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096);
    await eventually("events are cut", async () => {
      const notes = (await space.events("long")).map(({ note }) => Buffer.byteLength(note));
      expect(Math.max(...notes)).toBeLessThanOrEqual(1024);
      expect(notes.length).toBeGreaterThan(0);
    });
  });
});
