import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeTree } from "../../../src/sources/testing/artifacts.ts";
import { digestOf } from "../../../src/sources/testing/registry.ts";
import { type TestEntry, tgzOf } from "../../../src/sources/testing/archive.ts";
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from "../../../src/sources/testing/tls.ts";
import { basic, type FileServer, redirectTo, serveFiles } from "../../testing/servers/file-server.ts";
import { type ForwardProxy, serveForwardProxy } from "../../testing/servers/forward-proxy.ts";
import { helmCli, type HelmCli } from "../../testing/operator/helm-cli.ts";
import { type Plug, plugInto } from "../../testing/operator/plug.ts";
import type { Namespace } from "../../testing/estate/site.ts";
import { blog, blogTgz, DEFAULT_SECRET, secret, SourceSite } from "../../testing/servers/source-site.ts";

jest.setTimeout(120_000);

let cells: SourceSite;
let helm: HelmCli;
let open: FileServer;
let guarded: FileServer;
let secure: FileServer;
let elsewhere: FileServer;
let proxy: ForwardProxy;
let plug: Plug;
let password: string;

beforeAll(async () => {
  cells = await SourceSite.start(async (canaries) => {
    password = canaries.make();
    canaries.watch(TEST_CLIENT.clientKey);
    return {};
  });
  helm = helmCli(cells.folder);
  open = await serveFiles();
  guarded = await serveFiles({ authorization: [basic("me", password)] });
  secure = await serveFiles({ tls: { ...TEST_SERVER, ca: TEST_CA } });
  elsewhere = await serveFiles();
  proxy = await serveForwardProxy(basic("me", password));
  plug = await plugInto(open.port);
  for (const server of [open, guarded, secure]) await publish(server, "stable", { "1.0.0": "one", "1.1.0-rc.1": "not yet" });
}, 90_000);

afterAll(async () => {
  await cells?.stop();
  await plug?.pull();
  await Promise.all([open, guarded, secure, elsewhere, proxy].map((server) => server?.close()));
}, 60_000);

/** Makes a repository by helm itself: version → text of the chart. */
const publish = async (server: FileServer, name: string, versions: Readonly<Record<string, string>>): Promise<void> => {
  const folder = join(cells.folder, "repository");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const [version, text] of Object.entries(versions)) {
    await writeTree(join(cells.folder, "packed", text), blog(text, "blog", version));
    await helm.helm("package", join(cells.folder, "packed", text, "blog"), "--destination", folder);
  }
  await helm.helm("repo", "index", folder);
  for (const file of await readdir(folder)) server.files.set(`${name}/${file}`, await readFile(join(folder, file)));
};

/** One that no helm would make. */
const forge = (entry: object): void =>
  void open.files.set("forged/index.yaml", JSON.stringify({ apiVersion: "v1", entries: { blog: [{ name: "blog", version: "1.0.0", ...entry }] } }));

const repo = (url: string, more: object = {}) => ({ type: "repo", location: `${url}/stable`, chart: "blog", ...more });
const forged = (more: object = {}) => repo(open.url, { location: `${open.url}/forged`, ...more });
const ONE = { type: "repo", revision: 1, text: "one", resolved: "1.0.0" };

test("public: deployed, the newest version, one in a range, one by name", async () => {
  await cells.withChart("newest", repo(open.url), (namespace) => cells.deployed(namespace, ONE));
  await cells.withChart("range", repo(open.url, { version: ">=1, <2" }), (namespace) => cells.deployed(namespace, ONE));
  const pre = { ...ONE, text: "not yet", resolved: "1.1.0-rc.1" };
  await cells.withChart("by-name", repo(open.url, { version: "1.1.0-rc.1" }), (namespace) => cells.deployed(namespace, pre));
});

test("with credentials: deployed, by user and password, by client certificate", async () => {
  const named = repo(guarded.url, { secret_ref: { name: "login" } });
  const login = (name: string) => secret(name, { username: "me", password });
  await cells.withChart("login", named, (namespace) => cells.deployed(namespace, ONE), [login("login")]);
  await cells.withChart("default-login", repo(guarded.url), (namespace) => cells.deployed(namespace, ONE), [login(DEFAULT_SECRET)]);
  const { clientCert, clientKey } = TEST_CLIENT;
  const certificate = secret(DEFAULT_SECRET, { "ca.crt": TEST_CA, "tls.crt": clientCert, "tls.key": clientKey });
  await cells.withChart("certificate", repo(secure.url), (namespace) => cells.deployed(namespace, ONE), [certificate]);
});

test("wrong credentials: refused, and the release stays", async () => {
  const source = repo(guarded.url, { secret_ref: { name: "login" }, interval: 1 });
  const wrong = secret("login", { username: "me", password: cells.canaries.make() });
  const remedy = "its index.yaml is refused by the server (HTTP 401): correct the credentials in its Secret";
  await cells.refused("wrong", source, remedy, [wrong]);
  await cells.refused("nobody", repo(guarded.url), "it requires credentials: reference a Secret that has them");
  await cells.refused("no-secret", source, 'source.secret_ref names Secret "login", which is not in namespace "no-secret": create it there');
  const right = secret("login", { username: "me", password });
  const stays = async (namespace: Namespace) => {
    await cells.deployed(namespace, ONE);
    await cells.outlives(namespace, { spoil: () => namespace.apply([wrong]), says: remedy, mend: () => namespace.apply([right]) });
  };
  await cells.withChart("changed", source, stays, [right]);
});

test.each<[string, object, string]>([
  ["chart", { chart: "blo" }, 'has no chart "blo"; it has blog'],
  ["version", { version: "^2" }, 'has no version "^2" of chart "blog": the newest are 1.1.0-rc.1, 1.0.0'],
])("missing: refused, a %s", async (name, over, says) => {
  await cells.withChart(`index-${name}`, repo(open.url), async (namespace) => {
    await cells.deployed(namespace, ONE);
    await cells.refused(`no-${name}`, repo(open.url, over), says);
  });
});

test("missing: refused, a repository, and an archive that the index names", async () => {
  await cells.refused("no-repository", repo(open.url, { location: `${open.url}/absent` }), "its index.yaml does not exist on the server (HTTP 404)");
  forge({ urls: ["blog-1.0.0.tgz"] });
  await cells.refused("no-archive", forged(), 'chart "blog" 1.0.0 does not exist on the server (HTTP 404)', [], { indexes: 1 });
});

test("moved reference: upgraded, by a new version in the range and by another archive; a version that exists, and a pin, stay", async () => {
  await publish(open, "moving", { "1.0.0": "one" });
  const source = (more: object) => repo(open.url, { location: `${open.url}/moving`, interval: 1, ...more });
  await cells.withChart("version-stays", source({ version: "1.0.0" }), async (still) => {
    await cells.deployed(still, ONE);
    await cells.withChart("range-grows", source({ version: "~1", interval: 600 }), async (namespace) => {
      await cells.deployed(namespace, ONE);
      await publish(open, "moving", { "1.0.0": "one", "1.0.1": "newer", "2.0.0": "outside" });
      await cells.ask(namespace);
      await cells.deployed(namespace, { ...ONE, revision: 2, text: "newer", resolved: "1.0.1" });
      await namespace.patch("act/blog", { spec: { source: { interval: 1 } } });
      await publish(open, "moving", { "1.0.0": "one", "1.0.1": "replaced" });
      await cells.deployed(namespace, { ...ONE, revision: 3, text: "replaced", resolved: "1.0.1" });
      const pinned = digestOf(archiveOf("moving/blog-1.0.1.tgz"));
      await namespace.patch("act/blog", { spec: { source: { digest: pinned } } });
      await cells.deployed(namespace, { ...ONE, revision: 3, text: "replaced", resolved: "1.0.1" });
      const keep = new Map(open.files);
      const spoil = () => publish(open, "moving", { "1.0.0": "one", "1.0.1": "replaced", "1.0.2": "newest" });
      const mend = async () => keep.forEach((answer, path) => open.files.set(path, answer));
      await cells.outlives(namespace, { spoil, says: pinned, mend });
    });
    await cells.ask(still);
    await cells.deployed(still, ONE);
  });
});

const archiveOf = (path: string): Uint8Array => {
  const answer = open.files.get(path);
  if (!(answer instanceof Uint8Array)) throw new Error(`${path} is not there`);
  return answer;
};

test("unreachable while deployed: release untouched", async () => {
  await cells.withChart("unreachable", repo(`http://127.0.0.1:${plug.port}`, { interval: 1 }), async (namespace) => {
    await cells.deployed(namespace, ONE);
    await cells.outlives(namespace, { spoil: () => plug.pull(), says: "(ECONNREFUSED); it will be retried", mend: () => plug.push() });
  });
});

const withEntry = (entry: TestEntry): Buffer => tgzOf([...Object.entries(blog("bad")).map(([path, text]) => ({ path, text })), entry]);

test.each<[string, object, string]>([
  ["a file of this machine", { urls: ["file:///etc/passwd"] }, "is not a supported URL: it must begin with https:// or http://"],
  ["an option", { urls: ["--post-renderer=/bin/false"] }, "does not exist on the server (HTTP 404)"],
  ["nothing", { urls: [] }, "has no URL in the index: the index of the repository must be corrected"],
  ["a registry that is none", { urls: ["oci://-x/y"] }, "is not the URL of a chart in a registry"],
  ["what leads elsewhere", { urls: ["leads.tgz"] }, "redirects to another host or scheme are not followed"],
  ["what leads to metadata", { urls: ["metadata.tgz"] }, "redirects to http://169.254.169.254/latest: redirects to another host"],
  ["another archive than its digest says", { urls: ["blog.tgz"], digest: "0".repeat(64) }, "0".repeat(64)],
  ["an archive that climbs", { urls: ["climbs.tgz"] }, 'in the archive contains ".."'],
  ["an archive with a link out", { urls: ["links.tgz"] }, "in the archive is a link"],
])("hostile: refused, an index that names %s", async (title, entry, says) => {
  open.files.set("forged/leads.tgz", redirectTo(`${elsewhere.url}/blog.tgz`));
  open.files.set("forged/metadata.tgz", redirectTo("http://169.254.169.254/latest"));
  open.files.set("forged/blog.tgz", blogTgz("bad"));
  open.files.set("forged/climbs.tgz", withEntry({ path: "blog/../../pwned", text: "x" }));
  open.files.set("forged/links.tgz", withEntry({ path: "blog/templates/x.yaml", type: "SymbolicLink", linkpath: "/etc/passwd" }));
  forge(entry);
  const before = elsewhere.asked.length;
  await cells.refused(title.replaceAll(" ", "-"), forged(), says, [], { indexes: 1 });
  expect(elsewhere.asked).toHaveLength(before);
});

test("hostile: refused, credentials for another host that the index names", async () => {
  const server = await serveFiles({ authorization: [basic("me", password)] });
  elsewhere.files.set("blog.tgz", blogTgz("one"));
  const entry = { name: "blog", version: "1.0.0", urls: [`${elsewhere.url}/blog.tgz`] };
  server.files.set("stable/index.yaml", JSON.stringify({ apiVersion: "v1", entries: { blog: [entry] } }));
  const login = secret(DEFAULT_SECRET, { username: "me", password });
  await cells.withChart("to-elsewhere", repo(server.url), (namespace) => cells.deployed(namespace, ONE), [login]);
  expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  await server.close();
});

test.each<[string, string, string]>([
  ["that is none", "<html>log in</html>", "is not a Helm repository index"],
  ["that is cut off", '{"apiVersion": "v1", "entries": {', "cannot be read as YAML"],
  ["of aliases without end", `apiVersion: v1\na0: &a0 [x]\n${aliases()}entries: *a30\n`, "cannot be read as YAML"],
])("hostile: refused, an index %s", async (title, text, says) => {
  open.files.set("forged/index.yaml", text);
  await cells.refused(`index-${title.replaceAll(" ", "-")}`, forged(), says);
});

function aliases(): string {
  return Array.from({ length: 30 }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index}, `.repeat(10)}]\n`).join("");
}

test("hostile: refused, a repository that leads elsewhere", async () => {
  open.files.set("leads/index.yaml", redirectTo(`${elsewhere.url}/index.yaml`));
  const before = elsewhere.asked.length;
  await cells.refused("leads-elsewhere", repo(open.url, { location: `${open.url}/leads` }), "redirects to another host or scheme are not followed");
  expect(elsewhere.asked).toHaveLength(before);
});

test.each([
  ["option", { location: "--kube-token=x" }, "is not a supported URL"],
  ["file", { location: "file:///etc" }, "is not a supported URL"],
  ["chart-path", { chart: "../../etc/passwd" }, 'has no chart "../../etc/passwd"'],
  ["range", { version: "--devel" }, 'source.version "--devel" is not a valid version or range'],
])("hostile: refused, a name that is none: %s", async (name, over, says) => {
  await cells.refused(`name-${name}`, { ...repo(open.url), ...over }, says, [], { indexes: 1 });
});

test("by a proxy: deployed, and refused with a login that is not the proxy's", async () => {
  const proxy_server = proxy.url.replace("://", `://me:${password}@`);
  await cells.withChart("forwarded", repo(open.url, { proxy_server }), (namespace) => cells.deployed(namespace, ONE));
  expect(proxy.asked).not.toEqual([]);
  await cells.refused("proxy-login", repo(open.url, { proxy_server: proxy.url.replace("://", "://me:wrong@") }), /HTTP 407\): add/);
});

test("canary secrets: kept", () => cells.expectCanariesKept([]));

test("hostile: refused, this machine, unless the operator is told that charts may come from it", async () => {
  await cells.site.restart("SIGTERM", []);
  await cells.refused("this-machine", repo(open.url), "it is allowed only with --allow-local-addresses");
});
