import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { GitSource } from "../../../src/sources/git/source.ts";
import type { SourceSpec } from "../../../src/sources/source.ts";
import { SourceError } from "../../../src/sources/errors.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from "../../../src/sources/testing/tls.ts";
import { eventually } from "../../testing/eventually.ts";
import { basic } from "../../testing/servers/file-server.ts";
import { type ForwardProxy, serveForwardProxy } from "../../testing/servers/forward-proxy.ts";
import { commit, git, type GitServer, type GitServerOptions, serveGit } from "../../testing/servers/git-server.ts";
import { chartYaml, fetchChart, type GitSite, gitSite } from "../../testing/servers/git-site.ts";

jest.setTimeout(60_000);

let root: Awaited<ReturnType<typeof temporaryFolder>>;
let [first, second]: readonly string[] = [];
let site: GitSite;
let source: GitSource;
const opened: (() => Promise<void>)[] = [];

beforeAll(async () => {
  root = await temporaryFolder();
  first = await commit(join(root.path, "estate"), { "charts/blog/Chart.yaml": chartYaml("blog") });
  second = await commit(join(root.path, "estate"), { README: "x" });
});
afterAll(() => root.remove());
beforeEach(async () => {
  site = await gitSite();
  source = await site.source();
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  await site.remove();
});

const serve = async (options: GitServerOptions = {}): Promise<GitServer> => {
  const server = await serveGit(root.path, options);
  opened.push(() => server.close());
  return server;
};
const blog = ({ url }: GitServer, over: Partial<SourceSpec> = {}) => fetchChart(source, `${url}/estate/.git`, { subpath: "charts/blog", ...over });
const rejected = async (promise: Promise<unknown>): Promise<SourceError> => {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof SourceError)) throw new Error("it did not fail", { cause: error });
  return error;
};

describe("git over https", () => {
  it("trusts the authority of the Secret, and nobody it does not know", async () => {
    const server = await serve({ tls: TEST_SERVER });
    expect(await blog(server, { credentials: { ca: TEST_CA } })).toMatchObject({ name: "blog" });
    const error = await rejected(blog(server));
    expect(error).toMatchObject({ reason: "VerificationFailed", class: "terminal", message: expect.stringContaining("ca.crt") });
    expect(await rejected(blog(server, { credentials: { ca: "x" } }))).toMatchObject({ class: "terminal" });
    expect(await blog(server, { credentials: { insecure: true } })).toMatchObject({ name: "blog" });
  });

  it("shows a client certificate", async () => {
    const server = await serve({ tls: { ...TEST_SERVER, ca: TEST_CA, requestCert: true, rejectUnauthorized: true } });
    expect(await blog(server, { credentials: { ca: TEST_CA, ...TEST_CLIENT } })).toMatchObject({ name: "blog" });
    expect(await rejected(blog(server, { credentials: { ca: TEST_CA } }))).toMatchObject({ reason: "Unreachable" });
  });

  it("sends credentials, and stops at the limit of bytes", async () => {
    const server = await serve({ tls: TEST_SERVER, authorization: "Bearer token-canary" });
    expect(await blog(server, { credentials: { ca: TEST_CA, token: "token-canary" } })).toMatchObject({ name: "blog" });
    expect(await rejected(blog(server, { credentials: { ca: TEST_CA } }))).toMatchObject({ reason: "Unauthorized" });
    source = await site.source({ maxBytes: 1000 });
    expect(await rejected(blog(server, { credentials: { ca: TEST_CA, insecure: true } }))).toMatchObject({ reason: "TooLarge" });
  });

  it("does not follow to http", async () => {
    const plain = await serve();
    const instead: GitServerOptions["instead"] = (request, response) => {
      response.writeHead(302, { location: `${plain.url}${request.url ?? ""}` }).end();
      return true;
    };
    const server = await serve({ tls: TEST_SERVER, instead });
    expect(await rejected(blog(server, { credentials: { ca: TEST_CA } }))).toMatchObject({ reason: "NotAllowed", class: "terminal" });
    expect(plain.requests).toBe(0);
  });
});

const serveProxy = async (): Promise<ForwardProxy> => {
  const proxy = await serveForwardProxy(basic("me", "hunter2-canary"));
  opened.push(() => proxy.close());
  return proxy;
};

describe("git by a proxy", () => {
  it("has http forwarded and https tunnelled", async () => {
    const proxy = await serveProxy();
    const [plain, secure] = [await serve(), await serve({ tls: TEST_SERVER })];
    const url = proxy.url.replace("://", "://me:hunter2-canary@");
    expect(await blog(plain, { proxy: url })).toMatchObject({ name: "blog" });
    expect(proxy.asked).toContain(`GET ${plain.url}/estate/.git/info/refs?service=git-upload-pack`);
    expect(await blog(secure, { proxy: url, credentials: { ca: TEST_CA } })).toMatchObject({ name: "blog" });
    expect(new Set(proxy.asked.filter((each) => each.startsWith("CONNECT")))).toEqual(new Set([`CONNECT 127.0.0.1:${secure.port}`]));
  });

  it("gives nothing that came by way of somebody's proxy to those who do not go by it", async () => {
    const proxy = await serveProxy();
    const server = await serve();
    const reference = first?.slice(0, 8);
    expect(await blog(server, { reference, proxy: proxy.url.replace("://", "://me:hunter2-canary@") })).toMatchObject({ name: "blog" });
    const [fetches, asked] = [server.fetches, proxy.asked.length];
    expect((await blog(server, { reference })).source.resolved).toBe(first);
    expect([server.fetches, proxy.asked.length]).toEqual([2 * fetches, asked]);
  });

  it.each<[string, (url: string) => string, object]>([
    [
      "wrong credentials for the proxy",
      (url) => url.replace("://", "://me:wrong-canary@"),
      { reason: "Unauthorized", class: "terminal", message: expect.stringContaining("requires credentials (HTTP 407): add them to its URL") },
    ],
    ["no proxy", () => "http://127.0.0.1:1", { reason: "Unreachable", class: "transient", message: expect.stringContaining("ECONNREFUSED") }],
  ])("says so when there are %s", async (_title, proxyUrl, expected) => {
    const proxy = await serveProxy();
    for (const tls of [undefined, TEST_SERVER]) {
      const server = await serve(tls === undefined ? {} : { tls });
      const error = await rejected(blog(server, { proxy: proxyUrl(proxy.url), credentials: { ca: TEST_CA } }));
      expect(error).toMatchObject(expected);
      expect(error.message).not.toContain("canary");
      expect(server.requests).toBe(0);
    }
  });
});

describe("git of other servers", () => {
  it("takes the history when an old server gives out no single commit", async () => {
    const server = await serve({ old: true });
    expect((await blog(server, { reference: first })).source.resolved).toBe(first);
    expect((await blog(server, { reference: first?.slice(0, 10) })).source.resolved).toBe(first);
    expect((await blog(server)).source.resolved).toBe(second);
    expect(await rejected(blog(server, { reference: "0".repeat(40) }))).toMatchObject({ reason: "NotFound" });
  });

  it("takes everything when a server cannot leave file contents out", async () => {
    const server = await serve({ config: { "uploadpack.allowFilter": "false" } });
    expect((await blog(server, { reference: first?.slice(0, 10) })).source.resolved).toBe(first);
  });

  it("reads repositories with SHA-256 names", async () => {
    const folder = join(root.path, "sha256");
    git(root.path, "init", "--quiet", "--initial-branch=main", "--object-format=sha256", folder);
    const head = await commit(folder, { "charts/blog/Chart.yaml": chartYaml("blog") });
    const server = await serve();
    for (const reference of ["main", head, head.slice(0, 12)])
      expect((await fetchChart(source, `${server.url}/sha256/.git`, { subpath: "charts/blog", reference })).source.resolved).toBe(head);
    await fetchChart(await site.source(), `${server.url}/sha256/.git`, { subpath: "charts/blog", reference: head });
    expect(server.fetches).toBe(2);
  });
});

describe("a git that runs", () => {
  it("has its secrets in files of mode 0600 below a folder of mode 0700, and takes them along when it ends", async () => {
    const seen: string[] = [];
    const held = Promise.withResolvers<void>();
    const server = await serve({
      tls: TEST_SERVER,
      instead: (request, response) => {
        seen.push(request.url ?? "");
        void held.promise.then(() => response.writeHead(404).end());
        return true;
      },
    });
    const failing = rejected(blog(server, { credentials: { ca: TEST_CA, ...TEST_CLIENT } }));
    await eventually("git asks", () => expect(seen).not.toEqual([]));
    const [folder = ""] = await site.cached();
    const path = join(site.path, "cache/git", folder);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    for (const name of ["ca.pem", "client.pem", "client.key"]) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
    held.resolve();
    await failing;
    expect(await site.cached()).toEqual([]);
  });

  it("ends with the operator, and leaves nothing behind", async () => {
    const seen: string[] = [];
    const server = await serve({ instead: (request) => seen.push(request.url ?? "") > 0 });
    const pending = blog(server).catch((error: unknown) => error);
    await eventually("git asks", () => expect(seen).not.toEqual([]));
    site.stop(new Error("the operator stops"));
    expect(await pending).toEqual(new Error("the operator stops"));
    await eventually("the private folder is gone", async () => expect(await site.cached()).toEqual([]));
    expect(await running(site.path)).toEqual([]);
  });

  it("of an operator that was killed leaves a folder that the next one removes", async () => {
    const server = await serve();
    await blog(server);
    const entries = await site.cached();
    await commit(join(site.path, "cache/git/tmp-dead"), { x: "x" });
    await site.source();
    expect(await site.cached()).toEqual(entries);
  });
});

/** Command lines of processes that work below a folder. */
const running = async (folder: string): Promise<readonly string[]> => {
  const found = await Promise.all(
    (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map((pid) => readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")),
  );
  return found.filter((text) => text.includes(`HOME=${folder}`));
};
