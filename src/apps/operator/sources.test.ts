import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { systemClock } from "../../base/clock.ts";
import { createMetrics } from "../../runtime/metrics.ts";
import { serve } from "../../sources/testing-server.ts";
import { parseConfig } from "./config.ts";
import { openSources } from "./sources.ts";

const never = new AbortController().signal;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "armada-sources-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (...flags: readonly string[]) => {
  const parsed = parseConfig(["--state-dir", folder, "--chart-root", folder, ...flags], {});
  if (!("config" in parsed)) throw new Error(parsed.text);
  return openSources(parsed.config, { clock: systemClock, stop: never, metrics: createMetrics() });
};

test("sources that fetch are opened when the first chart wants one", async () => {
  const { source } = await open();
  expect(await readdir(folder)).toEqual(["charts"]);
  const missing = { type: "tar", location: `file://${folder}/none.tgz`, subpath: "." };
  await expect(source.fetch(missing, never)).rejects.toThrow("does not exist");
  expect((await readdir(folder)).toSorted()).toEqual(["archives", "charts", "git"]);
});

test("a registry is asked over plain HTTP if the flag names it, also for charts that a repository has there, and no other is", async () => {
  const registry = await serve((_, response) => response.writeHead(404).end());
  const host = `127.0.0.1:${registry.port}`;
  const index = JSON.stringify({
    apiVersion: "v1",
    entries: { blog: [{ name: "blog", version: "1.0.0", urls: [`oci://${host}/other/blog:1.0.0`] }] },
  });
  const repository = await serve((_, response) => response.end(index));
  const wanted = [
    { type: "oci", location: `oci://${host}/charts/blog`, reference: "1.0.0", subpath: "." },
    { type: "repo", location: repository.url, chart: "blog", subpath: "." },
  ];
  const asked = async (...flags: readonly string[]) => {
    const { source } = await open("--allow-local-addresses", "true", ...flags);
    await Promise.allSettled(wanted.map((spec) => source.fetch(spec, never)));
    return registry.asked.splice(0).toSorted();
  };
  expect(await asked("--plain-http-registries", host)).toEqual(["GET /v2/charts/blog/manifests/1.0.0", "GET /v2/other/blog/manifests/1.0.0"]);
  expect(await asked()).toEqual([]);
  await Promise.all([registry.close(), repository.close()]);
});

test.each(["archives", "git"])("what an earlier run left half done in %s is removed at once", async (cache) => {
  await mkdir(join(folder, cache, "tmp-left"), { recursive: true });
  await open();
  expect(await readdir(join(folder, cache))).not.toContain("tmp-left");
});
