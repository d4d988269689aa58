import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { RepoSource } from "./source.ts";
import type { SourceSpec } from "../source.ts";
import { temporaryFolder } from "../testing/artifacts.ts";
import { chartTgz } from "../testing/archive.ts";
import { serve, type TestServer } from "../testing/server.ts";
import { fetchingSite } from "../testing/site.ts";

const { signal } = new AbortController();
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let source: RepoSource;
const servers: TestServer[] = [];
const toRegistry: SourceSpec[] = [];

const oci = {
  fetch: (spec: SourceSpec) => {
    toRegistry.push(spec);
    return Promise.resolve({
      path: "/x",
      digest: "sha256.0",
      name: "blog",
      version: "1.0.0",
      library: false,
      source: { resolved: "sha256:0", fetchedAtMs: 1, ...(spec.verify === undefined ? {} : { verified: "me" }) },
    });
  },
};
const boot = async (options: { readonly maxBytes?: number } = {}): Promise<RepoSource> =>
  new RepoSource({ ...(await fetchingSite(temporary.path, options)), oci });

beforeEach(async () => {
  temporary = await temporaryFolder();
  toRegistry.length = 0;
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
const blog = (version: string): Buffer => chartTgz({ "blog/Chart.yaml": `name: blog\nversion: ${version}\n` });
const hexOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const indexOf = (...entries: readonly object[]): string =>
  JSON.stringify({ apiVersion: "v1", entries: { blog: entries.map((entry) => ({ name: "blog", ...entry })) } });
const fetch = (location: string, more: Partial<SourceSpec> = {}) =>
  source.fetch({ type: "repo", location, subpath: ".", chart: "blog", ...more }, signal);

/** `/charts/index.yaml` and the archives beside it. */
const repository = (index: (self: string) => string, secret?: string): Promise<TestServer> =>
  start((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    if (secret !== undefined && request.headers.authorization !== secret) response.writeHead(401).end();
    else if (path === "/charts/index.yaml") response.end(index(`http://${request.headers.host}`));
    else if (/blog-[\d.]+\.tgz$/.test(path)) response.end(blog(/-([\d.]+)\.tgz/.exec(path)?.[1] ?? ""));
    else response.writeHead(404).end();
  });

describe("RepoSource", () => {
  it.each(["/charts", "/charts/"])("takes the newest version in the range from %s", async (path) => {
    const server = await repository(() =>
      indexOf({ version: "1.0.0", urls: ["blog-1.0.0.tgz"] }, { version: "1.1.0", urls: ["./blog-1.1.0.tgz"] }, { version: "2.0.0", urls: ["x"] }),
    );
    expect(await fetch(server.url + path, { version: "^1" })).toMatchObject({ name: "blog", version: "1.1.0", source: { resolved: "1.1.0" } });
    expect(server.asked).toEqual(["GET /charts/index.yaml", "GET /charts/blog-1.1.0.tgz"]);
  });

  it("keeps the query of the repository, as helm does", async () => {
    const server = await repository(() => indexOf({ version: "1.0.0", urls: ["../blog-1.0.0.tgz"] }));
    await fetch(`${server.url}/charts?key=1`);
    expect(server.asked).toEqual(["GET /charts/index.yaml?key=1", "GET /blog-1.0.0.tgz?key=1"]);
  });

  it("follows a redirect of an archive to another host only where the index has its digest", async () => {
    const digest = hexOf(blog("1.0.0"));
    const server = await start((request, response) => {
      const entries = [
        { version: "1.0.0", urls: ["blog.tgz"], digest },
        { version: "2.0.0", urls: ["blog.tgz"] },
      ];
      if (request.url === "/index.yaml") response.end(indexOf(...entries));
      else response.writeHead(302, { location: "https://127.0.0.1:1/blog.tgz" }).end();
    });
    await expect(fetch(server.url, { version: "2.0.0" })).rejects.toMatchObject({ reason: "NotAllowed" });
    await expect(fetch(server.url, { version: "1.0.0" })).rejects.toMatchObject({ reason: "Unreachable" });
  });

  it("passes credentials on to the same host only", async () => {
    const other = await repository(() => "");
    const secret = `Basic ${btoa("me:canary")}`;
    const server = await repository(
      (self) => indexOf({ version: "1.0.0", urls: [`${self}/blog-1.0.0.tgz`] }, { version: "2.0.0", urls: [`${other.url}/blog-2.0.0.tgz`] }),
      secret,
    );
    const credentials = { username: "me", password: "canary" };
    expect(await fetch(`${server.url}/charts`, { credentials, version: "1.0.0" })).toMatchObject({ version: "1.0.0" });
    expect(await fetch(`${server.url}/charts`, { credentials })).toMatchObject({ version: "2.0.0" });
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await expect(fetch(`${server.url}/charts`)).rejects.toMatchObject({ reason: "Unauthorized" });
  });

  it("compares the archive with the digest of the index and with the pin", async () => {
    const digest = hexOf(blog("1.0.0"));
    const server = await repository(() =>
      indexOf({ version: "1.0.0", urls: ["blog-1.0.0.tgz"], digest }, { version: "2.0.0", urls: ["blog-2.0.0.tgz"], digest }),
    );
    const artifact = await fetch(`${server.url}/charts`, { version: "1.0.0", digest: `sha256:${digest}` });
    expect(await fetch(`${server.url}/charts`, { version: "1.0.0", digest: artifact.digest })).toMatchObject({ version: "1.0.0" });
    await expect(fetch(`${server.url}/charts`)).rejects.toMatchObject({
      reason: "DigestMismatch",
      message: expect.stringContaining(`has the digest sha256:${hexOf(blog("2.0.0"))}, but the index says sha256:${digest}`),
    });
    expect(await readdir(join(temporary.path, "raw"))).not.toContain(hexOf(blog("2.0.0")));
    await expect(fetch(`${server.url}/charts`, { version: "1.0.0", digest: `sha256.${"0".repeat(40)}` })).rejects.toMatchObject({
      reason: "DigestMismatch",
      message: expect.stringContaining(`has the digest sha256:${digest}, or ${artifact.digest}, but source.digest is sha256.0`),
    });
    await expect(fetch(`${server.url}/charts`, { version: "1.0.0", digest: `sha256:${"0".repeat(64)}` })).rejects.toMatchObject({
      reason: "DigestMismatch",
    });
  });

  it("does not look into an archive that is not what the pin says", async () => {
    const server = await start((request, response) =>
      response.end(request.url?.endsWith("index.yaml") === true ? indexOf({ version: "1.0.0", urls: ["blog-1.0.0.tgz"] }) : "no archive"),
    );
    await expect(fetch(server.url, { digest: `sha256:${"0".repeat(64)}` })).rejects.toMatchObject({ reason: "DigestMismatch" });
    expect(await readdir(join(temporary.path, "raw"))).not.toContain(hexOf(Buffer.from("no archive")));
  });

  it("takes a new version when the index changes", async () => {
    const versions = ["1.0.0"];
    const server = await repository(() => indexOf(...versions.map((version) => ({ version, urls: [`blog-${version}.tgz`] }))));
    expect(await fetch(`${server.url}/charts`)).toMatchObject({ version: "1.0.0" });
    versions.push("1.0.1");
    expect(await fetch(`${server.url}/charts`)).toMatchObject({ version: "1.0.1" });
  });

  it("asks the registry that the index names, with the logins of the Secret for registries and nothing else", async () => {
    const server = await repository(() => indexOf({ version: "1.0.0", urls: ["oci://registry.example/charts/blog:1.0.0"] }));
    const registries = { "registry.example": { username: "me", password: "pw" } };
    const fetched = await fetch(`${server.url}/charts`, { credentials: { username: "a", password: "b", registries } });
    expect(fetched.source).toEqual({ resolved: "1.0.0", fetchedAtMs: 1 });
    expect(toRegistry).toEqual([
      { type: "oci", location: "oci://registry.example/charts/blog:1.0.0", reference: "1.0.0", subpath: ".", credentials: { registries } },
    ]);
  });

  it("asks a registry for the version of the index, where that names no tag", async () => {
    const server = await repository(() => indexOf({ version: "1.0.0+b", urls: ["oci://registry.example/charts/blog"] }));
    await fetch(`${server.url}/charts`);
    expect(toRegistry).toMatchObject([{ location: "oci://registry.example/charts/blog", reference: "1.0.0+b" }]);
  });

  it.each([
    ["another version", { version: "2.0.0" }, "blog"],
    ["another chart", { version: "1.0.0", name: "web" }, "web"],
  ])("does not take a signature for one on %s of a registry", async (_, entry, chart) => {
    const entries = { [chart]: [{ name: chart, ...entry, urls: ["oci://registry.example/charts/blog:1.0.0"] }] };
    const server = await repository(() => JSON.stringify({ apiVersion: "v1", entries }));
    const verify = { provider: "cosign", publicKey: "" } as const;
    await expect(fetch(`${server.url}/charts`, { chart, verify })).rejects.toMatchObject({
      reason: "VerificationFailed",
      message: expect.stringContaining("contains the signed chart blog 1.0.0"),
    });
    expect(await fetch(`${server.url}/charts`, { chart })).toMatchObject({ name: "blog" });
  });

  it.each<[string, object, string]>([
    ["a file", { urls: ["file:///etc/passwd"] }, "must begin with https:// or http://"],
    ["another scheme", { urls: ["ext::sh"] }, "must begin with https:// or http://"],
    ["no address", { urls: [] }, "has no URL in the index"],
    ["blanks", { urls: ["http://a.example/ x"] }, "space"],
  ])("refuses an index that names %s", async (_title, entry, message) => {
    const server = await repository(() => indexOf({ version: "1.0.0", ...entry }));
    await expect(fetch(`${server.url}/charts`)).rejects.toMatchObject({
      reason: "NotAllowed",
      class: "terminal",
      message: expect.stringContaining(message),
    });
  });

  it.each<[string, Partial<SourceSpec>, string, string]>([
    ["no chart", { chart: undefined }, "NotAllowed", "set source.chart"],
    ["a chart that is not there", { chart: "../blog" }, "NotFound", "has no chart"],
    ["a version that is not there", { version: "9" }, "NotFound", "the newest are 1.0.0"],
    ["an option for a version", { version: "--post-renderer=x" }, "NotAllowed", "is not a valid version or range"],
    ["a folder that is not in the chart", { subpath: "../x" }, "NotAllowed", "plain path inside the archive"],
    ["an option for a place", { location: "--repo=x" }, "NotAllowed", "must begin with https:// or http://"],
    ["an archive for a repository", { location: "oci://x/y" }, "NotAllowed", "must begin with https:// or http://"],
  ])("refuses %s", async (_title, spec, reason, message) => {
    const server = await repository(() => indexOf({ version: "1.0.0", urls: ["blog-1.0.0.tgz"] }));
    await expect(fetch(`${server.url}/charts`, spec)).rejects.toMatchObject({ reason, class: "terminal", message: expect.stringContaining(message) });
  });

  it("takes no index larger than 32 MiB, whatever archives may have", async () => {
    source = await boot({ maxBytes: 64 * 2 ** 20 });
    const server = await start((_request, response) => response.writeHead(200, { "content-length": 32 * 2 ** 20 + 1 }).end());
    await expect(fetch(server.url)).rejects.toMatchObject({
      reason: "TooLarge",
      message: expect.stringContaining("the limit is 33554432: make it smaller"),
    });
  });

  it("leaves nothing of an index that is none", async () => {
    const server = await start((_, response) => response.end("<html>"));
    await expect(fetch(server.url)).rejects.toMatchObject({ reason: "InvalidChart", message: expect.stringContaining("its index.yaml") });
    expect(await readdir(join(temporary.path, "raw"))).toEqual([]);
  });
});
