import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { messageOf } from "../../base/errors.ts";
import { ChartCache } from "./charts.ts";
import { chartDigest } from "../chart/chart.ts";
import type { ChartFile } from "../chart/files.ts";
import { temporaryFolder } from "../testing/artifacts.ts";

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;
let clock: ManualClock;

beforeEach(async () => {
  temporary = await temporaryFolder();
  directory = join(temporary.path, "cache");
  clock = new ManualClock();
});
afterEach(() => temporary.remove());

const files = (text: string): readonly ChartFile[] => [
  { path: "Chart.yaml", bytes: Buffer.from(text) },
  { path: "templates/a.yaml", bytes: Buffer.from("a") },
];
const open = (options: { maxBytes?: number } = {}) => ChartCache.open({ directory, clock, ...options });
const put = (cache: ChartCache, text: string) => cache.put(chartDigest(files(text)), files(text));

describe("ChartCache", () => {
  it("holds the files in a folder named by their digest, for its owner only", async () => {
    const path = await put(await open(), "one");
    expect(path).toBe(join(directory, chartDigest(files("one"))));
    expect(await readFile(join(path, "templates/a.yaml"), "utf8")).toBe("a");
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, "Chart.yaml"))).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toHaveLength(1);
  });

  it("writes one content once, also for callers at the same time", async () => {
    const cache = await open();
    const [first, second] = await Promise.all([put(cache, "one"), put(cache, "one")]);
    const before = await stat(join(first ?? "", "Chart.yaml"));
    expect(second).toBe(first);
    await put(cache, "one");
    expect((await stat(join(first ?? "", "Chart.yaml"))).ino).toBe(before.ino);
  });

  it("uses what an earlier process left when it is whole, and writes it again when it is not", async () => {
    const path = await put(await open(), "one");
    const { ino } = await stat(join(path, "Chart.yaml"));
    expect(await put(await open(), "one")).toBe(path);
    expect((await stat(join(path, "Chart.yaml"))).ino).toBe(ino);
    await writeFile(join(path, "Chart.yaml"), "damaged");
    await put(await open(), "one");
    expect(await readFile(join(path, "Chart.yaml"), "utf8")).toBe("one");
    expect(await readdir(directory)).toHaveLength(1);
  });

  it.each(["../x", "a/../../x", "/x", "a//x", "./x"])("does not write to %j", async (path) => {
    const climbing = [{ path, bytes: Buffer.from("x") }];
    await expect((await open()).put(chartDigest(climbing), climbing)).rejects.toThrow(`cannot have the path ${JSON.stringify(path)}`);
    expect([await readdir(temporary.path), await readdir(directory)]).toEqual([["cache"], []]);
  });

  it("writes an entry again that somebody removed", async () => {
    const cache = await open();
    const path = await put(cache, "one");
    await temporary.remove();
    await mkdir(directory, { recursive: true });
    expect(await put(cache, "one")).toBe(path);
    expect(await readFile(join(path, "Chart.yaml"), "utf8")).toBe("one");
  });

  it("finds an entry that is whole, and nothing else", async () => {
    const path = await put(await open(), "one");
    const cache = await open();
    expect(await cache.find(chartDigest(files("one")))).toBe(path);
    expect(await cache.find(chartDigest(files("two")))).toBeUndefined();
    await writeFile(join(path, "Chart.yaml"), "damaged");
    expect(await (await open()).find(chartDigest(files("one")))).toBeUndefined();
  });

  it("removes at start what an interrupted write left", async () => {
    await mkdir(join(directory, "tmp-abc/templates"), { recursive: true });
    await open();
    expect(await readdir(directory)).toEqual([]);
  });

  it("leaves nothing behind when a write fails", async () => {
    const cache = await open();
    const bad: readonly ChartFile[] = [...files("one"), ...files("one")];
    await expect(cache.put("sha256.0", bad)).rejects.toMatchObject({ code: "EEXIST" });
    expect(await readdir(directory)).toEqual([]);
  });

  /** A folder, one in it, and two small files. */
  const ONE = 4 * 4096;

  it("evicts the least recently used before it holds more than the limit, as disks count", async () => {
    const cache = await open({ maxBytes: 2 * ONE });
    const paths: string[] = [];
    const sorted = (all: readonly (string | undefined)[]) => all.toSorted((a = "", b = "") => (a < b ? -1 : 1));
    for (const text of ["one", "two", "one", "three"]) {
      paths.push(await put(cache, text));
      await clock.advance(1);
    }
    expect(sorted((await readdir(directory)).map((name) => join(directory, name)))).toEqual(sorted([paths[0], paths[3]]));
    expect(cache.bytes).toBe(2 * ONE);
    expect((await open()).bytes).toBe(2 * ONE);
  });

  it("never removes what somebody holds, and refuses what does not fit beside it", async () => {
    const cache = await open({ maxBytes: 3 * ONE });
    const digest = (text: string) => ({ digest: chartDigest(files(text)) });
    await put(cache, "one");
    await put(cache, "two");
    const hold = (uid: string, text: string) => cache.hold({ uid, namespace: uid }, digest(text));
    expect([await hold("a", "one"), await hold("b", "two"), await hold("c", "three")]).toEqual([true, true, false]);
    await put(cache, "three");
    await expect(put(cache, "four")).rejects.toMatchObject({
      reason: "TooLarge",
      class: "transient",
      message: expect.stringContaining("--cache-size"),
    });
    expect((await readdir(directory)).sort()).toEqual(["one", "two", "three"].map((text) => digest(text).digest).sort());
    cache.release("a");
    const path = await put(cache, "four");
    expect(await readFile(join(path, "Chart.yaml"), "utf8")).toBe("four");
    expect(await cache.find(digest("one").digest)).toBeUndefined();
  });

  it("has room for every namespace, however much the charts of one would hold", async () => {
    const cache = await open({ maxBytes: 8 * ONE });
    const take = async (namespace: string, text: string): Promise<string> => {
      await put(cache, text);
      return cache.hold({ uid: `${namespace}-${text}`, namespace }, { digest: chartDigest(files(text)) }).then(
        () => "held",
        (error: unknown) => messageOf(error),
      );
    };
    const taken: string[] = [];
    for (let chart = 0; chart < 8; chart += 1) taken.push(await take("greedy", String(chart)));
    expect(taken.filter((answer) => answer === "held")).toHaveLength(4);
    expect(taken.at(-1)).toMatch(/^the cache has no room for another chart of namespace "greedy": its charts in use would take /);
    expect([await take("other", "own-1"), await take("other", "own-2"), await take("third", "own-3")]).toEqual(["held", "held", "held"]);
    expect(await take("other", "0")).toBe("held");
    expect(await take("greedy", "0")).toBe("held");
    cache.release("greedy-1");
    for (const text of ["2", "3"]) cache.release(`greedy-${text}`);
    expect(await take("greedy", "7")).toBe("held");
  });

  it("has no more than the limit when many are put at the same time", async () => {
    const cache = await open({ maxBytes: 2 * ONE });
    const results = await Promise.allSettled(["one", "two", "three", "four", "five"].map((text) => put(cache, text)));
    // Those that come when one is complete may take its place.
    expect(results.filter(({ status }) => status === "fulfilled").length).toBeGreaterThanOrEqual(2);
    expect(await readdir(directory)).toHaveLength(2);
    expect(await put(cache, "six")).toContain("sha256.");
  });
});
