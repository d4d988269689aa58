import { expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { FolderCache, type Making } from "./folders.ts";
import { temporaryFolder } from "../testing/artifacts.ts";

test("who wants a folder again that is just going waits until it has gone", async () => {
  const temporary = await temporaryFolder();
  const clock = new ManualClock();
  const making = (text: string): Making => ({
    bytes: 1,
    fill: (folder) => writeFile(join(folder, "text"), text),
    isSound: () => Promise.resolve(true),
  });
  let whenAsked: () => void = () => undefined;
  const asking = { now: () => (whenAsked(), clock.now()), monotonic: () => clock.monotonic(), sleep: clock.sleep.bind(clock) };
  const cache = await FolderCache.open({ directory: join(temporary.path, "cache"), clock: asking, maxBytes: 2 }, /^[a-z]$/);
  await cache.obtain("a", making("a"));
  await clock.advance(1);
  await cache.obtain("b", making("b"));
  await clock.advance(1);
  // The time is asked for as soon as it is decided that "a" goes.
  const again = Promise.withResolvers<string>();
  whenAsked = () => {
    if (!cache.names.includes("a")) again.resolve(cache.obtain("a", making("anew")));
  };
  await cache.obtain("c", making("c"));
  expect(await readFile(join(await again.promise, "text"), "utf8")).toBe("anew");
  expect(cache.names.toSorted()).toEqual(["a", "c"]);
  await temporary.remove();
});
