import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { RawCache } from "./raw.ts";
import { temporaryFolder } from "../testing/artifacts.ts";

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;
let clock: ManualClock;
beforeEach(async () => {
  temporary = await temporaryFolder();
  directory = join(temporary.path, "raw");
  clock = new ManualClock();
});
afterEach(() => temporary.remove());

const open = (options: { readonly maxBytes?: number } = {}) => RawCache.open({ directory, clock, ...options });
const hex = (text: string): string => createHash("sha256").update(text).digest("hex");
const digest = (text: string): string => `sha256:${hex(text)}`;
const keep = (cache: RawCache, ...chunks: readonly string[]) =>
  cache.keep(async (sink) => {
    for (const chunk of chunks) await sink(Buffer.from(chunk));
    return true;
  });
const KEY = "0".repeat(64);

describe("RawCache", () => {
  it("keeps what it is given in a file named by its digest, for its owner only", async () => {
    const cache = await open();
    expect(await keep(cache, "one ", "two")).toBe(digest("one two"));
    const path = join(directory, hex("one two"));
    expect(await cache.find(digest("one two"))).toBe(path);
    expect(await readFile(path, "utf8")).toBe("one two");
    expect([(await stat(directory)).mode & 0o777, (await stat(path)).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(await readdir(directory)).toEqual([hex("one two")]);
  });

  it("leaves nothing behind when there is nothing to keep, or filling fails", async () => {
    const cache = await open();
    expect(await cache.keep(() => Promise.resolve(false))).toBeUndefined();
    await expect(
      cache.keep(async (sink) => {
        await sink(Buffer.from("half"));
        throw new Error("cut off");
      }),
    ).rejects.toThrow("cut off");
    expect(await readdir(directory)).toEqual([]);
  });

  it("survives a restart, and removes what was not finished", async () => {
    const cache = await open();
    await keep(cache, "one");
    await cache.remember(KEY, { digest: digest("one"), etag: '"1"' });
    await mkdir(join(directory, "tmp-abc"));
    const next = await open();
    expect(await next.recall(KEY)).toEqual({ digest: digest("one"), etag: '"1"' });
    expect((await readdir(directory)).sort()).toEqual([hex("one"), `name-${KEY}`].sort());
  });

  it.each([
    "not json",
    "{}",
    '{"digest":"sha256:../../etc"}',
    '{"digest":7}',
    `{"digest":"${digest("other")}"}`,
    `{"digest":"${digest("one")}","etag":7}`,
  ])("drops a damaged memory: %s", async (text) => {
    await keep(await open(), "one");
    await writeFile(join(directory, `name-${KEY}`), text);
    expect(await (await open()).recall(KEY)).toBeUndefined();
    expect(await readdir(directory)).toEqual([hex("one")]);
  });

  it("notices a damaged content, also one damaged while it runs, and forgets it", async () => {
    const cache = await open();
    await keep(cache, "one");
    await cache.remember(KEY, { digest: digest("one") });
    expect(await cache.recall(KEY)).toBeDefined();
    await writeFile(join(directory, hex("one")), "0ne");
    expect(await cache.recall(KEY)).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
    expect(await keep(cache, "one")).toBe(digest("one"));
    expect(await cache.find(digest("one"))).toBeDefined();
  });

  it("discards what is of no use, but not while somebody works with it", async () => {
    const cache = await open();
    await keep(cache, "one");
    await cache.use(digest("one"), async (file) => {
      await cache.discard(digest("one"));
      expect(await readFile(file ?? "", "utf8")).toBe("one");
    });
    expect(await cache.find(digest("one"))).toBeDefined();
    await cache.discard(digest("one"));
    expect(await readdir(directory)).toEqual([]);
  });

  it("evicts the least recently used with all memory of it before it holds more than the limit", async () => {
    const cache = await open({ maxBytes: 8 });
    await keep(cache, "one");
    await cache.remember(KEY, { digest: digest("one") });
    await clock.advance(1);
    await keep(cache, "two");
    await clock.advance(1);
    await keep(cache, "3");
    await clock.advance(1);
    await cache.find(digest("two"));
    await keep(cache, "five");
    expect((await readdir(directory)).sort()).toEqual([hex("two"), hex("3"), hex("five")].sort());
    expect(await cache.recall(KEY)).toBeUndefined();
  });

  it("never removes what is in use, and refuses what does not fit beside it", async () => {
    const cache = await open({ maxBytes: 8 });
    await keep(cache, "12345");
    await cache.use(digest("12345"), async (file) => {
      await expect(keep(cache, "ab", "cd")).rejects.toMatchObject({
        reason: "TooLarge",
        class: "transient",
        message: expect.stringContaining("--cache-size"),
      });
      expect(await readFile(file ?? "", "utf8")).toBe("12345");
      await keep(cache, "abc");
    });
    expect(await readdir(directory)).toHaveLength(2);
    await keep(cache, "abcd");
    expect(await cache.find(digest("12345"))).toBeUndefined();
  });

  it("counts what is being written", async () => {
    const cache = await open({ maxBytes: 8 });
    await cache.keep(async (sink) => {
      await sink(Buffer.from("12345"));
      await expect(keep(cache, "abcd")).rejects.toMatchObject({ reason: "TooLarge" });
      return false;
    });
    expect(await keep(cache, "abcd")).toBe(digest("abcd"));
  });

  it("keeps one content of a place that holds another one each time, and what others hold too", async () => {
    const cache = await open();
    await keep(cache, "shared");
    await cache.remember("1".repeat(64), { digest: digest("shared") });
    for (const text of ["shared", "one", "two", "three"]) {
      await keep(cache, text);
      await cache.remember(KEY, { digest: digest(text) });
    }
    expect((await readdir(directory)).filter((name) => !name.startsWith("name-")).sort()).toEqual([hex("shared"), hex("three")].sort());
  });

  it("keeps what a place held before for as long as somebody works with it", async () => {
    const cache = await open();
    await keep(cache, "one");
    await cache.remember(KEY, { digest: digest("one") });
    await cache.use(digest("one"), async (file) => {
      await keep(cache, "two");
      await cache.remember(KEY, { digest: digest("two") });
      expect(await readFile(file ?? "", "utf8")).toBe("one");
    });
    expect(await cache.recall(KEY)).toEqual({ digest: digest("two") });
  });

  it("lends a private folder that is gone afterwards", async () => {
    const cache = await open();
    const folder = await cache.scratch(async (path) => {
      expect((await stat(path)).mode & 0o777).toBe(0o700);
      await writeFile(join(path, "x"), "x");
      return path;
    });
    await expect(stat(folder)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(cache.scratch(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await readdir(directory)).toEqual([]);
  });
});
