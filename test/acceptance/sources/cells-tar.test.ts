import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { digestOf } from "../../../src/sources/testing/registry.ts";
import { chartTgz, type TestEntry, tgzOf } from "../../../src/sources/testing/archive.ts";
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from "../../../src/sources/testing/tls.ts";
import { basic, type FileServer, redirectTo, serveFiles } from "../../testing/servers/file-server.ts";
import { type ForwardProxy, serveForwardProxy } from "../../testing/servers/forward-proxy.ts";
import { type Plug, plugInto } from "../../testing/operator/plug.ts";
import { blog, blogTgz, DEFAULT_SECRET, secret, SourceSite } from "../../testing/servers/source-site.ts";

jest.setTimeout(120_000);

let cells: SourceSite;
let open: FileServer;
let guarded: FileServer;
let secure: FileServer;
let elsewhere: FileServer;
let proxy: ForwardProxy;
let plug: Plug;
let password: string;
let token: string;

beforeAll(async () => {
  cells = await SourceSite.start(async (canaries, folder) => {
    [password, token] = [canaries.make(), canaries.make()];
    canaries.watch(TEST_CLIENT.clientKey);
    await mkdir(join(folder, "roots"));
    await writeFile(join(folder, "roots/blog.tgz"), blogTgz("from a file"));
    return { chartRoot: join(folder, "roots") };
  });
  open = await serveFiles();
  guarded = await serveFiles({ authorization: [basic("me", password), `Bearer ${token}`] });
  secure = await serveFiles({ tls: { ...TEST_SERVER, ca: TEST_CA } });
  elsewhere = await serveFiles();
  proxy = await serveForwardProxy(basic("me", password));
  plug = await plugInto(open.port);
  for (const server of [open, guarded, secure, elsewhere]) server.files.set("blog.tgz", blogTgz("one"));
}, 90_000);

afterAll(async () => {
  await cells?.stop();
  await plug?.pull();
  await Promise.all([open, guarded, secure, elsewhere, proxy].map((server) => server?.close()));
}, 60_000);

const tar = (location: string, more: object = {}) => ({ type: "tar", location, ...more });
const ONE = { type: "tar", revision: 1, text: "one", resolved: digestOf(blogTgz("one")) };

test("public: deployed, from http and from a file below a chart root", async () => {
  await cells.withChart("public", tar(`${open.url}/blog.tgz`, { subpath: "blog" }), (namespace) => cells.deployed(namespace, ONE));
  await cells.withChart("file", tar("file:///opt/armada/helm-charts/blog.tgz"), (namespace) =>
    cells.deployed(namespace, { ...ONE, text: "from a file", resolved: digestOf(blogTgz("from a file")) }),
  );
});

test("with credentials: deployed, by user and password, by token, by client certificate", async () => {
  const login = secret("login", { username: "me", password });
  const source = tar(`${guarded.url}/blog.tgz`);
  await cells.withChart("login", { ...source, secret_ref: { name: "login" } }, (namespace) => cells.deployed(namespace, ONE), [login]);
  await cells.withChart("token", source, (namespace) => cells.deployed(namespace, ONE), [secret(DEFAULT_SECRET, { token })]);
  const { clientCert, clientKey } = TEST_CLIENT;
  const certificate = secret(DEFAULT_SECRET, { "ca.crt": TEST_CA, "tls.crt": clientCert, "tls.key": clientKey });
  await cells.withChart("certificate", tar(`${secure.url}/blog.tgz`), (namespace) => cells.deployed(namespace, ONE), [certificate]);
});

test("wrong credentials: refused, and the release stays", async () => {
  const source = tar(`${guarded.url}/blog.tgz`, { secret_ref: { name: "login" }, interval: 1 });
  const wrong = secret("login", { username: "me", password: cells.canaries.make() });
  const remedy = "is refused by the server (HTTP 401): correct the credentials in its Secret";
  await cells.refused("wrong", source, remedy, [wrong]);
  await cells.refused("nobody", tar(`${guarded.url}/blog.tgz`), "it requires credentials: reference a Secret that has them");
  await cells.refused("no-secret", source, 'source.secret_ref names Secret "login", which is not in namespace "no-secret": create it there');
  await cells.refused("untrusted", tar(`${secure.url}/blog.tgz`), "add the CA certificate to the Secret as ca.crt");
  const right = secret("login", { username: "me", password });
  const stays = async (namespace: Parameters<typeof cells.deployed>[0]) => {
    await cells.deployed(namespace, ONE);
    await cells.outlives(namespace, { spoil: () => namespace.apply([wrong]), says: remedy, mend: () => namespace.apply([right]) });
  };
  await cells.withChart("changed", source, stays, [right]);
});

test("missing: refused", async () => {
  await cells.refused(
    "no-archive",
    tar(`${open.url}/absent.tgz`),
    `source.location "${open.url}/absent.tgz" does not exist on the server (HTTP 404)`,
  );
  await cells.refused("no-folder", tar(`${open.url}/blog.tgz`, { subpath: "web" }), 'with source.subpath "web": the archive has no such folder');
  await cells.refused("no-file", tar("file:///opt/armada/helm-charts/absent.tgz"), "absent.tgz");
});

test("moved reference: upgraded, on request and by the interval; another chart of the archive, and a pinned one, change nothing", async () => {
  const put = (files: Readonly<Record<string, string>>): string => {
    const archive = chartTgz(files);
    open.files.set("moving.tgz", archive);
    return digestOf(archive);
  };
  const source = tar(`${open.url}/moving.tgz`, { subpath: "blog" });
  const first = put(blog("one"));
  await cells.withChart("moved", source, async (namespace) => {
    await cells.deployed(namespace, { ...ONE, resolved: first });
    const beside = put({ ...blog("one"), "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n" });
    await cells.ask(namespace);
    await cells.deployed(namespace, { ...ONE, resolved: beside });
    const second = put(blog("two"));
    await cells.ask(namespace);
    await cells.deployed(namespace, { ...ONE, revision: 2, text: "two", resolved: second });
    await namespace.patch("act/blog", { spec: { source: { interval: 1 } } });
    await cells.deployed(namespace, { ...ONE, revision: 2, text: "two", resolved: second });
    await cells.deployed(namespace, { ...ONE, revision: 3, text: "three", resolved: put(blog("three")) });
    const [pinned, other] = [put(blog("four")), digestOf(chartTgz(blog("five")))];
    await namespace.patch("act/blog", { spec: { source: { digest: pinned } } });
    await cells.deployed(namespace, { ...ONE, revision: 4, text: "four", resolved: pinned });
    const says = new RegExp(`${pinned}.*${other}|${other}.*${pinned}`);
    const spoil = async () => put(blog("five"));
    await cells.outlives(namespace, { spoil, says, mend: async () => put(blog("four")) });
    await namespace.patch("act/blog", { spec: { source: { digest: other } } });
    await namespace.becomes("act/blog", { actual_state: "error", reason: "SourceError", waiting_for: expect.stringMatching(says) });
    await namespace.patch("act/blog", { spec: { source: { digest: pinned } } });
    await cells.deployed(namespace, { ...ONE, revision: 4, text: "four", resolved: pinned });
  });
});

test("unreachable while deployed: release untouched", async () => {
  const source = tar(`http://127.0.0.1:${plug.port}/blog.tgz`, { interval: 1 });
  await cells.withChart("unreachable", source, async (namespace) => {
    await cells.deployed(namespace, ONE);
    await cells.outlives(namespace, { spoil: () => plug.pull(), says: "(ECONNREFUSED); it will be retried", mend: () => plug.push() });
  });
});

const BOMB = gzipSync(Buffer.alloc(300 * 2 ** 20));
const withEntry = (entry: TestEntry): Buffer => tgzOf([...Object.entries(blog("bad")).map(([path, text]) => ({ path, text })), entry]);

test.each<[string, Uint8Array, string]>([
  ["climbs", withEntry({ path: "blog/../../pwned", text: "x" }), 'in the archive contains ".."'],
  ["absolute", withEntry({ path: "/tmp/pwned", text: "x" }), "in the archive is an absolute name"],
  ["link", withEntry({ path: "blog/templates/x.yaml", type: "SymbolicLink", linkpath: "/etc/passwd" }), "in the archive is a link"],
  ["hard-link", withEntry({ path: "blog/templates/x.yaml", type: "Link", linkpath: "../../../etc/passwd" }), "in the archive is a link"],
  ["device", withEntry({ path: "blog/null", type: "CharacterDevice" }), "of type CharacterDevice"],
  ["bomb", BOMB, "unpacks to more than"],
  ["page", Buffer.from("<html>log in</html>"), "is a web page: only .tgz and .tar are supported"],
  ["damaged", blogTgz("bad").subarray(0, 200), "its gzip data is corrupt or truncated"],
  ["large", Buffer.alloc(51 * 2 ** 20), "the limit is 52428800 (--max-chart-size): make it smaller or raise the limit"],
])("hostile: refused, an archive: %s", async (name, archive, says) => {
  open.files.set("hostile.tgz", archive);
  await cells.refused(name, tar(`${open.url}/hostile.tgz`), says);
});

test("hostile: refused, another archive than the one that is pinned", async () => {
  open.files.set("swapped.tgz", blogTgz("swapped"));
  const digest = digestOf(blogTgz("meant"));
  await cells.refused("swapped", tar(`${open.url}/swapped.tgz`, { digest }), `but source.digest is ${digest}`);
});

test("hostile: refused, a server that leads elsewhere", async () => {
  const before = elsewhere.asked.length;
  for (const [name, target] of [
    ["to-another-port", `${elsewhere.url}/blog.tgz`],
    ["to-metadata", "http://169.254.169.254/latest/meta-data"],
    ["to-a-file", "file:///etc/passwd"],
  ] as const) {
    open.files.set("leads.tgz", redirectTo(target));
    await cells.refused(name, tar(`${open.url}/leads.tgz`), `redirects to ${target}: redirects to another host or scheme are not followed`);
  }
  expect(elsewhere.asked).toHaveLength(before);
});

test.each([
  ["option", "--upload-pack=/bin/false", "is not a supported URL: it must begin with"],
  ["ftp", "ftp://127.0.0.1/blog.tgz", "is not a supported URL: it must begin with"],
  ["above", "file:///opt/armada/helm-charts/../../../etc/passwd", "outside the chart roots"],
  ["outside", "file:///etc/passwd", "outside the chart roots"],
])("hostile: refused, a location: %s", (name, location, says) => cells.refused(name, tar(location), says));

test("by a proxy: deployed, and refused with a login that is not the proxy's", async () => {
  const { host } = new URL(proxy.url);
  const proxy_server = `me:${password}@${host}`;
  await cells.withChart("forwarded", tar(`${open.url}/blog.tgz`, { proxy_server }), (namespace) => cells.deployed(namespace, ONE));
  expect(proxy.asked).not.toEqual([]);
  await cells.refused("proxy-login", tar(`${open.url}/blog.tgz`, { proxy_server: proxy.url.replace("://", "://me:wrong@") }), /HTTP 407\): add/);
});

test("canary secrets: kept", () => cells.expectCanariesKept([]));

test("hostile: refused, this machine, unless the operator is told that charts may come from it", async () => {
  await cells.site.restart("SIGTERM", []);
  await cells.refused("this-machine", tar(`${open.url}/blog.tgz`), "it is allowed only with --allow-local-addresses");
});
