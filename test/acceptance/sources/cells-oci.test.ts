import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OPERATOR } from "../../../src/apps/operator/deploy/rights.ts";
import { writeTree } from "../../../src/sources/testing/artifacts.ts";
import { createRegistry, digestOf, type TestRegistry } from "../../../src/sources/testing/registry.ts";
import { serve, type TestServer } from "../../../src/sources/testing/server.ts";
import { tgzOf } from "../../../src/sources/testing/archive.ts";
import { TEST_SERVER } from "../../../src/sources/testing/tls.ts";
import { type DockerRegistry, startDockerRegistry } from "../../testing/servers/docker-registry.ts";
import { basic } from "../../testing/servers/file-server.ts";
import { type ForwardProxy, serveForwardProxy } from "../../testing/servers/forward-proxy.ts";
import { helmCli, type HelmCli } from "../../testing/operator/helm-cli.ts";
import { type Plug, plugInto } from "../../testing/operator/plug.ts";
import type { Namespace } from "../../testing/estate/site.ts";
import { blog, blogTgz, DEFAULT_SECRET, secret, SourceSite } from "../../testing/servers/source-site.ts";

jest.setTimeout(120_000);

const fixture = (name: string): string => fileURLToPath(new URL(`../../../src/sources/testing/fixtures/tls/${name}`, import.meta.url));
/** A registry reads bcrypt only, which nothing here can make: so this one is not new. */
const PASSWORD = "canary-registry-5d1f0c93a7";
const HTPASSWD = "me:$2b$05$abcdefghijklmnopqrstuuFQNTIV0uLNJ5r4mwsw/KD6LveqwE73C\n";

let cells: SourceSite;
let helm: HelmCli;
let open: DockerRegistry;
let closed: DockerRegistry;
let proxy: ForwardProxy;
let plug: Plug;
let password: string;

beforeAll(async () => {
  cells = await SourceSite.start(async (canaries) => {
    canaries.watch(PASSWORD);
    password = canaries.make();
    // As in an image whose system trusts the authority.
    return { env: { NODE_EXTRA_CA_CERTS: fixture("ca.crt") } };
  });
  const tls = { certificate: fixture("server.crt"), key: fixture("server.key"), ca: await readFile(fixture("ca.crt"), "utf8") };
  helm = helmCli(cells.folder);
  open = await startDockerRegistry(join(cells.folder, "open"), { tls });
  closed = await startDockerRegistry(join(cells.folder, "closed"), { tls, login: HTPASSWD, data: join(cells.folder, "open/data") });
  proxy = await serveForwardProxy(basic("me", password));
  plug = await plugInto(open.port);
  await push("charts", "one", "1.0.0");
}, 90_000);

afterAll(async () => {
  await cells?.stop();
  await plug?.pull();
  await Promise.all([open?.stop(), closed?.stop(), proxy?.close()]);
}, 60_000);

/** By helm itself. The digest of the manifest. */
const push = async (repository: string, text: string, version: string): Promise<string> => {
  const folder = join(cells.folder, "packed", text);
  await writeTree(folder, blog(text, "blog", version));
  await helm.helm("package", join(folder, "blog"), "--destination", folder);
  await helm.helm("push", join(folder, `blog-${version}.tgz`), `oci://${open.host}/${repository}`, "--ca-file", fixture("ca.crt"));
  return open.digestOf(`${repository}/blog`, version);
};

const oci = (host: string, more: object = {}) => ({ type: "oci", location: `oci://${host}/charts/blog`, reference: "1.0.0", ...more });
const one = async () => ({ type: "oci", revision: 1, text: "one", resolved: await open.digestOf("charts/blog", "1.0.0") });
const login = (name: string, pass = PASSWORD) => secret(name, { username: "me", password: pass });
const docker = (name: string, host: string) => ({
  ...secret(name, { ".dockerconfigjson": JSON.stringify({ auths: { [host]: { auth: Buffer.from(`me:${PASSWORD}`).toString("base64") } } }) }),
  type: "kubernetes.io/dockerconfigjson",
});

test("public: deployed, by tag, by digest, by range", async () => {
  const wanted = await one();
  for (const [name, which] of Object.entries({
    tag: { reference: "1.0.0" },
    digest: { reference: wanted.resolved },
    range: { reference: undefined, version: "^1" },
  }))
    await cells.withChart(name, oci(open.host, which), (namespace) => cells.deployed(namespace, wanted));
});

test("with credentials: deployed, from the Secret that is named, the default one of the namespace, the operator's", async () => {
  const wanted = await one();
  const look = (namespace: Namespace) => cells.deployed(namespace, wanted);
  await cells.withChart("login", oci(closed.host, { secret_ref: { name: "login" } }), look, [login("login")]);
  await cells.withChart("docker-login", oci(closed.host), look, [docker(DEFAULT_SECRET, closed.host)]);
  const operators = JSON.stringify(docker(DEFAULT_SECRET, `https://${closed.host}/v1/`));
  await cells.site.cluster.kubectl(["-n", OPERATOR, "apply", "-f", "-"], operators);
  await cells.withChart("operator-wide", oci(closed.host), look);
  await cells.site.cluster.kubectl(["-n", OPERATOR, "delete", "secret", DEFAULT_SECRET]);
});

test("wrong credentials: refused, and the release stays", async () => {
  const source = oci(closed.host, { secret_ref: { name: "login" }, interval: 1 });
  const wrong = login("login", cells.canaries.make());
  const remedy = "is refused by the server (HTTP 401): correct the credentials in its Secret";
  await cells.refused("wrong", source, remedy, [wrong]);
  const ask = "it requires credentials: reference a Secret that has them";
  await cells.refused("nobody", oci(closed.host), ask);
  await cells.refused("other-host", oci(closed.host), ask, [docker(DEFAULT_SECRET, open.host)]);
  await cells.refused("no-secret", source, 'source.secret_ref names Secret "login", which is not in namespace "no-secret": create it there');
  const stays = async (namespace: Namespace) => {
    await cells.deployed(namespace, await one());
    await cells.outlives(namespace, { spoil: () => namespace.apply([wrong]), says: remedy, mend: () => namespace.apply([login("login")]) });
  };
  await cells.withChart("changed", source, stays, [login("login")]);
});

test.each<[string, object, string]>([
  ["tag", { reference: "9.9.9" }, "9.9.9 is not in the registry: correct source.reference"],
  ["digest", { reference: `sha256:${"0".repeat(64)}` }, "is not in the registry: correct source.reference"],
  ["version", { reference: undefined, version: "^9" }, 'has no version "^9": the newest are 1.0.0'],
])("missing: refused, a %s", (name, which, says) => cells.refused(`no-${name}`, oci(open.host, which), says));

test("missing: refused, a repository", async () => {
  const location = `oci://${open.host}/charts/absent`;
  await cells.refused("no-repository", oci(open.host, { location }), "1.0.0 is not in the registry: correct source.reference");
  await cells.refused("no-versions", oci(open.host, { location, reference: undefined }), "has no stable version: it has no tags");
});

test("moved reference: upgraded, by a tag that was pushed again and by a new version; a digest, and a pin, stay", async () => {
  const first = await push("moving", "one", "1.0.0");
  const source = (more: object) => oci(open.host, { location: `oci://${open.host}/moving/blog`, interval: 1, ...more });
  const was = { type: "oci", revision: 1, text: "one", resolved: first };
  await cells.withChart("digest-stays", source({ reference: first }), async (still) => {
    await cells.deployed(still, was);
    await cells.withChart("tag-moves", source({ reference: "1.0.0", interval: 600 }), async (namespace) => {
      await cells.deployed(namespace, was);
      const again = await push("moving", "again", "1.0.0");
      await cells.ask(namespace);
      await cells.deployed(namespace, { ...was, revision: 2, text: "again", resolved: again });
      await namespace.patch("act/blog", { spec: { source: { digest: again, interval: 1 } } });
      await cells.deployed(namespace, { ...was, revision: 2, text: "again", resolved: again });
      const says = new RegExp(`source.digest .*${again}|${again}.*source.digest`);
      const mend = () => open.retag("moving/blog", "1.0.0", again);
      await cells.outlives(namespace, { spoil: () => push("moving", "worse", "1.0.0"), says, mend });
    });
    await cells.withChart("range-grows", source({ reference: undefined, version: "~1" }), async (namespace) => {
      await cells.deployed(namespace, { ...was, text: "again", resolved: await open.digestOf("moving/blog", "1.0.0") });
      const newer = await push("moving", "newer", "1.0.1");
      await cells.deployed(namespace, { ...was, revision: 2, text: "newer", resolved: newer });
      await push("moving", "outside", "2.0.0");
      await cells.ask(namespace);
      await cells.deployed(namespace, { ...was, revision: 2, text: "newer", resolved: newer });
    });
    await cells.ask(still);
    await cells.deployed(still, was);
  });
});

test("unreachable while deployed: release untouched", async () => {
  await cells.withChart("unreachable", oci(`127.0.0.1:${plug.port}`, { interval: 1 }), async (namespace) => {
    await cells.deployed(namespace, await one());
    await cells.outlives(namespace, { spoil: () => plug.pull(), says: "(ECONNREFUSED); it will be retried", mend: () => plug.push() });
  });
});

describe("a registry that means harm", () => {
  let registry: TestRegistry;
  let server: TestServer;
  let elsewhere: TestServer;
  /** Answers instead of the registry when it returns true. */
  let instead: (...request: Parameters<TestRegistry["listener"]>) => boolean;

  beforeAll(async () => {
    registry = createRegistry();
    server = await serve((request, response) => void (instead(request, response) || registry.listener(request, response)), TEST_SERVER);
    elsewhere = await serve((_request, response) => response.end(blogTgz("one")), TEST_SERVER);
  });
  afterAll(async () => {
    await server.close();
    await elsewhere.close();
  });

  const archive = blogTgz("bad");
  const climbing = tgzOf([...Object.entries(blog("bad")).map(([path, text]) => ({ path, text })), { path: "../pwned", text: "x" }]);
  const host = () => `127.0.0.1:${server.port}`;

  /** What is made of the registry; a text is the reference to ask for. */
  test.each<[string, () => unknown, string]>([
    ["another manifest than its digest says", swapManifest, "the manifest does not match its digest"],
    ["another archive than its manifest says", () => registry.blobs.set(digestOf(archive), blogTgz("swapped")), "instead of"],
    ["an archive that climbs", () => registry.push("1.0.0", climbing), 'in the archive contains ".."'],
    ["what is no chart", () => registry.push("1.0.0", archive, { config: {} }), "is not a Helm chart"],
    ["an index of manifests", () => registry.manifests.set("1.0.0", '{"manifests":[]}'), "it is an image index"],
    ["a redirect to metadata", () => leadBlobs("http://169.254.169.254/latest/meta-data"), "redirects to http://169.254.169.254/latest/meta-data"],
    ["a redirect to http", () => leadBlobs(elsewhere.url.replace("https:", "http:")), "redirects to another host or scheme are not followed"],
    ["a token service on http", () => askFor("http://169.254.169.254/token"), "it must begin with https://"],
    ["a token service of somebody else", () => askFor(`${elsewhere.url}/token`), "but the credentials are for 127.0.0.1:"],
  ])("hostile: refused, %s", async (title, spoil, says) => {
    instead = () => false;
    registry.manifests.clear();
    registry.blobs.clear();
    registry.push("1.0.0", archive);
    const spoilt = spoil();
    const more = typeof spoilt === "string" ? { reference: spoilt } : {};
    const before = elsewhere.asked.length;
    await cells.refused(title.replaceAll(" ", "-"), oci(host(), more), says, [login(DEFAULT_SECRET)]);
    expect(elsewhere.asked).toHaveLength(before);
  });

  test("hostile: refused, credentials for whom a registry redirects to", async () => {
    registry.push("1.0.0", blogTgz("one"));
    leadBlobs(elsewhere.url);
    const wanted = { type: "oci", revision: 1, text: "one", resolved: expect.stringMatching(/^sha256:/) };
    await cells.withChart("blobs-elsewhere", oci(host()), (namespace) => cells.deployed(namespace, wanted), [login(DEFAULT_SECRET)]);
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  function swapManifest(): string {
    const digest = registry.push("1.0.0", archive);
    registry.manifests.set(digest, registry.manifests.get(digest) + " ");
    return digest;
  }

  function leadBlobs(location: string): void {
    instead = (request, response) => request.url?.includes("/blobs/") === true && response.writeHead(307, { location }).end() !== undefined;
  }

  function askFor(realm: string): void {
    instead = (_request, response) =>
      response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}",service="registry"` }).end() !== undefined;
  }
});

test.each([
  ["option", { location: "--config=/etc/passwd" }, "is not the URL of a chart in a registry: use oci://HOST/PATH/CHART"],
  ["climbs", { location: "oci://127.0.0.1:5000/../v2/charts/blog" }, "is not the URL of a chart in a registry"],
  ["query", { location: "oci://127.0.0.1:5000/charts/blog?x=y" }, "is not the URL of a chart in a registry"],
  ["http", { location: "http://127.0.0.1:5000/charts/blog" }, "is not the URL of a chart in a registry"],
  ["reference-option", { reference: "--password=x" }, "is neither a tag nor a digest"],
  ["reference-path", { reference: "../../blobs/x" }, "is neither a tag nor a digest"],
  [
    "two",
    { location: "oci://127.0.0.1:5000/charts/blog:1.0.0", reference: undefined, version: "^1" },
    "has both a reference and source.version: set only one of them",
  ],
])("hostile: refused, a name that is none: %s", (name, over, says) => cells.refused(`name-${name}`, { ...oci(open.host), ...over }, says));

test("by a proxy: deployed, and refused with a login that is not the proxy's", async () => {
  const proxy_server = proxy.url.replace("://", `://me:${password}@`);
  await cells.withChart("tunnelled", oci(open.host, { proxy_server }), async (namespace) => cells.deployed(namespace, await one()));
  expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${open.host}`]));
  await cells.refused("proxy-login", oci(open.host, { proxy_server: proxy.url.replace("://", "://me:wrong@") }), /HTTP 407\): add/);
});

test("canary secrets: kept", () => cells.expectCanariesKept([]));

test("hostile: refused, this machine, unless the operator is told that charts may come from it", async () => {
  await cells.site.restart("SIGTERM", []);
  await cells.refused("this-machine", oci(open.host), "it is allowed only with --allow-local-addresses");
});
