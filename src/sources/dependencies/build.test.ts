import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../base/time/clock.ts";
import { lockDigests } from "../chart/lock.ts";
import { CompletedCharts } from "./completed-charts.ts";
import { LocalSource } from "../local/source.ts";
import { OciSource } from "../oci/source.ts";
import { RepoSource } from "../repo/source.ts";
import { readRequirements } from "../chart/requirements.ts";
import { routerOf } from "../testing/router.ts";
import type { ChartArtifact, SourceSpec } from "../source.ts";
import { TarSource } from "../tar-source.ts";
import { temporaryFolder, writeTree } from "../testing/artifacts.ts";
import { chartTgz } from "../testing/archive.ts";
import { serve, type TestServer } from "../testing/server.ts";
import { fetchingSite } from "../testing/site.ts";

const { signal } = new AbortController();
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let source: CompletedCharts;
let server: TestServer;
/** Path → body, on a server that knows 304. */
const served = new Map<string, Buffer | string>();

beforeEach(async () => {
  temporary = await temporaryFolder();
  served.clear();
  server = await serve(({ url = "", headers }, response) => {
    const body = served.get(url);
    const etag = `"${createHash("sha256")
      .update(body ?? "")
      .digest("hex")}"`;
    if (body === undefined) response.writeHead(404).end();
    else if (headers["if-none-match"] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(body);
  });
  const site = await fetchingSite(temporary.path);
  const roots = [{ mount: "/charts", path: join(temporary.path, "roots") }];
  const oci = new OciSource(site);
  source = new CompletedCharts({
    cache: site.cache,
    source: routerOf({
      local: new LocalSource({ roots, cache: site.cache, clock: systemClock }),
      tar: new TarSource({ ...site, roots }),
      repo: new RepoSource({ ...site, oci }),
      oci,
    }),
  });
});
afterEach(async () => {
  await server.close();
  await temporary.remove();
});

const yaml = (name: string, ...wanted: readonly (string | object)[]): string =>
  JSON.stringify({
    apiVersion: "v2",
    name,
    version: "1.0.0",
    dependencies: wanted.map((each) => (typeof each === "string" ? { name: each, version: "^1", repository: `file://../${each}` } : each)),
  });
const write = (files: Readonly<Record<string, string>>): Promise<void> => writeTree(join(temporary.path, "roots"), files);
/** Charts that depend on their neighbours: `{ web: ["common"] }`. */
const writeCharts = (charts: Readonly<Record<string, readonly string[]>>): Promise<void> =>
  write(Object.fromEntries(Object.entries(charts).map(([name, wanted]) => [`${name}/Chart.yaml`, yaml(name, ...wanted)])));
const fetch = (location: string, more: Partial<SourceSpec> = {}) => source.fetch({ type: "local", location, subpath: ".", ...more }, signal);
/** The charts in it, by path. */
const chartsOf = async ({ path }: ChartArtifact): Promise<readonly string[]> =>
  (await readdir(path, { recursive: true }))
    .filter((file) => file.endsWith("/Chart.yaml"))
    .map((file) => file.replace("/Chart.yaml", ""))
    .toSorted();
const serveRepository = (...names: readonly string[]): void => {
  for (const name of names) served.set(`/charts/${name}-1.0.0.tgz`, chartTgz({ [`${name}/Chart.yaml`]: yaml(name) }));
  const entries = names.map((name) => [name, [{ name, version: "1.0.0", urls: [`${name}-1.0.0.tgz`] }]] as const);
  served.set("/charts/index.yaml", JSON.stringify({ apiVersion: "v1", entries: Object.fromEntries(entries) }));
};
const fromRepository = (name: string, version = "^1") => ({ name, version, repository: `${server.url}/charts` });

describe("a chart whose dependencies are at file://", () => {
  it("is built with theirs", async () => {
    await writeCharts({ web: ["common", "db"], common: ["base"], db: ["base"], base: [] });
    const web = await fetch("web");
    expect(await chartsOf(web)).toEqual(["charts/common", "charts/common/charts/base", "charts/db", "charts/db/charts/base"]);
    expect(web).not.toHaveProperty("lacks");
  });

  it("changes when one below does, and only then", async () => {
    await writeCharts({ web: ["common"], common: ["base"], base: [] });
    const [first, second] = [await fetch("web"), await fetch("web")];
    expect(second).toEqual({ ...first, source: { ...first.source, fetchedAtMs: second.source.fetchedAtMs } });
    await write({ "base/values.yaml": "a: 1" });
    expect((await fetch("web")).digest).not.toBe(first.digest);
  });

  it("keeps what is in its charts/, and takes charts of the spec for it", async () => {
    await writeCharts({ web: ["common", "db", "base"], common: ["base"], db: [], base: [] });
    await write({ "web/charts/mine/Chart.yaml": "name: common\nversion: 0.0.1\n" });
    const web = await fetch("web", { charts: [await fetch("db")] });
    expect(await chartsOf(web)).toEqual(["charts/base", "charts/db", "charts/mine"]);
  });

  it("is handed on as it is when an archive called otherwise turns out to be the chart", async () => {
    await write({ "web/Chart.yaml": yaml("web", "common") });
    await writeTree(join(temporary.path, "roots/web/charts"), { "x.tgz": "" });
    await expect(fetch("web")).rejects.toThrow("common");
    await writeFile(join(temporary.path, "roots/web/charts/x.tgz"), chartTgz({ "common/Chart.yaml": yaml("common") }));
    const web = await fetch("web");
    expect(await readdir(join(web.path, "charts"))).toEqual(["x.tgz"]);
    expect(web.source.resolved).toBe(web.digest);
  });

  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ["in a circle", { web: yaml("web", "b"), b: yaml("b", "c"), c: yaml("c", "b") }, "charts depend on each other: b → c → b: remove"],
    ["on itself", { web: yaml("web", { name: "web", version: "*", repository: "file://." }) }, "each other: web → web: remove"],
    ["on nothing", { web: yaml("web", "b") }, 'dependency "b" of chart "web": source.location "b" does not exist'],
    [
      "on another version",
      { web: yaml("web", { name: "b", version: "^2", repository: "file://../b" }), b: yaml("b") },
      "but the chart in its folder has version 1.0.0",
    ],
    [
      "on another name",
      { web: yaml("web", { name: "x", version: "*", repository: "file://../b" }), b: yaml("b") },
      'is called "b" in its own Chart.yaml',
    ],
    ["on no range", { web: yaml("web", { name: "b", version: "", repository: "file://../b" }), b: yaml("b") }, 'version "" is not a valid'],
    ["on what is out of bounds", { web: yaml("web", { name: "b", version: "*", repository: "file://../../b" }) }, "is outside the chart roots"],
    ["on a stale lock", { web: yaml("web", "b"), b: yaml("b"), "web/Chart.lock": "digest: x" }, "its Chart.lock is out of sync"],
  ])("is refused when it depends %s", async (_what, charts, message) => {
    await write(Object.fromEntries(Object.entries(charts).map(([path, text]) => [path.includes("/") ? path : `${path}/Chart.yaml`, text])));
    await expect(fetch("web")).rejects.toMatchObject({ name: "SourceError", class: "terminal", message: expect.stringContaining(message) });
  });

  it("may want a hundred charts in all, each of which is read once", async () => {
    const chain = (length: number) =>
      Object.fromEntries(Array.from({ length }, (_, at) => [`c${at}`, at + 1 < length ? [`c${at + 1}`, `c${Math.min(at + 2, length - 1)}`] : []]));
    await writeCharts(chain(12));
    expect((await chartsOf(await fetch("c0"))).length).toBeGreaterThan(100);
    await writeCharts(Object.fromEntries(Array.from({ length: 102 }, (_, at) => [`c${at}`, at < 101 ? [`c${at + 1}`] : []])));
    await expect(fetch("c0")).rejects.toMatchObject({ reason: "TooLarge", message: expect.stringContaining("more than 100 charts") });
  }, 30_000);
});

describe("a chart of an archive", () => {
  const archive = (): Buffer =>
    chartTgz({
      "r-1/web/Chart.yaml": yaml("web", "common", { name: "own", version: "*", repository: "file://lib/own" }),
      "r-1/web/lib/own/Chart.yaml": yaml("own"),
      "r-1/common/Chart.yaml": yaml("common"),
    });
  const tar = (more: Partial<SourceSpec> = {}) => fetch(`${server.url}/a.tgz`, { type: "tar", subpath: "r-1/web", ...more });

  it("finds its neighbours in the same archive, without asking again", async () => {
    served.set("/a.tgz", archive());
    const web = await tar();
    expect(await chartsOf(web)).toEqual(["charts/common", "charts/own", "lib/own"]);
    expect(web.source.resolved).toBe(`sha256:${createHash("sha256").update(archive()).digest("hex")}`);
    expect(server.asked).toEqual(["GET /a.tgz"]);
  });
});

describe("a chart whose dependencies are in a repository", () => {
  it("gets them, and asks again only whether the index has changed", async () => {
    serveRepository("common", "db");
    await write({
      "web/Chart.yaml": yaml("web", fromRepository("common"), fromRepository("db", "1.0.0"), { ...fromRepository("db", "1.0.0"), alias: "two" }),
    });
    const web = await fetch("web");
    expect(await chartsOf(web)).toEqual(["charts/common", "charts/db"]);
    server.requests.length = 0;
    expect((await fetch("web")).path).toBe(web.path);
    expect(server.requests.every(({ headers }) => headers["if-none-match"] !== undefined)).toBe(true);
  });

  it("gets what the lock says, though the repository has a newer one", async () => {
    serveRepository("common");
    const chart = yaml("web", fromRepository("common", "*"));
    const dependencies = [{ name: "common", version: "0.9.0", repository: `${server.url}/charts` }];
    const index = [...dependencies, { version: "1.0.0" }].map(({ version }) => ({ name: "common", version, urls: [`common-${version}.tgz`] }));
    served.set("/charts/index.yaml", JSON.stringify({ apiVersion: "v1", entries: { common: index } }));
    served.set("/charts/common-0.9.0.tgz", chartTgz({ "common/Chart.yaml": "name: common\nversion: 0.9.0" }));
    const lock = (digest: string) => JSON.stringify({ digest, dependencies });
    const files = Object.entries({ "Chart.yaml": chart, "Chart.lock": lock("") }).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
    await write({ "web/Chart.yaml": chart, "web/Chart.lock": lock(lockDigests(readRequirements(files, "x"))[0] ?? "") });
    expect(await readFile(join((await fetch("web")).path, "charts/common/Chart.yaml"), "utf8")).toContain("0.9.0");
    await rm(join(temporary.path, "roots/web/Chart.lock"));
    expect(await readFile(join((await fetch("web")).path, "charts/common/Chart.yaml"), "utf8")).toContain("1.0.0");
  });

  it("says what cannot be had in the words of the chart, and leaves nothing behind", async () => {
    serveRepository("common");
    await write({ "web/Chart.yaml": yaml("web", fromRepository("common", "^2")), "app/Chart.yaml": yaml("app", fromRepository("absent")) });
    await expect(fetch("web")).rejects.toMatchObject({
      reason: "NotFound",
      class: "terminal",
      message: `dependency "common" of chart "web": repository "${server.url}/charts" has no version "^2" of chart "common": the newest are 1.0.0`,
    });
    await expect(fetch("app")).rejects.toThrow('dependency "absent" of chart "app": repository');
    served.clear();
    await expect(fetch("app")).rejects.toMatchObject({ reason: "NotFound", message: expect.stringMatching(/^dependency "absent"/) });
  });

  it("is asked for with a password of its own server only", async () => {
    serveRepository("common");
    served.set("/web.tgz", chartTgz({ "web/Chart.yaml": yaml("web", fromRepository("common")) }));
    const credentials = { username: "u", password: "p" };
    await fetch(`${server.url}/web.tgz`, { type: "tar", credentials });
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(new Set(["Basic dTpw"]));
    const elsewhere = server.url.replace("127.0.0.1", "localhost");
    served.set("/web.tgz", chartTgz({ "web/Chart.yaml": yaml("web", { ...fromRepository("common"), repository: `${elsewhere}/charts` }) }));
    server.requests.length = 0;
    await fetch(`${server.url}/web.tgz`, { type: "tar", credentials });
    expect(server.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ["/web.tgz", "Basic dTpw"],
      ["/charts/index.yaml", undefined],
      ["/charts/common-1.0.0.tgz", undefined],
    ]);
  });

  it("is not fetched from where a chart may not go", async () => {
    const site = await fetchingSite(join(temporary.path, "strict"), { allowLocalAddresses: false });
    const roots = [{ mount: "/charts", path: join(temporary.path, "roots") }];
    const repo = new RepoSource({ ...site, oci: new OciSource(site) });
    const local = new LocalSource({ roots, cache: site.cache, clock: systemClock });
    const strict = new CompletedCharts({ cache: site.cache, source: routerOf({ local, repo }) });
    serveRepository("common");
    await write({ "web/Chart.yaml": yaml("web", fromRepository("common")) });
    await expect(strict.fetch({ type: "local", location: "web", subpath: "." }, signal)).rejects.toMatchObject({ reason: "NotAllowed" });
    expect(server.asked).toEqual([]);
  });

  it("has only the first level of them, as with helm", async () => {
    serveRepository("common");
    served.set("/charts/common-1.0.0.tgz", chartTgz({ "common/Chart.yaml": yaml("common", fromRepository("base")) }));
    await write({ "web/Chart.yaml": yaml("web", fromRepository("common")) });
    const web = await fetch("web");
    expect(await chartsOf(web)).toEqual(["charts/common"]);
    expect(await readFile(join(web.path, "charts/common/Chart.yaml"), "utf8")).toContain("base");
  });
});
