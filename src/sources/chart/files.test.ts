import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdir, realpath, rename, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { CHART_LIMITS, readChartFiles } from "./files.ts";
import { CHART_YAML, temporaryFolder, writeTree } from "../testing/artifacts.ts";

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let chart: string;

beforeEach(async () => {
  temporary = await temporaryFolder();
  chart = join(await realpath(temporary.path), "chart");
  await writeTree(chart, { "Chart.yaml": CHART_YAML, "templates/a.yaml": "a: 1\n" });
});
afterEach(() => temporary.remove());

const paths = async (): Promise<readonly string[]> => (await readChartFiles(chart, "source.location")).map(({ path }) => path);

describe("readChartFiles", () => {
  it("returns regular files, sorted by path, with their bytes", async () => {
    await writeTree(chart, { "charts/sub/Chart.yaml": "x", "charts/b.tgz": "binary", "Z.md": "z", "a.md": "a" });
    expect(await paths()).toEqual(["Chart.yaml", "Z.md", "a.md", "charts/b.tgz", "charts/sub/Chart.yaml", "templates/a.yaml"]);
    expect(Buffer.from((await readChartFiles(chart, "x")).at(-1)?.bytes ?? []).toString()).toBe("a: 1\n");
  });

  it("leaves out what .helmignore and helm's own rule leave out, whole folders too", async () => {
    await writeTree(chart, { ".helmignore": "docs/\n*.bak\n", "docs/deep/x.md": "x", "a.bak": "x", "templates/.swp": "x" });
    expect(await paths()).toEqual([".helmignore", "Chart.yaml", "templates/a.yaml"]);
  });

  it("follows links that stay inside the chart, to files and to folders", async () => {
    await symlink("templates/a.yaml", join(chart, "link.yaml"));
    await symlink("templates", join(chart, "copy"));
    expect(await paths()).toEqual(["Chart.yaml", "copy/a.yaml", "link.yaml", "templates/a.yaml"]);
  });

  it.each([
    ["/etc/passwd", "is broken or points outside the chart"],
    ["../secret", "is broken or points outside the chart"],
    ["../chart-2", "is broken or points outside the chart"],
    ["..", "is broken or points outside the chart"],
    [".", "is a symbolic link to one of its own parent folders"],
    ["nowhere", "is broken or points outside the chart"],
  ])("refuses a link to %s: it %s", async (target, reason) => {
    await writeTree(temporary.path, { secret: "s", "chart-2/x": "x" });
    await symlink(target, join(chart, "templates", "link"));
    await rename(join(chart, "templates", "link"), join(chart, "link"));
    await expect(readChartFiles(chart, "source.location")).rejects.toThrow(new RegExp(`^source.location: "link" .*${reason}`));
  });

  it.each([
    [
      "charts/common",
      'remove it, and list an ArmadaChart in spec.dependencies, or "common" in the dependencies of Chart.yaml with a file:// repository',
    ],
    [
      "charts/common.tgz",
      'remove it, and list an ArmadaChart in spec.dependencies, or "common" in the dependencies of Chart.yaml with a file:// repository',
    ],
    ["files/common", "replace it with a copy of what it points to"],
  ])("says what to do about the link %s", async (link, remedy) => {
    await mkdir(join(chart, dirname(link)));
    await symlink("../../common", join(chart, link));
    await expect(paths()).rejects.toThrow(`"${link}" is a symbolic link that is broken or points outside the chart: ${remedy}`);
  });

  it("says that .helmignore leaves Chart.yaml out, and by which rule", async () => {
    await writeTree(chart, { ".helmignore": "docs/\n*.yaml\n" });
    const message =
      'source.location: Chart.yaml is there, but .helmignore leaves it out (line 2: "*.yaml"): helm finds no chart then; correct that rule';
    await expect(paths()).rejects.toMatchObject({ reason: "InvalidChart", message });
  });

  it("does not mind a link out that is ignored, and does not read a .helmignore through one", async () => {
    await writeTree(temporary.path, { rules: "*" });
    await writeTree(chart, { ".helmignore": "out\n" });
    await symlink("/etc", join(chart, "out"));
    expect(await paths()).toEqual([".helmignore", "Chart.yaml", "templates/a.yaml"]);
    await rename(join(chart, ".helmignore"), join(temporary.path, "away"));
    for (const target of ["../rules", "../none"]) {
      await rm(join(chart, ".helmignore"), { force: true });
      await symlink(target, join(chart, ".helmignore"));
      await expect(paths()).rejects.toThrow('".helmignore" is a symbolic link that is broken or points outside the chart: replace it');
    }
  });

  it("refuses sockets and their like", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(chart, "s.sock"), resolve));
    await expect(paths()).rejects.toThrow('"s.sock" is neither a file nor a folder');
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    [{ ...CHART_LIMITS, entries: 3 }, "contains more than 3 entries"],
    [{ ...CHART_LIMITS, fileBytes: 20 }, "helm accepts files of at most 20"],
    [{ ...CHART_LIMITS, totalBytes: 50 }, "more than 50 bytes"],
  ])("refuses what exceeds %j", async (limits, message) => {
    await writeTree(chart, { "b/c": "0123456789" });
    await expect(readChartFiles(chart, "source.location", limits)).rejects.toMatchObject({
      reason: "TooLarge",
      message: expect.stringContaining(message),
    });
  });

  it("refuses a .helmignore that is too large, and one that takes too long", async () => {
    await writeTree(chart, { ".helmignore": "#".repeat(65_537) });
    await expect(paths()).rejects.toMatchObject({
      reason: "TooLarge",
      message: expect.stringContaining('".helmignore" has 65537 bytes, the limit is 65536'),
    });
    await writeTree(chart, {
      ".helmignore": `*${"a".repeat(120)}b\n`.repeat(500),
      ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${"a".repeat(240)}${n}`, ""])),
    });
    await expect(paths()).rejects.toMatchObject({ reason: "InvalidChart", message: expect.stringContaining(".helmignore takes too long") });
  });

  it("names the line of a bad .helmignore", async () => {
    await writeTree(chart, { ".helmignore": "a/**\n" });
    await expect(paths()).rejects.toThrow('source.location: .helmignore line 1: "a/**": helm does not support **');
  });

  it("reads an empty folder as no files", async () => {
    await mkdir(join(temporary.path, "empty"));
    expect(await readChartFiles(join(temporary.path, "empty"), "x")).toEqual([]);
  });
});
