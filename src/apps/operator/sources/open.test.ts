import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { systemClock } from "../../../base/time/clock.ts";
import { createMetrics } from "../measure/metrics.ts";
import { serve } from "../../../sources/testing/server.ts";
import { parseConfig } from "../settings/config.ts";
import { openSources } from "./open.ts";

const never = new AbortController().signal;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "armada-sources-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (...flags: readonly string[]) => openUntil(never, ...flags);

const openUntil = (stop: AbortSignal, ...flags: readonly string[]) => {
  const parsed = parseConfig(["--state-dir", folder, "--chart-root", folder, ...flags], {});
  if (!("config" in parsed)) throw new Error(parsed.text);
  return openSources(parsed.config, { clock: systemClock, stop, metrics: createMetrics() });
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

test.each([
  ["tar", "/blog.tgz"],
  ["repo", ""],
  ["oci", "/charts/blog:1.0.0"],
])("a stop ends what is fetched for %s, and leaves nothing half done", async (type, path) => {
  const asked = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  // The beginning of an answer that never ends.
  const server = await serve((request, response) => {
    const answer = '{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json"},"layers":[LAYER]}';
    const layer = `{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip","digest":"sha256:${"0".repeat(64)}","size":99}`;
    if (request.url?.includes("/manifests/") === true) response.end(answer.replace("LAYER", layer));
    else {
      response.once("close", closed.resolve).writeHead(200, { "content-length": 99 }).write("x");
      asked.resolve();
    }
  });
  const stop = new AbortController();
  const host = `127.0.0.1:${server.port}`;
  const { source } = await openUntil(stop.signal, "--allow-local-addresses", "true", "--plain-http-registries", host);
  const location = `${type === "oci" ? `oci://${host}` : server.url}${path}`;
  const outcome = source.fetch({ type, location, subpath: ".", chart: type === "repo" ? "blog" : undefined }, never).catch((error: unknown) => error);
  await asked.promise;
  stop.abort(new Error("stopped"));
  expect(await outcome).toBe(stop.signal.reason);
  await closed.promise;
  while ((await readdir(join(folder, "archives"))).length > 0) await new Promise(setImmediate);
  await server.close();
});
