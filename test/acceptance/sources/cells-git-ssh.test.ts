import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { basic } from "../../testing/servers/file-server.ts";
import { type ForwardProxy, serveForwardProxy } from "../../testing/servers/forward-proxy.ts";
import { commit, git } from "../../testing/servers/git-server.ts";
import { type Plug, plugInto } from "../../testing/operator/plug.ts";
import type { Namespace } from "../../testing/estate/site.ts";
import { blog, DEFAULT_SECRET, secret, SourceSite } from "../../testing/servers/source-site.ts";
import { startSshd, type Sshd } from "../../testing/servers/sshd.ts";

jest.setTimeout(120_000);

let cells: SourceSite;
let sshd: Sshd;
let impostor: Sshd;
let proxy: ForwardProxy;
let plug: Plug;
let password: string;
let head: string;
const repository = (name: string): string => join(cells.folder, "repositories", name);

beforeAll(async () => {
  cells = await SourceSite.start(async (canaries, folder) => {
    sshd = await startSshd(join(folder, "sshd"));
    impostor = await startSshd(join(folder, "impostor"));
    for (const key of [sshd.key, sshd.stranger, impostor.key]) canaries.watch(key);
    password = canaries.make();
    return {};
  });
  head = await commit(repository("estate"), blog("one", "charts/blog"));
  proxy = await serveForwardProxy(basic("me", password));
  plug = await plugInto(sshd.port);
}, 90_000);

afterAll(async () => {
  await cells?.stop();
  await plug?.pull();
  await proxy?.close();
  sshd?.stop();
  impostor?.stop();
}, 60_000);

const from = (port: number, more: object = {}) => ({
  type: "git",
  location: `ssh://${sshd.user}@127.0.0.1:${port}${repository("estate")}`,
  subpath: "charts/blog",
  secret_ref: { name: "keys" },
  ...more,
});
const of = (name: string, more: object = {}) =>
  from(sshd.port, { location: `ssh://${sshd.user}@127.0.0.1:${sshd.port}${repository(name)}`, ...more });
const keys = (more: Readonly<Record<string, string>> = {}, name = "keys") =>
  secret(name, { "ssh-privatekey": sshd.key, known_hosts: sshd.knownHosts(), ...more });
const one = () => ({ type: "git", revision: 1, text: "one", resolved: head });

test("with credentials: deployed, from the Secret that is named, and the default one of the namespace", async () => {
  await cells.withChart("named-keys", from(sshd.port, { reference: "main" }), (namespace) => cells.deployed(namespace, one()), [keys()]);
  const source = from(sshd.port, { secret_ref: undefined, reference: head.slice(0, 9) });
  await cells.withChart("default-keys", source, (namespace) => cells.deployed(namespace, one()), [keys({}, DEFAULT_SECRET)]);
  const flux = { identity: sshd.key, "ssh-privatekey": "", username: sshd.user };
  const short = from(sshd.port, { location: `ssh://127.0.0.1:${sshd.port}${repository("estate")}` });
  await cells.withChart("as-flux-has-it", short, (namespace) => cells.deployed(namespace, one()), [keys(flux)]);
});

test("wrong credentials: refused, and the release stays", async () => {
  const wrong = keys({ "ssh-privatekey": sshd.stranger });
  const remedy = "the server rejects the key: add its public key to the repository's deploy keys, or put another key in the Secret";
  await cells.refused("stranger", from(sshd.port), remedy, [wrong]);
  await cells.refused("no-key", from(sshd.port), "needs a private key: add it to the source's Secret", [keys({ "ssh-privatekey": "" })]);
  const noKey = keys({ "ssh-privatekey": cells.canaries.make() });
  await cells.refused("nonsense", from(sshd.port), "the private key in the Secret cannot be read", [noKey]);
  await cells.refused("no-hosts", from(sshd.port), "needs the host keys of 127.0.0.1", [keys({ known_hosts: "" })]);
  await cells.refused("no-secret", from(sshd.port), 'source.secret_ref names Secret "keys", which is not in namespace "no-secret"');
  const stays = async (namespace: Namespace) => {
    await cells.deployed(namespace, one());
    await cells.outlives(namespace, { spoil: () => namespace.apply([wrong]), says: remedy, mend: () => namespace.apply([keys()]) });
  };
  await cells.withChart("changed", from(sshd.port, { interval: 1 }), stays, [keys()]);
});

test("missing: refused", async () => {
  await cells.refused("no-repository", of("absent"), "the repository does not exist, or the credentials have no access to it", [keys()]);
  await cells.refused("no-reference", from(sshd.port, { reference: "nope" }), "the repository has none of refs/tags/nope, refs/heads/nope", [keys()]);
  await cells.refused("no-folder", from(sshd.port, { subpath: "charts/web" }), "the commit has no such folder", [keys()], { commits: 1 });
});

test("moved reference: upgraded, on request and by the interval; a commit elsewhere, and a pinned one, change nothing", async () => {
  const folder = repository("moving");
  const put = (text: string): Promise<string> => commit(folder, blog(text, "charts/blog"));
  const first = await put("one");
  git(folder, "tag", "v1");
  const moves = async (namespace: Namespace) => {
    await cells.deployed(namespace, { ...one(), resolved: first });
    const beside = await commit(folder, { "README.md": "more\n" });
    git(folder, "tag", "--force", "v1");
    await cells.ask(namespace);
    await cells.deployed(namespace, { ...one(), resolved: beside });
    const second = await put("two");
    git(folder, "tag", "--force", "v1");
    await cells.ask(namespace);
    await cells.deployed(namespace, { ...one(), revision: 2, text: "two", resolved: second });
    await namespace.patch("act/blog", { spec: { source: { interval: 1, reference: "main" } } });
    const third = await put("three");
    await cells.deployed(namespace, { ...one(), revision: 3, text: "three", resolved: third });
    await namespace.patch("act/blog", { spec: { source: { digest: third } } });
    await cells.deployed(namespace, { ...one(), revision: 3, text: "three", resolved: third });
    const says = `but source.digest is ${third}: check what has changed`;
    await cells.outlives(namespace, { spoil: () => put("four"), says, mend: async () => git(folder, "reset", "--quiet", "--hard", third) });
  };
  await cells.withChart("moved", of("moving", { reference: "v1" }), moves, [keys()]);
});

test("unreachable while deployed: release untouched", async () => {
  const stays = async (namespace: Namespace) => {
    await cells.deployed(namespace, one());
    await cells.outlives(namespace, { spoil: () => plug.pull(), says: "ECONNREFUSED", mend: () => plug.push() });
  };
  await cells.withChart("unreachable", from(plug.port, { interval: 1 }), stays, [keys({ known_hosts: sshd.knownHosts(plug.port) })]);
});

test("hostile: refused, a server that is not the one it was", async () => {
  const location = `ssh://${sshd.user}@127.0.0.1:${impostor.port}${repository("estate")}`;
  const known = keys({ known_hosts: sshd.knownHosts(impostor.port) });
  const says = "the server's host key is not in known_hosts: verify it and add it to known_hosts in the Secret";
  await cells.refused("impostor", from(impostor.port, { location }), says, [known]);
  const skipped = from(impostor.port, { location, insecure_skip_verify: true });
  const looked = async (namespace: Namespace) =>
    namespace.becomes("act/blog", { actual_state: "deployed", source: { resolved: head, verification: "skipped" } });
  await cells.withChart("skipped", skipped, looked, [keys({ "ssh-privatekey": impostor.key })]);
});

test.each<[string, (pwned: string) => object, string]>([
  ["host", (pwned) => ({ location: `ssh://-oProxyCommand=touch%20${pwned}/x` }), "has no valid host name"],
  ["user", () => ({ location: "ssh://-oProxyCommand=touch@127.0.0.1/x" }), "has an invalid ssh user name"],
  ["scp-host", () => ({ location: "-oProxyCommand=x:path" }), 'begins with "-"'],
  ["scp-path", () => ({ location: "git@127.0.0.1:--upload-pack=x" }), 'has a path that begins with "-"'],
  ["reference", (pwned) => ({ reference: `--upload-pack=touch${pwned}` }), "is not a valid git reference"],
  ["password", () => ({ location: "ssh://git:hunter2@127.0.0.1/x" }), "has a password, but ssh uses keys only"],
])("hostile: refused, what git or ssh could take for an option: %s", async (name, over, says) => {
  const pwned = join(cells.folder, "pwned");
  await cells.refused(`option-${name}`, { ...from(sshd.port), ...over(pwned) }, says, [keys()]);
  expect(existsSync(pwned)).toBe(false);
});

test("hostile: refused, a user name in the Secret that is an option, a line of configuration in the known hosts", async () => {
  const pwned = join(cells.folder, "pwned");
  const source = from(sshd.port, { location: `ssh://127.0.0.1:${sshd.port}${repository("estate")}` });
  const user = keys({ username: `root\nProxyCommand touch ${pwned}` });
  await cells.refused("secret-user", source, "the user name in the Secret is not a valid ssh user name", [user]);
  const hosts = keys({ known_hosts: `Host *\nProxyCommand touch ${pwned}\n` });
  await cells.refused("secret-hosts", from(sshd.port), "host key is not in known_hosts", [hosts]);
  expect(existsSync(pwned)).toBe(false);
});

test("hostile: refused, a link that leads out", async () => {
  const folder = repository("link");
  await commit(folder, blog("bad", "charts/blog"));
  await symlink("/etc/passwd", join(folder, "charts/blog/templates/x.yaml"));
  await commit(folder, {});
  await cells.refused(
    "link",
    of("link"),
    "is a symbolic link that is broken or points outside the chart: replace it with a copy of what it points to",
    [keys()],
    {
      commits: 1,
    },
  );
});

test("by a proxy: deployed, and refused with a login that is not the proxy's", async () => {
  const proxy_server = proxy.url.replace("://", `://me:${password}@`);
  await cells.withChart("tunnelled", from(sshd.port, { proxy_server, reference: "main" }), (namespace) => cells.deployed(namespace, one()), [keys()]);
  expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT 127.0.0.1:${sshd.port}`]));
  await cells.refused(
    "proxy-login",
    from(sshd.port, { proxy_server: proxy.url.replace("://", "://me:wrong@"), reference: "main" }),
    /HTTP 407\): add/,
    [keys()],
  );
});

test("canary secrets: kept, in files for the operator alone while ssh runs", async () => {
  await cells.expectCanariesKept([]);
  expect(cells.canaries.found().filter((line) => /^file 600 state\/git\/tmp-\w+\/identity$/.test(line))).not.toEqual([]);
});

test("hostile: refused, this machine, unless the operator is told that charts may come from it", async () => {
  await cells.site.restart("SIGTERM", []);
  await cells.refused("this-machine", from(sshd.port), "--allow-local-addresses", [keys()]);
});
