import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { decodeRecord, encodeRecord } from "../../../src/helm/record/encoding.ts";
import { CONFIG_MAP, hookJob } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";

jest.setTimeout(60_000);

let site: ChartSite;
let space: Space;

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("hooked", { "map.yaml": CONFIG_MAP, "hook.yaml": `{{ if .Values.hook }}${hookJob("pre-install")}{{ end }}` });
    await charts.write("refused", {
      "map.yaml": CONFIG_MAP,
      "bad.yaml": CONFIG_MAP.replace("Release.Name }}", "Release.Name }}-{{ .Values.suffix }}"),
    });
  });
  await site.start();
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const byHand = (name: string, chart: string, ...more: readonly string[]): Promise<string> =>
  space.helm("install", name, join(site.charts.path, chart), ...more);

const text = async (name: string): Promise<unknown> => (await space.get("ConfigMap", name))?.["data"];

const ownerLabels = async (name: string): Promise<string> =>
  JSON.stringify((await space.get("Secret", `sh.helm.release.v1.${name}.v1`))?.metadata.labels ?? {});

/** As a helm that was killed leaves it: its label and what is inside say that it works. */
const leaveLocked = async (secret: string): Promise<void> => {
  const live = await space.get("Secret", secret);
  const record = await decodeRecord(String(Reflect.get(Object(live?.["data"]), "release")));
  const release = await encodeRecord({ ...record, info: { ...Object(record["info"]), status: "pending-install" } });
  await space.patch("Secret", secret, { metadata: { labels: { status: "pending-install" } }, data: { release } });
};

const WAITS = { actual_state: "pending", satisfied: false, reason: "AdoptionRequired" };

describe("a release that a person has installed", () => {
  test("with the same chart and values is taken without helm and without a new revision", async () => {
    await byHand("same", "text", "--set", "text=one");
    const before = await site.helmRuns();
    const object = await space.apply("same", { chart: "text", values: { text: "one" } });
    await space.status("same", { ...DEPLOYED, release: { revision: 1 } });
    await space.told("same", "ReleaseTaken", "release same, which no ArmadaChart owns, is now owned by this ArmadaChart");
    expect([await site.helmRuns(), await space.revisions("same")]).toEqual([before, ["v1 deployed"]]);
    expect(await ownerLabels("same")).toContain(object.metadata.uid);
    await space.deleteChart("same");
    await space.gone("same");
    expect([await space.revisions("same"), await text("same")]).toEqual([[], undefined]);
  });

  test("with other values is not touched, and the sentence holds both remedies; adopt upgrades it", async () => {
    await byHand("differs", "text", "--set", "text=theirs");
    const before = await site.helmRuns();
    await space.apply("differs", { chart: "text", values: { text: "ours" } });
    const { waiting_for } = await space.status("differs", WAITS);
    expect(waiting_for).toContain("set spec.adoption to adopt");
    expect(waiting_for).toContain(`helm -n ${space.namespace} uninstall differs`);
    expect([await text("differs"), await site.helmRuns()]).toEqual([{ text: "theirs" }, before]);
    await space.apply("differs", { chart: "text", values: { text: "ours" }, adoption: "adopt" });
    await space.status("differs", { ...DEPLOYED, release: { revision: 2 } });
    expect([await text("differs"), await space.revisions("differs")]).toEqual([{ text: "ours" }, ["v2 deployed", "v1 superseded"]]);
  });

  test("with other values goes on by itself when the values are made the same, and when it is uninstalled", async () => {
    await byHand("settled", "text", "--set", "text=theirs");
    await space.apply("settled", { chart: "text", values: { text: "ours" } });
    await space.status("settled", WAITS);
    await space.apply("settled", { chart: "text", values: { text: "theirs" } });
    await space.status("settled", { ...DEPLOYED, release: { revision: 1 } });
    await byHand("removed", "text", "--set", "text=theirs");
    await space.apply("removed", { chart: "text", values: { text: "ours" } });
    await space.status("removed", WAITS);
    await space.helm("uninstall", "removed");
    await space.status("removed", { ...DEPLOYED, release: { revision: 1 } });
    expect(await text("removed")).toEqual({ text: "ours" });
  });

  test("is not uninstalled by a chart that waits for it and is deleted", async () => {
    await byHand("stays", "text", "--set", "text=theirs");
    await space.apply("stays", { chart: "text", values: { text: "ours" } });
    await space.status("stays", WAITS);
    await space.deleteChart("stays");
    await space.gone("stays");
    expect([await text("stays"), await space.revisions("stays")]).toEqual([{ text: "theirs" }, ["v1 deployed"]]);
  });

  test("is refused with adoption: fail, even when chart and values are the same", async () => {
    await byHand("refused", "text");
    await space.apply("refused", { chart: "text", adoption: "fail" });
    await space.status("refused", {
      actual_state: "error",
      reason: "ReleaseConflict",
      waiting_for: expect.stringContaining("spec.adoption is fail"),
    });
    expect(await space.revisions("refused")).toEqual(["v1 deployed"]);
    await space.helm("uninstall", "refused");
    await space.status("refused", { ...DEPLOYED, release: { revision: 1 } });
  });

  test("is taken with adoption: overwrite", async () => {
    await byHand("over", "text", "--set", "text=theirs");
    await space.apply("over", { chart: "text", values: { text: "ours" }, adoption: "overwrite" });
    await space.status("over", { ...DEPLOYED, release: { revision: 2 } });
    expect(await text("over")).toEqual({ text: "ours" });
  });

  test("and that failed is taken when chart and values are the same, and installed again", async () => {
    await expect(byHand("broken", "refused", "--set", "suffix=NOT-A-NAME")).rejects.toThrow("NOT-A-NAME");
    expect(await space.revisions("broken")).toEqual(["v1 failed"]);
    await space.apply("broken", { chart: "refused", values: { suffix: "NOT-A-NAME" } });
    await space.status("broken", { actual_state: "failed", reason: "InstallError", release: { revision: 2 } });
    await space.told("broken", "ReleaseTaken", "release broken, which no ArmadaChart owns");
    await space.apply("broken", { chart: "refused", values: { suffix: "name" } });
    await space.status("broken", DEPLOYED);
  });

  test("and that failed with other values waits, and is installed again with adoption: adopt", async () => {
    await expect(byHand("failed", "refused", "--set", "suffix=NOT-A-NAME")).rejects.toThrow("NOT-A-NAME");
    await space.apply("failed", { chart: "refused", values: { suffix: "name" } });
    await space.status("failed", WAITS);
    await space.apply("failed", { chart: "refused", values: { suffix: "name" }, adoption: "adopt" });
    await space.status("failed", { ...DEPLOYED, release: { revision: 2 } });
  });

  test("and that helm still works on is not taken before helm has ended", async () => {
    const values = { hook: true, node: { adoption: "yes" } };
    const installing = byHand("busy", "hooked", "--set", "hook=true,node.adoption=yes");
    await eventually("helm waits for its hook", async () => expect(await space.revisions("busy")).toEqual(["v1 pending-install"]));
    await space.apply("busy", { chart: "hooked", values });
    await space.status("busy", { actual_state: "pending", satisfied: false, reason: "OperationInProgress" });
    await space.patch("Node", "node-1", { metadata: { labels: { adoption: "yes" } } });
    await installing;
    await space.status("busy", { ...DEPLOYED, release: { revision: 1 } });
    expect(await space.revisions("busy")).toEqual(["v1 deployed"]);
  });

  test("and that a helm which is gone has left locked is taken after wait.timeout", async () => {
    await byHand("locked", "text", "--set", "text=one");
    await leaveLocked("sh.helm.release.v1.locked.v1");
    await space.apply("locked", { chart: "text", values: { text: "one" }, wait: { timeout: 5 } });
    await space.status("locked", { reason: "OperationInProgress", waiting_for: expect.stringContaining("considered dead") });
    await space.status("locked", { ...DEPLOYED, release: { revision: 2 } });
    await space.told("locked", "Unlocked", "marked failed");
  });
});

describe("a release whose ArmadaChart was restored", () => {
  test("is its own again without helm, under the name that its annotation holds", async () => {
    await space.apply("restored", { chart: "text", values: { text: "one" } });
    await space.status("restored", DEPLOYED);
    await site.operator().stop();
    const { metadata } = (await space.chart("restored")) ?? { metadata: { annotations: {} } };
    await space.patch("ArmadaChart", "restored", { metadata: { finalizers: null } });
    await space.deleteChart("restored");
    await space.apply("restored", { chart: "text", values: { text: "one" }, release: "another-name" });
    await space.patch("ArmadaChart", "restored", { metadata: { annotations: metadata.annotations } });
    await site.start();
    await space.status("restored", { ...DEPLOYED, release: { name: "restored", revision: 1 } });
    expect([await site.helmRuns(), await space.revisions("another-name")]).toEqual([{}, []]);
  });
});
