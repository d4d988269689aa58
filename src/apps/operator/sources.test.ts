import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { systemClock } from "../../base/clock.ts";
import { createMetrics } from "../../runtime/metrics.ts";
import { parseConfig } from "./config.ts";
import { openSources } from "./sources.ts";

const never = new AbortController().signal;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "armada-sources-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = () => {
  const parsed = parseConfig(["--state-dir", folder, "--chart-root", folder], {});
  if (!("config" in parsed)) throw new Error(parsed.text);
  return openSources(parsed.config, { clock: systemClock, stop: never, metrics: createMetrics() });
};

test("sources that fetch are opened when the first chart wants one", async () => {
  const sources = await open();
  expect(await readdir(folder)).toEqual(["charts"]);
  const missing = { type: "tar", location: `file://${folder}/none.tgz`, subpath: "." };
  await expect(sources.fetch(missing, never)).rejects.toThrow("does not exist");
  expect((await readdir(folder)).toSorted()).toEqual(["archives", "charts", "git"]);
});

test.each(["archives", "git"])("what an earlier run left half done in %s is removed at once", async (cache) => {
  await mkdir(join(folder, cache, "tmp-left"), { recursive: true });
  await open();
  expect(await readdir(join(folder, cache))).not.toContain("tmp-left");
});
