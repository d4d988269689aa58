import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readdir } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { OciSource } from "./source.ts";
import type { SourceSpec } from "../source.ts";
import { temporaryFolder } from "../testing/artifacts.ts";
import { chartTgz } from "../testing/archive.ts";
import { createRegistry, digestOf, type TestRegistry } from "../testing/registry.ts";
import { serve, type TestServer } from "../testing/server.ts";
import { fetchingSite } from "../testing/site.ts";

const { signal } = new AbortController();
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let registry: TestRegistry;
let server: TestServer;
let source: OciSource;
const servers: TestServer[] = [];

const start = async (listener: RequestListener): Promise<TestServer> => {
  const started = await serve(listener);
  servers.push(started);
  return started;
};
const boot = async (): Promise<OciSource> =>
  new OciSource({ ...(await fetchingSite(temporary.path)), plainHttpRegistries: servers.map(({ port }) => `127.0.0.1:${port}`) });
const use = async (listener: RequestListener): Promise<void> => {
  server = await start(listener);
  source = await boot();
};
const blog = (version: string): Buffer => chartTgz({ "blog/Chart.yaml": `name: blog\nversion: ${version}\n` });
const fetch = (more: Partial<SourceSpec> = {}) =>
  source.fetch({ type: "oci", location: `oci://127.0.0.1:${server.port}/charts/blog`, subpath: ".", ...more }, signal);

beforeEach(async () => {
  temporary = await temporaryFolder();
  registry = createRegistry();
  await use(registry.listener);
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((started) => started.close()));
  await temporary.remove();
});

describe("OciSource", () => {
  it("takes a tag and a digest, and says which manifest it was", async () => {
    const digest = registry.push("1.0.0", blog("1.0.0"));
    expect(await fetch({ reference: "1.0.0" })).toMatchObject({ name: "blog", version: "1.0.0", source: { resolved: digest } });
    expect(await fetch({ reference: digest })).toMatchObject({ version: "1.0.0", source: { resolved: digest } });
    const artifact = await fetch({ reference: "1.0.0", digest });
    expect(await fetch({ reference: "1.0.0", digest: artifact.digest })).toMatchObject({ version: "1.0.0" });
    await expect(fetch({ reference: "1.0.0", digest: `sha256.${"0".repeat(40)}` })).rejects.toMatchObject({ reason: "DigestMismatch" });
  });

  it("takes the newest version in a range among the tags that are versions", async () => {
    for (const version of ["1.0.0", "1.1.0", "2.0.0-rc.1", "1.2.0+b"]) registry.push(version.replace("+", "_"), blog(version));
    for (const tag of ["latest", "9", "v9.0.0", "sha-abc"]) registry.push(tag, blog("9.0.0"));
    expect(await fetch()).toMatchObject({ version: "1.2.0+b" });
    expect(await fetch({ version: "~1.1" })).toMatchObject({ version: "1.1.0" });
    await expect(fetch({ version: "^3" })).rejects.toMatchObject({
      reason: "NotFound",
      message: expect.stringContaining("the newest are 2.0.0-rc.1, 1.2.0+b"),
    });
    await expect(fetch({ version: "^1", reference: "1.0.0" })).rejects.toMatchObject({ reason: "NotAllowed" });
  });

  it("says which tags there are when none is a version", async () => {
    for (const tag of ["latest", "v1.0.0", "1.0", "x"]) registry.push(tag, blog("1.0.0"));
    const wanted =
      'has no stable version: none of its tags ("latest", "v1.0.0", "1.0" and 1 more) is a semantic version such as 1.2.3: set source.reference';
    await expect(fetch()).rejects.toMatchObject({ reason: "NotFound", message: expect.stringContaining(wanted) });
  });

  it("reads all pages of tags, and follows a next page nowhere else", async () => {
    registry.push("1.0.0", blog("1.0.0"));
    await use((request, response) => {
      if (request.url?.endsWith("tags/list") === true)
        response.writeHead(200, { link: '<https://169.254.169.254/x?last=b&n=1>; rel="next"' }).end('{"tags":["0.1.0"]}');
      else registry.listener(request, response);
    });
    expect(await fetch()).toMatchObject({ version: "1.0.0" });
    expect(server.asked).toContain("GET /v2/charts/blog/tags/list?last=b&n=1");
  });

  it.each([
    ["many tags on a page", () => JSON.stringify({ tags: Array.from({ length: 49_000 }, (_, n) => `t${n}`) }), "has more than 20000 tags"],
    ["a page of lists", () => `{"tags":[${"[],".repeat(30_000)}[]]}`, "a response of the registry has more than 50000 lines"],
    ["pages without end", () => JSON.stringify({ tags: Array.from({ length: 1000 }, (_, n) => `t${n}`) }), "has more than 20000 tags"],
  ])("refuses a registry with %s", async (_, page, message) => {
    const body = page();
    await use((_request, response) => response.writeHead(200, { link: '</v2/x/tags/list?last=b>; rel="next"' }).end(body));
    await expect(fetch()).rejects.toMatchObject({ reason: "TooLarge", message: expect.stringContaining(message) });
    expect(server.asked.length).toBeLessThan(22);
  });

  it("fetches the archive once, also after a restart, and asks for the manifest every time", async () => {
    const digest = registry.push("1.0.0", blog("1.0.0"));
    await fetch({ reference: "1.0.0" });
    await Promise.all([fetch({ reference: "1.0.0" }), fetch({ reference: digest })]);
    source = await boot();
    await fetch({ reference: "1.0.0" });
    expect(server.asked.filter((line) => line.includes("/blobs/"))).toHaveLength(1);
    expect(server.asked.filter((line) => line.includes("/manifests/"))).toHaveLength(4);
  });

  it("has nothing from the cache that came from another repository", async () => {
    registry.push("1.0.0", blog("1.0.0"));
    await fetch({ reference: "1.0.0" });
    const claims = createRegistry();
    claims.push("1.0.0", blog("1.0.0"));
    claims.blobs.clear();
    await use(claims.listener);
    await expect(fetch({ reference: "1.0.0" })).rejects.toMatchObject({ reason: "NotFound" });
  });

  it("notices a tag that has moved", async () => {
    registry.push("latest", blog("1.0.0"));
    const before = await fetch({ reference: "latest" });
    registry.push("latest", blog("2.0.0"));
    const after = await fetch({ reference: "latest" });
    expect([before.version, after.version]).toEqual(["1.0.0", "2.0.0"]);
    await expect(fetch({ reference: "latest", digest: before.source.resolved })).rejects.toMatchObject({
      reason: "DigestMismatch",
      message: expect.stringContaining(`has the digest ${after.source.resolved}, but source.digest is ${before.source.resolved}`),
    });
  });

  it.each<[string, () => void, string, string]>([
    ["nothing", () => undefined, "NotFound", "is not in the registry"],
    ["another blob", () => void registry.blobs.set(digestOf(blog("1.0.0")), blog("6.6.6")), "DigestMismatch", "does not match its digest"],
    ["no blob", () => registry.blobs.clear(), "NotFound", "HTTP 404"],
    [
      "an image",
      () => void registry.push("1.0.0", blog("1.0.0"), { config: { mediaType: "application/vnd.oci.image.config.v1+json" } }),
      "InvalidChart",
      "is not a Helm chart",
    ],
    [
      "an index",
      () => void registry.push("1.0.0", blog("1.0.0"), { config: undefined, layers: undefined, manifests: [] }),
      "InvalidChart",
      "image index",
    ],
    ["no layer", () => void registry.push("1.0.0", blog("1.0.0"), { layers: [] }), "InvalidChart", "is not a Helm chart"],
    [
      "a layer without a digest",
      () => void registry.push("1.0.0", blog("1.0.0"), { layers: [{ digest: "../../x", size: 1 }] }),
      "InvalidChart",
      "cannot be fetched",
    ],
    ["a large layer", () => void registry.push("1.0.0", blog("1.0.0"), { layers: [chartLayer(2 ** 30)] }), "TooLarge", "has 1073741824 bytes"],
    ["no JSON", () => void registry.manifests.set("1.0.0", "<html>"), "InvalidChart", "no chart manifest"],
    ["no archive", () => void registry.push("1.0.0", Buffer.from("hello")), "InvalidChart", "not a tar archive"],
  ])("refuses %s and leaves nothing on disk", async (title, spoil, reason, message) => {
    if (title !== "nothing") registry.push("1.0.0", blog("1.0.0"));
    spoil();
    await expect(fetch({ reference: "1.0.0" })).rejects.toMatchObject({ reason, class: "terminal", message: expect.stringContaining(message) });
    expect([await readdir(join(temporary.path, "raw")), await readdir(join(temporary.path, "charts"))]).toEqual([[], []]);
  });

  it("refuses a manifest that does not match its digest", async () => {
    const digest = registry.push("1.0.0", blog("1.0.0"));
    registry.manifests.set(digest, "{}");
    await expect(fetch({ reference: digest })).rejects.toMatchObject({
      reason: "DigestMismatch",
      message: expect.stringContaining("the manifest does not match"),
    });
  });

  it("asks by https unless the registry is known to speak plain HTTP", async () => {
    source = new OciSource(await fetchingSite(temporary.path));
    await expect(fetch({ reference: "1.0.0" })).rejects.toMatchObject({ reason: "VerificationFailed" });
    expect(server.asked).toEqual([]);
  });
});

const chartLayer = (size: number) => ({ mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", digest: digestOf("x"), size });

describe("OciSource, who asks", () => {
  const BASIC = `Basic ${btoa("me:canary")}`;
  /** A registry that wants `authorization`, and otherwise sends `challenge`. */
  const guarded =
    (authorization: string, challenge: string): RequestListener =>
    (request, response) => {
      if (request.headers.authorization === authorization) registry.listener(request, response);
      else response.writeHead(401, { "www-authenticate": challenge }).end();
    };
  const LOGIN = { username: "me", password: "canary" };

  beforeEach(() => void registry.push("1.0.0", blog("1.0.0")));

  it("logs in with what the Secret says of that registry, before its user and password", async () => {
    await use(guarded(BASIC, 'Basic realm="r"'));
    expect(await fetch({ reference: "1.0.0", credentials: LOGIN })).toMatchObject({ version: "1.0.0" });
    const registries = { "other.example": { username: "x", password: "x" }, [`127.0.0.1:${server.port}/charts`]: LOGIN };
    expect(await fetch({ reference: "1.0.0", credentials: { username: "x", password: "x", registries } })).toMatchObject({ version: "1.0.0" });
  });

  it("does not send a login over plain HTTP that is for TLS only", async () => {
    await use(guarded(BASIC, 'Basic realm="r"'));
    const registries = { [`127.0.0.1:${server.port}`]: { ...LOGIN, tlsOnly: true } };
    await expect(fetch({ reference: "1.0.0", credentials: { registries } })).rejects.toMatchObject({ reason: "Unauthorized" });
    expect(server.requests.flatMap(({ headers }) => headers.authorization ?? [])).toEqual([]);
  });

  const tokenService = () =>
    start((request, response) => response.end(JSON.stringify({ token: request.headers.authorization === BASIC ? "tok" : "guest" })));
  const hostOf = ({ port }: TestServer): string => `127.0.0.1:${port}`;

  it("gets a token where the registry says and the login is good, and asks for nothing but to pull", async () => {
    const tokens = await tokenService();
    await use(guarded("Bearer tok", `Bearer realm="${tokens.url}/t?a=b",service="my registry",scope="repository:charts/blog:pull,push,delete"`));
    const registries = { [hostOf(server)]: LOGIN, [hostOf(tokens)]: LOGIN };
    expect(await fetch({ reference: "1.0.0", credentials: { registries } })).toMatchObject({ version: "1.0.0" });
    expect(tokens.asked).toEqual(["GET /t?a=b&service=my+registry&scope=repository%3Acharts%2Fblog%3Apull"]);
    await expect(fetch({ reference: "1.0.0" })).rejects.toMatchObject({ reason: "Unauthorized" });
  });

  it("gets a token of the registry itself", async () => {
    await use((request, response) =>
      request.url?.startsWith("/token") === true
        ? response.end(JSON.stringify({ token: request.headers.authorization === BASIC ? "tok" : "guest" }))
        : guarded("Bearer tok", `Bearer realm="${server.url}/token"`)(request, response),
    );
    expect(await fetch({ reference: "1.0.0", credentials: LOGIN })).toMatchObject({ version: "1.0.0" });
  });

  it.each([
    ["user and password of the Secret", () => LOGIN],
    ["the registry's login", () => ({ registries: { [hostOf(server)]: LOGIN } })],
    ["one of two logins", (tokens: TestServer) => ({ registries: { [hostOf(server)]: LOGIN, [hostOf(tokens)]: { ...LOGIN, password: "canary2" } } })],
  ])("does not show a token service elsewhere %s", async (_, credentials) => {
    const tokens = await tokenService();
    await use(guarded("Bearer tok", `Bearer realm="${tokens.url}/t"`));
    const refused = fetch({ reference: "1.0.0", credentials: credentials(tokens) });
    const message = `the token service of the registry is ${hostOf(tokens)}, but the credentials are for ${hostOf(server)}: if you trust`;
    await expect(refused).rejects.toMatchObject({ reason: "Unauthorized", class: "terminal", message: expect.stringContaining(message) });
    expect(tokens.requests).toEqual([]);
  });

  it("gets a token as nobody, which public registries want", async () => {
    const tokens = await start((request, response) => response.end(JSON.stringify({ access_token: request.headers.authorization ?? "guest" })));
    await use(guarded("Bearer guest", `Bearer realm="${tokens.url}/t"`));
    expect(await fetch({ reference: "1.0.0" })).toMatchObject({ version: "1.0.0" });
  });

  it("uses a token of the Secret as it is", async () => {
    await use(guarded("Bearer tok", 'Bearer realm="http://127.0.0.1:1/"'));
    expect(await fetch({ reference: "1.0.0", credentials: { token: "tok" } })).toMatchObject({ version: "1.0.0" });
  });

  it.each<[string, string, SourceSpec["credentials"], string, string]>([
    ["without credentials", 'Basic realm="r"', undefined, "Unauthorized", "reference a Secret that has them"],
    ["with wrong ones", 'Basic realm="r"', { username: "me", password: "canary2" }, "Unauthorized", "correct the credentials in its Secret"],
    ["with a wrong token", 'Basic realm="r"', { token: "canary2" }, "Unauthorized", "correct the credentials in its Secret"],
    ["with a challenge that says nothing", "", LOGIN, "Unauthorized", "HTTP 401"],
    ["with a token service that is a file", 'Bearer realm="file:///etc/passwd"', LOGIN, "NotAllowed", "must begin with"],
    ["with a token service that is not there", 'Bearer realm="http://127.0.0.1:1/"', undefined, "Unreachable", "the token service of the registry"],
  ])("is refused %s", async (_title, challenge, credentials, reason, message) => {
    await use(guarded(BASIC, challenge));
    const refused = fetch({ reference: "1.0.0", credentials });
    await expect(refused).rejects.toMatchObject({ reason, message: expect.stringContaining(message) });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining("canary") });
  });

  it.each(["", "{}", '{"token":7}', '{"token":"a b"}', '{"token":"a\\r\\nx: y"}', "<html>"])("takes %j for no token", async (answer) => {
    const tokens = await start((_, response) => response.end(answer));
    await use(guarded("Bearer tok", `Bearer realm="${tokens.url}/t"`));
    await expect(fetch({ reference: "1.0.0" })).rejects.toMatchObject({
      reason: "Unauthorized",
      message: expect.stringContaining("returned no token"),
    });
  });
});
