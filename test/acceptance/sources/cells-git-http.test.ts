import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { basic, type FileServer, redirectTo, serveFiles } from "../../testing/servers/file-server.ts";
import { type ForwardProxy, serveForwardProxy } from "../../testing/servers/forward-proxy.ts";
import { commit, git, type GitServer, type GitServerOptions, serveGit } from "../../testing/servers/git-server.ts";
import { type Plug, plugInto } from "../../testing/operator/plug.ts";
import type { Namespace } from "../../testing/estate/site.ts";
import { blog, DEFAULT_SECRET, secret, SourceSite } from "../../testing/servers/source-site.ts";

jest.setTimeout(120_000);

let cells: SourceSite;
let open: GitServer;
let guarded: GitServer;
let elsewhere: FileServer;
let proxy: ForwardProxy;
let plug: Plug;
let password: string;
let head: string;
const repository = (name: string): string => join(cells.folder, "repositories", name);

beforeAll(async () => {
  cells = await SourceSite.start(async (canaries) => {
    password = canaries.make();
    return {};
  });
  // Whenever git asks, it and its children are there to be looked at.
  const instead: GitServerOptions["instead"] = () => cells.canaries.look().length < 0;
  head = await commit(repository("estate"), blog("one", "charts/blog"));
  open = await serveGit(join(cells.folder, "repositories"));
  guarded = await serveGit(join(cells.folder, "repositories"), { authorization: basic("me", password), instead });
  elsewhere = await serveFiles();
  proxy = await serveForwardProxy(basic("me", password));
  plug = await plugInto(open.port);
}, 90_000);

afterAll(async () => {
  await cells?.stop();
  await plug?.pull();
  await Promise.all([open, guarded, elsewhere, proxy].map((server) => server?.close()));
}, 60_000);

const from = (url: string, more: object = {}) => ({ type: "git", location: `${url}/estate/.git`, subpath: "charts/blog", ...more });
const of = (name: string, more: object = {}) => from(open.url, { location: `${open.url}/${name}/.git`, ...more });
const one = () => ({ type: "git", revision: 1, text: "one", resolved: head });

test("public: deployed, from default branch, branch, commit, abbreviated commit", async () => {
  for (const [name, reference] of Object.entries({ head: undefined, branch: "main", commit: head, short: head.slice(0, 9) }))
    await cells.withChart(name, from(open.url, { reference }), (namespace) => cells.deployed(namespace, one()));
});

test("with credentials: deployed, from the Secret that is named, and the default one of the namespace", async () => {
  const login = (name: string) => secret(name, { username: "me", password });
  const named = from(guarded.url, { secret_ref: { name: "login" } });
  await cells.withChart("login", named, (namespace) => cells.deployed(namespace, one()), [login("login")]);
  await cells.withChart("default-login", from(guarded.url), (namespace) => cells.deployed(namespace, one()), [login(DEFAULT_SECRET)]);
  expect([...guarded.authorizations]).toEqual([basic("me", password)]);
});

test("wrong credentials: refused, and the release stays", async () => {
  const source = from(guarded.url, { secret_ref: { name: "login" }, interval: 1 });
  const wrong = secret("login", { username: "me", password: cells.canaries.make() });
  const remedy = "add a user and password, or a token, with read access to the Secret";
  await cells.refused("wrong", source, remedy, [wrong]);
  await cells.refused("nobody", from(guarded.url), remedy);
  await cells.refused("no-secret", source, 'source.secret_ref names Secret "login", which is not in namespace "no-secret": create it there');
  const right = secret("login", { username: "me", password });
  const stays = async (namespace: Namespace) => {
    await cells.deployed(namespace, one());
    await cells.outlives(namespace, { spoil: () => namespace.apply([wrong]), says: remedy, mend: () => namespace.apply([right]) });
  };
  await cells.withChart("changed", source, stays, [right]);
});

test.each<[string, () => object, string]>([
  ["repository", () => of("absent"), "the repository does not exist"],
  ["reference", () => from(open.url, { reference: "nope" }), "the repository has none of refs/tags/nope, refs/heads/nope: check source.reference"],
  ["commit", () => from(open.url, { reference: "0".repeat(40) }), "the repository has no such commit"],
  ["folder", () => from(open.url, { subpath: "charts/web" }), 'with source.subpath "charts/web": the commit has no such folder'],
])("missing: refused, a %s", (name, source, says) => cells.refused(`no-${name}`, source(), says, [], { commits: 1 }));

test("moved reference: upgraded, on request and by the interval; a commit elsewhere, and a pinned one, change nothing", async () => {
  const folder = repository("moving");
  const put = (text: string): Promise<string> => commit(folder, blog(text, "charts/blog"));
  const first = await put("one");
  await cells.withChart("moved", of("moving", { reference: "main" }), async (namespace) => {
    await cells.deployed(namespace, { ...one(), resolved: first });
    const beside = await commit(folder, { "README.md": "more\n" });
    await cells.ask(namespace);
    await cells.deployed(namespace, { ...one(), resolved: beside });
    const second = await put("two");
    await cells.ask(namespace);
    await cells.deployed(namespace, { ...one(), revision: 2, text: "two", resolved: second });
    await namespace.patch("act/blog", { spec: { source: { interval: 1 } } });
    const third = await put("three");
    await cells.deployed(namespace, { ...one(), revision: 3, text: "three", resolved: third });
    await namespace.patch("act/blog", { spec: { source: { digest: third } } });
    await cells.deployed(namespace, { ...one(), revision: 3, text: "three", resolved: third });
    const spoil = () => put("four");
    const mend = async () => git(folder, "reset", "--quiet", "--hard", third);
    await cells.outlives(namespace, { spoil, says: `but source.digest is ${third}: check what has changed`, mend });
  });
});

test("moved reference: upgraded, a tag that was pushed again; a commit stays what it is", async () => {
  const folder = repository("tagged");
  const first = await commit(folder, blog("one", "charts/blog"));
  git(folder, "tag", "v1");
  const one1 = { ...one(), resolved: first };
  await cells.withChart("commit-stays", of("tagged", { reference: first, interval: 1 }), async (still) => {
    await cells.deployed(still, one1);
    await cells.withChart("tagged", of("tagged", { reference: "v1", interval: 1 }), async (namespace) => {
      await cells.deployed(namespace, one1);
      const second = await commit(folder, blog("two", "charts/blog"));
      git(folder, "tag", "--force", "v1");
      await cells.deployed(namespace, { ...one1, revision: 2, text: "two", resolved: second });
    });
    await cells.ask(still);
    await cells.deployed(still, one1);
  });
});

test("unreachable while deployed: release untouched", async () => {
  await cells.withChart("unreachable", from(`http://127.0.0.1:${plug.port}`, { interval: 1 }), async (namespace) => {
    await cells.deployed(namespace, one());
    await cells.outlives(namespace, { spoil: () => plug.pull(), says: "ECONNREFUSED", mend: () => plug.push() });
  });
});

test("hostile: refused, a server that leads elsewhere", async () => {
  for (const [name, target] of [
    ["to-another-port", elsewhere.url],
    ["to-metadata", "http://169.254.169.254"],
  ] as const) {
    const server = await serveFiles();
    const path = "estate/.git/info/refs?service=git-upload-pack";
    server.files.set(path, redirectTo(`${target}/${path}`));
    await cells.refused(name, from(server.url), "another host or scheme, which is not followed: use the URL of the repository itself");
    await server.close();
  }
  expect(elsewhere.asked).toEqual([]);
});

test.each([
  ["option", { location: "--upload-pack=touch /tmp/pwned" }, 'begins with "-"'],
  ["transport", { location: "ext::sh -c touch% /tmp/pwned" }, "control character"],
  ["other-transport", { location: "ext::/bin/false" }, 'uses the git transport "ext", which is not allowed'],
  ["file", { location: "file:///etc" }, 'has the scheme "file"'],
  ["folder", { location: "/etc" }, "is neither a URL nor user@host:path"],
  ["reference-option", { reference: "--upload-pack=/bin/false" }, "is not a valid git reference: use a branch, a tag or a commit"],
  ["reference-range", { reference: "main..dev" }, "is not a valid git reference"],
  ["climbs", { subpath: "../estate" }, 'source.subpath must be a path inside the repository, without ".."'],
])("hostile: refused, what git could take for something else: %s", (name, over, says) => cells.refused(name, { ...from(open.url), ...over }, says));

test.each([
  ["out", "/etc/passwd"],
  ["up", "../".repeat(20) + "etc/passwd"],
])("hostile: refused, a link that leads %s", async (name, target) => {
  const folder = repository(`link-${name}`);
  await commit(folder, blog("bad", "charts/blog"));
  await symlink(target, join(folder, "charts/blog/templates/x.yaml"));
  await commit(folder, {});
  const says = "is a symbolic link that is broken or points outside the chart: replace it with a copy of what it points to";
  await cells.refused(`link-${name}`, of(`link-${name}`), says, [], { commits: 1 });
});

test("hostile: refused, more files than a chart may have", async () => {
  const folder = repository("many");
  const files = Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [`charts/blog/files/${index}`, ""]));
  await commit(folder, { ...blog("bad", "charts/blog"), ...files });
  await cells.refused("many", of("many"), "the chart has more than 20000 files: name a smaller folder in source.subpath", [], { commits: 1 });
});

test("hostile: refused, to run or to fetch what a repository names: submodules, attributes, hooks", async () => {
  const folder = repository("tricks");
  const files = { ...blog("plain $Id$", "charts/blog"), "charts/blog/.gitattributes": "* text eol=crlf ident filter=evil export-ignore\n" };
  const submodule = `[submodule "x"]\n\tpath = charts/blog/charts/x\n\turl = ${elsewhere.url}/x\n`;
  await commit(folder, { ...files, ".gitmodules": submodule, ".lfsconfig": `[lfs]\n\turl = ${elsewhere.url}/lfs\n` });
  git(folder, "update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},charts/blog/charts/x`);
  git(folder, "commit", "--quiet", "--message=submodule");
  const resolved = git(folder, "rev-parse", "HEAD");
  await cells.withChart("tricks", of("tricks"), (namespace) => cells.deployed(namespace, { ...one(), text: "plain $Id$", resolved }));
  expect(elsewhere.asked).toEqual([]);
});

test("by a proxy: deployed, and refused with a login that is not the proxy's", async () => {
  const proxy_server = proxy.url.replace("://", `://me:${password}@`);
  await cells.withChart("forwarded", from(open.url, { proxy_server, reference: "main" }), (namespace) => cells.deployed(namespace, one()));
  expect(proxy.asked).toContain(`GET ${open.url}/estate/.git/info/refs?service=git-upload-pack`);
  await cells.refused(
    "proxy-login",
    from(open.url, { proxy_server: proxy.url.replace("://", "://me:wrong@"), reference: "main" }),
    /HTTP 407\): add/,
  );
});

test("canary secrets: kept, in the environment of git only", async () => {
  await cells.expectCanariesKept(["git", "git-remote-http"]);
  expect(await readdir("/tmp")).not.toContain("pwned");
});

test("hostile: refused, this machine, unless the operator is told that charts may come from it", async () => {
  await cells.site.restart("SIGTERM", []);
  await cells.refused("this-machine", from(open.url), "--allow-local-addresses");
});
