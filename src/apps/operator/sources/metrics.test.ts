import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { systemClock } from "../../../base/time/clock.ts";
import { createMetrics } from "../measure/metrics.ts";
import type { ChartSource } from "../../../sources/source.ts";
import { temporaryFolder, writeTree } from "../../../sources/testing/artifacts.ts";
import { chartTgz } from "../../../sources/testing/archive.ts";
import { createRegistry } from "../../../sources/testing/registry.ts";
import { serve, type TestServer } from "../../../sources/testing/server.ts";
import { parseConfig } from "../settings/config.ts";
import { openSources } from "./open.ts";

const never = new AbortController().signal;
const BLOG = chartTgz({ "blog/Chart.yaml": "name: blog\nversion: 1.0.0\n" });
const INDEX = JSON.stringify({ apiVersion: "v1", entries: { blog: [{ name: "blog", version: "1.0.0", urls: ["blog.tgz"] }] } });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let sources: ChartSource;
const metrics = createMetrics();

beforeEach(async () => {
  folder = await temporaryFolder();
  server = await serve(({ url, headers }, response) => {
    if (url?.includes("none") === true) response.writeHead(404).end();
    else if (url?.endsWith("index.yaml") === true) response.end(INDEX);
    else if (headers["if-none-match"] === '"1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"1"' }).end(BLOG);
  });
  sources = await open();
});
afterEach(async () => {
  await server.close();
  await folder.remove();
});

const open = async (...flags: readonly string[]): Promise<ChartSource> => {
  const parsed = parseConfig(["--state-dir", folder.path, "--chart-root", folder.path, "--allow-local-addresses", "true", ...flags], {});
  if (!("config" in parsed)) throw new Error(parsed.text);
  return (await openSources(parsed.config, { clock: systemClock, stop: never, metrics })).source;
};

/** What was counted of a type since the last look. */
const counts = async (type: string): Promise<readonly string[]> => {
  const text = await metrics.expose();
  metrics.sourceFetches.reset();
  metrics.sourceBytes.reset();
  metrics.sourceCacheHits.reset();
  return text
    .split("\n")
    .flatMap((line) => (/^armada_source_(?:fetches|bytes|cache_hits)_total\{/.test(line) && line.includes(`"${type}"`) ? [line] : []));
};

const fetch = (type: string, location: string, more: { readonly chart?: string; readonly subpath?: string } = {}, signal = never) =>
  sources.fetch({ type, location, subpath: "blog", ...more }, signal).catch(() => undefined);

test("an archive counts once with its bytes, and then as had from the cache", async () => {
  await fetch("tar", `${server.url}/blog.tgz`);
  expect(await counts("tar")).toEqual([
    'armada_source_fetches_total{type="tar",result="success"} 1',
    `armada_source_bytes_total{type="tar"} ${String(BLOG.byteLength)}`,
  ]);
  await fetch("tar", `${server.url}/blog.tgz`);
  expect(await counts("tar")).toEqual(['armada_source_fetches_total{type="tar",result="success"} 1', 'armada_source_cache_hits_total{type="tar"} 1']);
});

test("those who share a request count as had from the cache", async () => {
  await Promise.all([1, 2, 3].map(() => fetch("tar", `${server.url}/blog.tgz`)));
  expect(server.asked).toHaveLength(2);
  expect(await counts("tar")).toEqual([
    'armada_source_fetches_total{type="tar",result="success"} 3',
    `armada_source_bytes_total{type="tar"} ${String(BLOG.byteLength)}`,
    'armada_source_cache_hits_total{type="tar"} 2',
  ]);
});

test("the index of a repository counts with its bytes, and is no chart", async () => {
  const asked = () => fetch("repo", server.url, { chart: "blog", subpath: "." });
  await asked();
  await asked();
  expect(await counts("repo")).toEqual([
    'armada_source_fetches_total{type="repo",result="success"} 2',
    `armada_source_bytes_total{type="repo"} ${String(BLOG.byteLength + 2 * INDEX.length)}`,
    'armada_source_cache_hits_total{type="repo"} 1',
  ]);
});

test("a registry's chart counts once, and what is read to find it counts as bytes", async () => {
  const registry = createRegistry();
  const manifest = registry.manifests.get(registry.push("1.0.0", BLOG)) ?? "";
  const host = await serve(registry.listener);
  sources = await open("--plain-http-registries", `127.0.0.1:${host.port}`);
  for (const _ of [1, 2]) await fetch("oci", `oci://127.0.0.1:${host.port}/charts/blog:1.0.0`, { subpath: "." });
  expect(await counts("oci")).toEqual([
    'armada_source_fetches_total{type="oci",result="success"} 2',
    `armada_source_bytes_total{type="oci"} ${String(BLOG.byteLength + 2 * manifest.length)}`,
    'armada_source_cache_hits_total{type="oci"} 1',
  ]);
  await host.close();
});

test("what fails counts with its reason, and what nobody waits for does not", async () => {
  await fetch("tar", `${server.url}/none.tgz`);
  const given = new AbortController();
  const fetching = fetch("tar", `${server.url}/blog.tgz`, {}, given.signal);
  given.abort();
  await fetching;
  expect((await counts("tar")).filter((line) => line.includes("result"))).toEqual(['armada_source_fetches_total{type="tar",result="NotFound"} 1']);
});

test("a chart of this machine counts without bytes", async () => {
  await writeTree(folder.path, { "blog/Chart.yaml": "name: blog\nversion: 1.0.0\n" });
  await fetch("local", folder.path);
  await fetch("local", "/elsewhere");
  expect(await counts("local")).toEqual([
    'armada_source_fetches_total{type="local",result="success"} 1',
    'armada_source_fetches_total{type="local",result="NotAllowed"} 1',
  ]);
});

test("caches say how large they are", async () => {
  await fetch("tar", `${server.url}/blog.tgz`);
  const sizes = (await metrics.expose()).split("\n").filter((line) => line.startsWith("armada_source_cache_bytes{"));
  expect(sizes).toEqual([
    // A folder and a file.
    'armada_source_cache_bytes{cache="charts"} 8192',
    `armada_source_cache_bytes{cache="archives"} ${String(BLOG.byteLength)}`,
    'armada_source_cache_bytes{cache="git"} 0',
  ]);
});
