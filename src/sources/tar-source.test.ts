import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createHash } from "node:crypto";
import { readdir, rm, symlink, writeFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener } from "node:http";
import { join } from "node:path";
import type { SourceSpec } from "./source.ts";
import { TarSource } from "./tar-source.ts";
import { CHART_YAML, temporaryFolder, writeTree } from "./testing/artifacts.ts";
import { chartTgz } from "./testing/archive.ts";
import { serve, serveProxy, type TestServer } from "./testing/server.ts";
import { fetchingSite } from "./testing/site.ts";
import { TEST_SERVER } from "./testing/tls.ts";

const { signal } = new AbortController();
const MOUNT = "/opt/armada/helm-charts";
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let source: TarSource;
const servers: TestServer[] = [];

const boot = async (options: { readonly allowLocalAddresses?: boolean; readonly maxBytes?: number } = {}): Promise<TarSource> => {
  const site = await fetchingSite(temporary.path, options);
  return new TarSource({ ...site, roots: [{ mount: MOUNT, path: join(temporary.path, "local") }] });
};
beforeEach(async () => {
  temporary = await temporaryFolder();
  await writeTree(temporary.path, { "local/README": "x", "outside/x.tgz": "x" });
  source = await boot();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await temporary.remove();
});

const start = async (listener: RequestListener): Promise<TestServer> => {
  const server = await serve(listener);
  servers.push(server);
  return server;
};
const fetch = (location: string, more: Partial<SourceSpec> = {}) => source.fetch({ type: "tar", location, subpath: ".", ...more }, signal);
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const BLOG = chartTgz({ "r/blog/Chart.yaml": CHART_YAML, "r/blog/a.bak": "x", "r/web/Chart.yaml": "name: web\nversion: 2.0.0\n" });

/** Nothing but whole entries: no half-fetched file, no folder of an unpacking. */
const leftovers = async (): Promise<readonly string[]> =>
  (await readdir(temporary.path, { recursive: true })).filter((path) => /tmp-|archive|content$/.test(path));

describe("TarSource", () => {
  it("does not take an archive without a provenance file for a signed one", async () => {
    const server = await start(({ url }, response) => (url?.endsWith(".prov") === true ? response.writeHead(404).end() : response.end(BLOG)));
    const verify = { provider: "provenance", keyring: Buffer.from("") } as const;
    await expect(fetch(`${server.url}/r.tgz`, { subpath: "r/blog", verify })).rejects.toMatchObject({
      reason: "VerificationFailed",
      message: expect.stringContaining("has no provenance file beside it"),
    });
  });

  it("follows a redirect of an archive to another host only with a pin", async () => {
    const server = await start((_, response) => response.writeHead(302, { location: "https://127.0.0.1:1/r.tgz" }).end());
    await expect(fetch(`${server.url}/r.tgz`)).rejects.toMatchObject({
      reason: "NotAllowed",
      message: expect.stringContaining("redirects to https://"),
    });
    await expect(fetch(`${server.url}/r.tgz`, { digest: digestOf(BLOG) })).rejects.toMatchObject({ reason: "Unreachable" });
  });

  it("follows a redirect of a provenance file to another host, as forges have them", async () => {
    const other = await serve((_, response) => response.end("signature"), TEST_SERVER);
    servers.push(other);
    const server = await start(({ url }, response) => {
      if (url?.endsWith(".prov") === true) response.writeHead(302, { location: `${other.url}/assets/1` }).end();
      else response.end(BLOG);
    });
    const verify = { provider: "provenance", keyring: Buffer.from("") } as const;
    await expect(fetch(`${server.url}/r.tgz`, { subpath: "r/blog", verify })).rejects.toMatchObject({
      message: expect.stringContaining(`the certificate of 127.0.0.1:${other.port} is not trusted`),
    });
  });

  it("takes the chart at subpath, and says what it came from", async () => {
    const server = await start((_, response) => response.end(BLOG));
    const artifact = await fetch(`${server.url}/r.tgz`, { subpath: "r/blog" });
    expect(artifact).toMatchObject({ name: "blog", version: "0.1.0", library: false, source: { resolved: digestOf(BLOG) } });
    expect(artifact.source.fetchedAtMs).toBeGreaterThan(0);
    expect((await readdir(artifact.path)).sort()).toEqual(["Chart.yaml", "a.bak"]);
    expect(await fetch(`${server.url}/r.tgz`, { subpath: "r/web" })).toMatchObject({ name: "web" });
    expect(await leftovers()).toEqual([]);
  });

  it("gives the same chart the same digest wherever it lies, and another when it changes", async () => {
    const moved = chartTgz({ "Chart.yaml": CHART_YAML, "a.bak": "x" });
    const changed = chartTgz({ "Chart.yaml": CHART_YAML, "a.bak": "y" });
    const server = await start((request, response) => response.end(request.url === "/r" ? BLOG : request.url === "/m" ? moved : changed));
    const [here, there, other] = [
      await fetch(`${server.url}/r`, { subpath: "r/blog" }),
      await fetch(`${server.url}/m`),
      await fetch(`${server.url}/c`),
    ];
    expect(there.digest).toBe(here.digest);
    expect(there.source.resolved).not.toBe(here.source.resolved);
    expect(other.digest).not.toBe(here.digest);
  });

  it.each(["if-none-match", "if-modified-since"] as const)("asks by %s whether it has changed, also after a restart", async (header) => {
    const tags = { "if-none-match": { etag: '"1"' }, "if-modified-since": { "last-modified": "Sat, 21 Nov 2026 07:37:30 GMT" } }[header];
    const server = await start(({ headers }, response) => {
      if (headers[header] === Object.values(tags)[0]) response.writeHead(304).end();
      else response.writeHead(200, tags).end(BLOG);
    });
    const first = await fetch(server.url, { subpath: "r/blog" });
    expect((await fetch(server.url, { subpath: "r/blog" })).digest).toBe(first.digest);
    source = await boot();
    expect((await fetch(server.url, { subpath: "r/blog" })).source.resolved).toBe(first.source.resolved);
    expect(server.requests.map(({ headers }) => headers[header] !== undefined)).toEqual([false, true, true]);
  });

  it("takes what has changed behind the same address", async () => {
    let version = 1;
    const server = await start((_, response) =>
      response.writeHead(200, { etag: `"${version}"` }).end(chartTgz({ "Chart.yaml": `name: a\nversion: ${version}.0.0\n` })),
    );
    expect(await fetch(server.url)).toMatchObject({ version: "1.0.0" });
    version = 2;
    expect(await fetch(server.url)).toMatchObject({ version: "2.0.0" });
  });

  it("fetches a damaged entry again instead of asking whether it has changed", async () => {
    const server = await start(({ headers }, response) => {
      if (headers["if-none-match"] === undefined) response.writeHead(200, { etag: '"1"' }).end(BLOG);
      else response.writeHead(304).end();
    });
    await fetch(server.url, { subpath: "r/blog" });
    await writeFile(join(temporary.path, "raw", digestOf(BLOG).slice(7)), "damaged");
    expect(await fetch(server.url, { subpath: "r/web" })).toMatchObject({ name: "web" });
    expect(server.requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, undefined]);
  });

  it("unpacks again when the chart was evicted from the cache", async () => {
    const server = await start((_, response) => response.end(BLOG));
    const { path } = await fetch(server.url, { subpath: "r/blog" });
    await rm(path, { recursive: true });
    expect(await readdir((await fetch(server.url, { subpath: "r/blog" })).path)).toContain("Chart.yaml");
  });

  it("fetches an archive twice at most however many charts want it at once", async () => {
    const server = await start((_, response) => response.end(BLOG));
    const all = Array.from({ length: 100 }, (_, index) => fetch(server.url, { subpath: index % 2 === 0 ? "r/blog" : "r/web" }));
    expect(new Set((await Promise.all(all)).map(({ name }) => name))).toEqual(new Set(["blog", "web"]));
    expect(server.asked.length).toBeLessThanOrEqual(2);
  });

  it("has nothing from the cache for somebody whom the server refuses", async () => {
    const server = await start((request, response) => {
      const allowed = request.headers.authorization === `Basic ${btoa("me:pw")}`;
      response.writeHead(allowed ? (request.headers["if-none-match"] === undefined ? 200 : 304) : 401, { etag: '"1"' }).end(allowed ? BLOG : "");
    });
    const mine = { subpath: "r/blog", credentials: { username: "me", password: "pw" } };
    const { source: fetched } = await fetch(server.url, mine);
    await expect(fetch(server.url, { subpath: "r/blog", digest: fetched.resolved })).rejects.toMatchObject({ reason: "Unauthorized" });
    const proxy = await serveProxy();
    servers.push(proxy);
    await expect(fetch(server.url, { subpath: "r/blog", proxy: proxy.url })).rejects.toMatchObject({ name: "SourceError" });
    expect(proxy.requests[0]?.headers["if-none-match"]).toBeUndefined();
    expect(await fetch(server.url, mine)).toMatchObject({ name: "blog" });
  });

  it("compares with the pin, and names both digests", async () => {
    const server = await start((_, response) => response.end(BLOG));
    const { digest } = await fetch(server.url, { subpath: "r/blog", digest: digestOf(BLOG) });
    expect(await fetch(server.url, { subpath: "r/blog", digest })).toMatchObject({ name: "blog", digest });
    await expect(fetch(server.url, { subpath: "r/web", digest })).rejects.toMatchObject({ reason: "DigestMismatch" });
    const other = digestOf(Buffer.from("x"));
    await expect(fetch(`${server.url}/?token=canary`, { digest: other })).rejects.toMatchObject({
      reason: "DigestMismatch",
      class: "terminal",
      message: `source.location "${server.url}/" has the digest ${digestOf(BLOG)}, but source.digest is ${other}: check what has changed before you change either`,
    });
    await expect(fetch(server.url, { digest: "latest" })).rejects.toMatchObject({
      reason: "NotAllowed",
      message: expect.stringContaining("is not a digest"),
    });
  });

  it.each<[string, (request: IncomingMessage) => Uint8Array | number, string]>([
    ["missing", () => 404, "NotFound"],
    ["a page", () => Buffer.from("<html>"), "Unsupported"],
    ["too large", () => Buffer.alloc(2 ** 20 + 1), "TooLarge"],
    ["no chart", () => chartTgz({ "a/b": "" }), "InvalidChart"],
    ["a slip", () => chartTgz({ "Chart.yaml": CHART_YAML, "../x": "" }), "NotAllowed"],
  ])("refuses %s and leaves nothing on disk", async (_title, content, reason) => {
    const server = await start((request, response) => {
      const answer = content(request);
      if (typeof answer === "number") response.writeHead(answer).end();
      else response.end(answer);
    });
    await expect(fetch(server.url)).rejects.toMatchObject({
      reason,
      class: "terminal",
      message: expect.stringContaining(`source.location "${server.url}/"`),
    });
    expect(await readdir(join(temporary.path, "charts"))).toEqual([]);
    expect(await readdir(join(temporary.path, "raw"))).toEqual([]);
    expect((await readdir(temporary.path)).sort()).toEqual(["charts", "local", "outside", "raw"]);
  });

  it("does not keep another archive than the pinned one, unless a chart of it is in use", async () => {
    const server = await start((_, response) => response.end(BLOG));
    const other = { subpath: "r/blog", digest: digestOf(Buffer.from("x")) };
    await expect(fetch(server.url, other)).rejects.toMatchObject({ reason: "DigestMismatch" });
    expect(await readdir(join(temporary.path, "raw"))).toEqual([]);
    await fetch(server.url, { subpath: "r/blog" });
    await expect(fetch(server.url, other)).rejects.toMatchObject({ reason: "DigestMismatch" });
    expect(await readdir(join(temporary.path, "raw"))).toContain(digestOf(BLOG).slice(7));
  });

  it("keeps an archive that another chart uses when one chart is not in it", async () => {
    const server = await start((_, response) => response.end(BLOG));
    await fetch(server.url, { subpath: "r/blog" });
    await expect(fetch(server.url, { subpath: "r/absent" })).rejects.toMatchObject({ reason: "NotFound" });
    expect(await readdir(join(temporary.path, "raw"))).toContain(digestOf(BLOG).slice(7));
  });

  it("gives up for the caller that aborts and for nobody else", async () => {
    const abort = new AbortController();
    const server = await start((_, response) => {
      abort.abort(new Error("no longer wanted"));
      response.end(BLOG);
    });
    const spec = { type: "tar", location: server.url, subpath: "r/blog" };
    const [mine, others] = [source.fetch(spec, abort.signal), source.fetch(spec, signal)];
    await expect(mine).rejects.toThrow("no longer wanted");
    expect(await others).toMatchObject({ name: "blog" });
  });
});

describe("TarSource, file://", () => {
  beforeEach(async () => {
    await writeFile(join(temporary.path, "local/r.tgz"), BLOG);
    await symlink("../outside/x.tgz", join(temporary.path, "local/out.tgz"));
  });

  it("takes an archive below a chart root", async () => {
    expect(await fetch(`file://${MOUNT}/r.tgz`, { subpath: "r/blog" })).toMatchObject({ name: "blog", source: { resolved: digestOf(BLOG) } });
  });

  it("takes it again when it has changed", async () => {
    const before = await fetch(`file://${MOUNT}/r.tgz`, { subpath: "r/blog" });
    await writeFile(join(temporary.path, "local/r.tgz"), chartTgz({ "r/blog/Chart.yaml": CHART_YAML }));
    expect((await fetch(`file://${MOUNT}/r.tgz`, { subpath: "r/blog" })).digest).not.toBe(before.digest);
  });

  it.each([
    ["file:///etc/passwd", "NotAllowed", "outside the chart roots"],
    [`file://${MOUNT}/../../../etc/passwd`, "NotAllowed", "outside the chart roots"],
    [`file://${MOUNT}/%2e%2e/%2e%2e/x.tgz`, "NotAllowed", "outside the chart roots"],
    [`file://${MOUNT}/..%2f..%2fx.tgz`, "NotAllowed", "is not on this machine"],
    [`file://${MOUNT}/a%00b`, "NotAllowed", "NUL character"],
    ["file://host/opt/armada/helm-charts/r.tgz", "NotAllowed", "is not on this machine"],
    [`file://${MOUNT}/out.tgz`, "NotAllowed", "is a symbolic link to outside the chart roots"],
    [`file://${MOUNT}/absent.tgz`, "NotFound", "does not exist"],
    [`file://${MOUNT}`, "Unsupported", "is not a file"],
    [`file://${MOUNT}/README`, "InvalidChart", "it is not a tar archive"],
    ["/opt/armada/helm-charts/r.tgz", "NotAllowed", "must begin with https:// or http:// or file://"],
    ["-x", "NotAllowed", "must begin with https:// or http:// or file://"],
    ["ext::sh -c id", "NotAllowed", "contains a space"],
  ])("refuses %s: %s", async (location, reason, message) => {
    await expect(fetch(location)).rejects.toMatchObject({ reason, class: "terminal", message: expect.stringContaining(message) });
  });

  it("refuses a file beyond the limit", async () => {
    await writeFile(join(temporary.path, "local/big.tgz"), Buffer.alloc(2 ** 20 + 1));
    await expect(fetch(`file://${MOUNT}/big.tgz`)).rejects.toMatchObject({ reason: "TooLarge" });
  });
});

it("takes no archive from this machine by http unless told so", async () => {
  const server = await start((_, response) => response.end(BLOG));
  source = await boot({ allowLocalAddresses: false });
  await expect(fetch(server.url)).rejects.toMatchObject({ reason: "NotAllowed", message: expect.stringContaining("--allow-local-addresses") });
  expect(server.asked).toEqual([]);
});
