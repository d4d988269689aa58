import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdir, readFile, readdir, readlink, stat, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { unpackChart } from "./extract.ts";
import type { ArchiveLimits } from "./walk.ts";
import { CHART_YAML, temporaryFolder } from "../testing/artifacts.ts";
import { tarOf, type TestEntry, tgzOf } from "../testing/archive.ts";

const { signal } = new AbortController();
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  temporary = await temporaryFolder();
  await mkdir(join(temporary.path, "target"));
});
afterEach(() => temporary.remove());

const CHART: TestEntry = { path: "blog/Chart.yaml", text: CHART_YAML };
const MANY: ArchiveLimits = { unpackedBytes: 2 ** 20, entries: 10, ratio: 200 };

const unpack = async (bytes: Uint8Array, subpath = ".", limits?: ArchiveLimits): Promise<readonly string[]> => {
  const file = join(temporary.path, "archive");
  const target = join(temporary.path, "target");
  await writeFile(file, bytes);
  await unpackChart({ file, subpath, target, field: "the archive", limits }, signal);
  const entries = await readdir(target, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [] : [join(entry.parentPath, entry.name).slice(target.length + 1)])).sort();
};

const refused = async (promise: Promise<unknown>, expected: object): Promise<void> => {
  await expect(promise).rejects.toMatchObject({ name: "SourceError", class: "terminal", ...expected });
  expect(await readdir(join(temporary.path, "target"))).toEqual([]);
  expect((await readdir(temporary.path)).sort()).toEqual(["archive", "target"]);
};

describe("unpackChart", () => {
  it.each<[string, readonly TestEntry[], string, readonly string[]]>([
    ["the only folder", [CHART, { path: "blog/templates/a.yaml", text: "a" }], ".", ["Chart.yaml", "templates/a.yaml"]],
    [
      "the top",
      [
        { path: "./", type: "Directory" },
        { path: "./Chart.yaml", text: CHART_YAML },
        { path: "sub/x", text: "" },
      ],
      ".",
      ["Chart.yaml", "sub/x"],
    ],
    [
      "a folder inside",
      [{ path: "r-1/a/Chart.yaml", text: "a" }, { path: "r-1/b/Chart.yaml", text: "b" }, { path: "r-1/bc/x" }],
      "r-1/b/",
      ["Chart.yaml"],
    ],
    [
      "what is beside a link",
      [CHART, { path: "link", type: "SymbolicLink", linkpath: "/etc" }, { path: "web/a", type: "Link", linkpath: "blog/Chart.yaml" }],
      "blog",
      ["Chart.yaml"],
    ],
    ["names that differ in case", [CHART, { path: "blog/A" }, { path: "blog/a" }], "blog", ["A", "Chart.yaml", "a"]],
    ["folders said twice", [{ path: "blog/", type: "Directory" }, CHART, { path: "blog", type: "Directory" }], ".", ["Chart.yaml"]],
    ["long names", [CHART, { path: `blog/${"x/".repeat(80)}y` }], ".", ["Chart.yaml", `${"x/".repeat(80)}y`]],
    ["two dots that do not climb", [CHART, { path: "blog/a..b/..c" }], ".", ["Chart.yaml", "a..b/..c"]],
  ])("unpacks %s", async (_title, entries, subpath, expected) => {
    expect(await unpack(tgzOf(entries), subpath)).toEqual(expected);
  });

  it("leaves no file open when it is stopped in the middle of one", async () => {
    const file = join(temporary.path, "archive");
    const target = join(temporary.path, "target");
    await writeFile(file, tarOf([CHART, { path: "blog/big", text: randomBytes(32 * 2 ** 20) }]));
    const stop = new AbortController();
    const unpacking = unpackChart({ file, subpath: ".", target, field: "the archive" }, stop.signal);
    const outcome = unpacking.catch((error: unknown) => error);
    while ((await readdir(target)).length < 2) await new Promise(setImmediate);
    stop.abort(new Error("stopped"));
    expect(await outcome).toBe(stop.signal.reason);
    const open = await Promise.all((await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
    expect(open.filter((path) => path.startsWith(target))).toEqual([]);
  });

  it("unpacks an archive that is not compressed, for its owner only", async () => {
    expect(await unpack(tarOf([CHART]))).toEqual(["Chart.yaml"]);
    const path = join(temporary.path, "target/Chart.yaml");
    expect(await readFile(path, "utf8")).toBe(CHART_YAML);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each<[string, TestEntry, string]>([
    ["an absolute name", { path: "/etc/cron.d/x" }, "is an absolute name"],
    ["a name that climbs", { path: "blog/../../x" }, 'contains ".."'],
    ["a name that climbs and returns", { path: "blog/x/../y" }, 'contains ".."'],
    ["a long name that climbs", { path: `blog/${"x/".repeat(100)}../y` }, 'contains ".."'],
    ["a backslash", { path: "blog\\..\\..\\x" }, "backslash"],
    ["a folder that climbs", { path: "../", type: "Directory" }, 'contains ".."'],
    ["a link by an absolute name", { path: "/x", type: "SymbolicLink", linkpath: "y" }, "is an absolute name"],
    ["a character device", { path: "blog/null", type: "CharacterDevice" }, "is of type CharacterDevice"],
    ["a block device", { path: "sda", type: "BlockDevice" }, "is of type BlockDevice"],
    ["a pipe", { path: "blog/pipe", type: "FIFO" }, "is of type FIFO"],
    ["a link in the chart", { path: "blog/values.yaml", type: "SymbolicLink", linkpath: "Chart.yaml" }, "is a link: replace it"],
    ["a link out of the chart", { path: "blog/values.yaml", type: "SymbolicLink", linkpath: "/etc/passwd" }, "is a link: replace it"],
    [
      "a link in charts/",
      { path: "blog/charts/common", type: "SymbolicLink", linkpath: "../../common" },
      'is a link: remove it, and list an ArmadaChart in spec.dependencies, or "common" in the dependencies of Chart.yaml with a file:// repository',
    ],
    ["a hard link in the chart", { path: "blog/values.yaml", type: "Link", linkpath: "blog/Chart.yaml" }, "is a link: replace it"],
    ["a name that is too long", { path: `blog/${"x".repeat(256)}` }, "is too long"],
    ["a path that is too long", { path: `blog/${"x/".repeat(600)}` }, "is too long"],
    ["the archive itself as a link", { path: "./", type: "SymbolicLink", linkpath: "/" }, "names the archive itself"],
  ])("refuses %s", async (_title, entry, message) => {
    await refused(unpack(tgzOf([CHART, entry])), { reason: "NotAllowed", message: expect.stringContaining(message) });
  });

  it("refuses to write through a link that came before", async () => {
    const entries: readonly TestEntry[] = [CHART, { path: "blog/t", type: "SymbolicLink", linkpath: "/tmp" }, { path: "blog/t/x" }];
    await refused(unpack(tgzOf(entries)), { reason: "InvalidChart", message: expect.stringContaining("occurs twice, or below a file") });
  });

  it.each<[string, readonly TestEntry[]]>([
    ["twice", [CHART, CHART]],
    ["as a file and as a folder", [CHART, { path: "blog/a" }, { path: "blog/a/b" }]],
    ["as a folder and as a file", [CHART, { path: "blog/a/b" }, { path: "blog/a" }]],
  ])("refuses a name that is there %s", async (_title, entries) => {
    await refused(unpack(tgzOf(entries)), { reason: "InvalidChart" });
  });

  it.each<[string, Uint8Array]>([
    ["is cut off", tgzOf([CHART]).subarray(0, 60)],
    ["is cut off, uncompressed", tarOf([CHART]).subarray(0, 600)],
    ["says a size it does not have", tgzOf([CHART, { path: "blog/x", size: 10 ** 9 }])],
    ["is damaged in the middle", damage(tgzOf([CHART]), 40)],
    ["is no archive", Buffer.from("hello, world ".repeat(100))],
    ["is empty", Buffer.alloc(0)],
    ["is empty inside", gzipSync("")],
    ["is compressed twice", gzipSync(tgzOf([CHART]))],
    ["is only compressed", gzipSync("hello")],
    ["has a wrong checksum", damage(tarOf([CHART]), 150)],
    ["is compressed without a header", deflateRawSync(tarOf([CHART]))],
  ])("refuses what %s", async (_title, bytes) => {
    await refused(unpack(bytes), { reason: "InvalidChart" });
  });

  it.each([
    ["504b0304", "is a zip archive"],
    ["fd377a585a00", "is xz-compressed"],
    ["425a6839", "is bzip2-compressed"],
    ["28b52ffd", "is zstd-compressed"],
    [Buffer.from("<html>").toString("hex"), "is a web page"],
  ])("names what begins with %s", async (hex, message) => {
    await refused(unpack(Buffer.from(hex, "hex")), { reason: "Unsupported", message: `the archive ${message}: only .tgz and .tar are supported` });
  });

  it.each<[string, Uint8Array, ArchiveLimits, string]>([
    ["unpacks to too much", tgzOf([CHART, { path: "x", text: "x".repeat(2 ** 20) }]), MANY, "unpacks to more than 1048576 bytes: leave out"],
    ["has too many entries", tgzOf([CHART, ...numbered(10)]), MANY, "contains more than 10 entries"],
    [
      "names a folder too many times",
      tgzOf(Array.from({ length: 11 }, () => ({ path: "blog/", type: "Directory" }))),
      MANY,
      "contains more than 10 entries",
    ],
    ["names too many folders", tgzOf([CHART, { path: `${"a/".repeat(11)}x` }]), MANY, "contains more than 10 entries"],
    ["goes on after its end", gzipSync(Buffer.concat([tarOf([CHART]), Buffer.alloc(2 ** 20)])), MANY, "unpacks to more than 1048576 bytes"],
  ])("refuses what %s", async (_title, bytes, limits, message) => {
    await refused(unpack(bytes, ".", limits), { reason: "TooLarge", message: expect.stringContaining(message) });
  });

  it("refuses a bomb long before it has unpacked what the limit allows", async () => {
    const bomb = gzipSync(Buffer.concat([tarOf([CHART]).subarray(0, -1024), Buffer.alloc(17 * 2 ** 20)]));
    await refused(unpack(bomb), {
      reason: "TooLarge",
      message: expect.stringContaining("unpacks to more than 16777216 bytes, far more than archives"),
    });
  });

  it.each([
    ["../x", "NotAllowed", "source.subpath must be a plain path"],
    ["/etc", "NotAllowed", "source.subpath must be a plain path"],
    ["blog\\x", "NotAllowed", "source.subpath must be a plain path"],
    ["blog\0", "NotAllowed", "source.subpath must be a plain path"],
    ["nowhere", "NotFound", 'the archive has no such folder; it contains the chart "blog"'],
    ["-x", "NotFound", "the archive has no such folder"],
    ["web", "InvalidChart", 'Chart.yaml is missing; it contains no chart, but the file "x": set source.location and source.subpath'],
    [".", "InvalidChart", 'Chart.yaml is missing; it contains the chart "blog": set source.location and source.subpath'],
    ["blog/Chart.yaml", "InvalidChart", 'Chart.yaml is missing; it contains the chart "blog"'],
  ])("refuses subpath %j: %s", async (subpath, reason, message) => {
    await refused(unpack(tgzOf([CHART, { path: "web/x" }]), subpath), { reason, message: expect.stringContaining(message) });
  });

  it("stops when it is no longer wanted", async () => {
    const abort = new AbortController();
    abort.abort(new Error("no longer wanted"));
    const file = join(temporary.path, "archive");
    await writeFile(file, tgzOf([CHART]));
    const unpacked = unpackChart({ file, subpath: ".", target: join(temporary.path, "target"), field: "x" }, abort.signal);
    await expect(unpacked).rejects.toThrow("no longer wanted");
  });
});

function numbered(count: number): readonly TestEntry[] {
  return Array.from({ length: count }, (_, index) => ({ path: `blog/${index}` }));
}

function damage(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
