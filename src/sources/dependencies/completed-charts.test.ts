import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../base/time/clock.ts";
import { ChartCache } from "../cache/charts.ts";
import { CompletedCharts } from "./completed-charts.ts";
import { LocalSource } from "../local/source.ts";
import type { ChartArtifact } from "../source.ts";
import { temporaryFolder, writeTree } from "../testing/artifacts.ts";
import { chartTgz } from "../testing/archive.ts";

const signal = new AbortController().signal;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let source: CompletedCharts;
/** As if every chart were signed. */
let signed: CompletedCharts;

const at = (path: string): string => join(temporary.path, path);

beforeEach(async () => {
  temporary = await temporaryFolder();
  await writeTree(at("charts"), {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "web/charts/lib/Chart.yaml": "name: toolkit\nversion: 0.0.1\n",
    "toolkit/Chart.yaml": "apiVersion: v2\nname: toolkit\nversion: 0.2.0\ntype: library\n",
    "toolkit/templates/_names.tpl": "one",
    "db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
  });
  await writeFile(at("charts/web/charts/toolkit-0.0.2.tgz"), chartTgz({ "toolkit/Chart.yaml": "name: toolkit\nversion: 0.0.2\n" }));
  const cache = await ChartCache.open({ directory: at("cache"), clock: systemClock });
  const local = new LocalSource({ roots: [{ mount: "/charts", path: at("charts") }], cache, clock: systemClock });
  source = new CompletedCharts({ source: local, cache });
  signed = new CompletedCharts({ source: { fetch: ({ verify: _good, ...spec }, stop) => local.fetch(spec, stop) }, cache });
});
afterEach(() => temporary.remove());

const fetch = (location: string, ...charts: readonly ChartArtifact[]) => source.fetch({ type: "local", location, subpath: ".", charts }, signal);

describe("CompletedCharts", () => {
  it("hands on a chart as it is when nothing is to be placed", async () => {
    expect(await readdir(join((await fetch("web")).path, "charts"))).toEqual(["lib", "toolkit-0.0.2.tgz"]);
  });

  it("places charts instead of those of their names, in a copy that is told apart by its digest", async () => {
    const [alone, whole] = [await fetch("web"), await fetch("web", await fetch("toolkit"), await fetch("db"))];
    expect(whole).toMatchObject({ name: "web", version: "0.1.0", library: false, source: { resolved: alone.digest } });
    expect([whole.digest === alone.digest, whole.own, alone.own]).toEqual([false, alone.digest, undefined]);
    expect(await readdir(join(whole.path, "charts"))).toEqual(["db", "toolkit"]);
    expect(await readFile(join(whole.path, "charts/toolkit/templates/_names.tpl"), "utf8")).toBe("one");
  });

  it("puts a chart that says otherwise nowhere else", async () => {
    await writeTree(at("charts"), {
      "evil/Chart.yaml": "name: lib\nversion: x/../../../../victim\n",
      "web/charts/lib/Chart.yaml": "name: other\nversion: 0.0.1\n",
    });
    await expect(fetch("evil")).rejects.toMatchObject({ reason: "InvalidChart" });
  });

  it("keeps one copy of one content, also after it was evicted", async () => {
    const toolkit = await fetch("toolkit");
    const [first, second] = [await fetch("web", toolkit), await fetch("web", toolkit)];
    expect(second).toMatchObject({ path: first.path, digest: first.digest });
    await rm(first.path, { recursive: true });
    const third = await fetch("web", toolkit);
    expect(third.digest).toBe(first.digest);
    expect((await stat(third.path)).isDirectory()).toBe(true);
  });

  it("notices what has changed in a chart that is placed", async () => {
    const before = await fetch("web", await fetch("toolkit"));
    await writeTree(at("charts"), { "toolkit/templates/_names.tpl": "two" });
    expect((await fetch("web", await fetch("toolkit"))).digest).not.toBe(before.digest);
  });

  it("says so when a chart to place has gone from the cache", async () => {
    const toolkit = await fetch("toolkit");
    await rm(toolkit.path, { recursive: true });
    await expect(fetch("web", toolkit)).rejects.toMatchObject({
      class: "transient",
      message: expect.stringMatching(/^chart "toolkit" is no longer in the chart cache/),
    });
  });

  describe("asked for charts that it holds", () => {
    const holding = (location: string, holds: readonly string[], charts: readonly ChartArtifact[] = []) =>
      source.fetch({ type: "local", location, subpath: ".", holds, charts }, signal);
    const app = (repository: string) =>
      writeTree(at("charts"), {
        "app/Chart.yaml": `name: app\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0, repository: "${repository}"}]`,
        "app/charts/toolkit/README.md": "what is left of one",
        "app/charts/folder-name/Chart.yaml": "name: common\nversion: 1.0.0\n",
      });

    it("hands it on as it came, whatever the folder or the archive is called", async () => {
      await writeFile(at("charts/web/charts/renamed.tgz"), chartTgz({ "htk/Chart.yaml": "name: htk\nversion: 0.1.0\n" }));
      await rm(at("charts/web/charts/lib"), { recursive: true });
      const [plain, asked] = [await fetch("web"), await holding("web", ["toolkit", "htk"])];
      expect(asked).toMatchObject({ path: plain.path, digest: plain.digest });
    });

    it("counts what its Chart.yaml brings there, beside what is placed", async () => {
      await app("file://../db");
      const whole = await holding("app", ["db", "common"], [await fetch("toolkit")]);
      expect(await readdir(join(whole.path, "charts"))).toEqual(["db", "folder-name", "toolkit"]);
    });

    it.each([
      ["nothing of that name", ["other"], ["other"]],
      ["the name of a folder, and another one in its Chart.yaml", ["folder-name"], ["folder-name"]],
      ["a folder without a Chart.yaml", ["toolkit"], ["toolkit"]],
      ["one of two", ["common", "other"], ["other"]],
    ])("says what it does not hold: %s", async (_, holds, names) => {
      await app("file://../db");
      await expect(holding("app", holds)).rejects.toMatchObject({ name: "ChartsLacking", names, cause: undefined });
    });

    it("says why its Chart.yaml does not bring it there", async () => {
      await app("file://../absent");
      await expect(holding("app", ["db"])).rejects.toMatchObject({
        name: "ChartsLacking",
        names: ["db"],
        cause: { reason: "NotFound", message: expect.stringContaining("absent") },
      });
      await expect(holding("app", ["common"])).rejects.toMatchObject({ name: "SourceError", reason: "NotFound" });
    });
  });

  it("does not add to what is signed, unless the spec says so", async () => {
    await writeTree(at("charts"), {
      "app/Chart.yaml": "name: app\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0, repository: file://../db}]",
    });
    const spec = { type: "local", location: "app", subpath: ".", verify: { provider: "cosign", publicKey: "" } } as const;
    await expect(signed.fetch(spec, signal)).rejects.toMatchObject({
      reason: "VerificationFailed",
      class: "terminal",
      message: expect.stringContaining('chart "app" has no "db" in charts/, and a signature covers only what is packaged'),
    });
    const whole = await signed.fetch({ ...spec, charts: [await fetch("db")] }, signal);
    expect(await readdir(join(whole.path, "charts"))).toEqual(["db"]);
  });
});
