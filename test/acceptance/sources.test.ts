import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { temporaryFolder } from "../../src/sources/testing.ts";
import { chartTgz } from "../../src/sources/testing-archive.ts";
import { serve, type TestServer } from "../../src/sources/testing-server.ts";
import { CONFIG_MAP } from "../support/chart-folder.ts";
import { eventually } from "../support/eventually.ts";
import { commit, serveGit, type GitServer } from "../support/git-server.ts";
import { chartYaml } from "../support/git-site.ts";
import { chart } from "../support/objects.ts";
import { textAt } from "../support/recorder.ts";
import { Site, type Namespace } from "../support/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const PASSWORD = "hunter2-canary";

const files = (text: string): Readonly<Record<string, string>> => ({
  "charts/blog/Chart.yaml": chartYaml("blog"),
  "charts/blog/values.yaml": `text: ${text}\n`,
  "charts/blog/templates/map.yaml": CONFIG_MAP,
});

let site: Site;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: GitServer;
let guarded: GitServer;
let archives: TestServer;

beforeAll(async () => {
  folder = await temporaryFolder();
  await commit(`${folder.path}/estate`, files("one"));
  server = await serveGit(folder.path);
  guarded = await serveGit(folder.path, { authorization: `Basic ${Buffer.from(`me:${PASSWORD}`).toString("base64")}` });
  const tgz = chartTgz(Object.fromEntries(Object.entries(files("packed")).map(([path, text]) => [path.replace("charts/", ""), text])));
  archives = await serve((request, response) =>
    response.writeHead(request.url === "/blog.tgz" ? 200 : 404).end(request.url === "/blog.tgz" ? tgz : ""),
  );
  site = await Site.start({ flags: ["--allow-local-addresses=true"] });
}, 90_000);

afterAll(async () => {
  await site?.stop();
  await Promise.all([server?.close(), guarded?.close(), archives?.close()]);
  await folder?.remove();
}, 30_000);

const git = (of: GitServer, more: object = {}) => ({ type: "git", location: `${of.url}/estate/.git`, subpath: "charts/blog", ...more });

/** Asks for a look at the source now. */
const ask = (namespace: Namespace, value: string) =>
  namespace.patch("act/blog", { metadata: { annotations: { "armada.airshipit.org/reconcile-requested-at": value } } });

describe("a chart in git", () => {
  test("is deployed from a branch, upgraded by a commit that changes it, and by no other", async () => {
    const namespace = await site.namespace("git");
    await namespace.apply([chart("blog", { source: git(server, { reference: "main" }) })]);
    await namespace.becomes("act/blog", { ...DEPLOYED, release: { revision: 1 }, source: { type: "git" } });
    const elsewhere = await commit(`${folder.path}/estate`, { "README.md": "more\n" });
    await ask(namespace, "1");
    await namespace.becomes("act/blog", { ...DEPLOYED, release: { revision: 1 }, source: { resolved: elsewhere } });
    const changed = await commit(`${folder.path}/estate`, files("two"));
    await ask(namespace, "2");
    await namespace.becomes("act/blog", { ...DEPLOYED, release: { revision: 2 }, source: { resolved: changed } });
    expect(textAt(await namespace.get("configmap/blog"), "data.text")).toBe("two");
  }, 90_000);

  test("needs the Secret that it names; wrong ones are said without what is in them", async () => {
    const namespace = await site.namespace("guarded");
    const secret = (password: string) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "login" },
      stringData: { username: "me", password },
    });
    await namespace.apply([chart("blog", { source: git(guarded, { secret_ref: { name: "login" } }) })]);
    await namespace.becomes("act/blog", { actual_state: "error", reason: "SourceError", waiting_for: expect.stringContaining('Secret "login"') });
    await namespace.apply([secret(`${PASSWORD}-wrong`)]);
    await ask(namespace, "1");
    await eventually("the login is refused", async () =>
      expect(textAt(await namespace.get("act/blog"), "status.waiting_for")).toMatch(/credentials|Unauthorized|refuse/i),
    );
    await namespace.apply([secret(PASSWORD)]);
    await ask(namespace, "2");
    await namespace.becomes("act/blog", DEPLOYED);
    const told = [JSON.stringify(namespace.history().filter(({ what }) => !what.startsWith("Secret "))), await site.operator.log()].join();
    expect(told).not.toContain(PASSWORD);
  }, 90_000);
});

describe("a chart in an archive", () => {
  test("is deployed; another digest than the pinned one is said with both, and changes nothing", async () => {
    const namespace = await site.namespace("tar");
    const source = { type: "tar", location: `${archives.url}/blog.tgz`, subpath: "blog" };
    await namespace.apply([chart("blog", { source })]);
    await namespace.becomes("act/blog", { ...DEPLOYED, release: { revision: 1 } });
    const resolved = textAt(await namespace.get("act/blog"), "status.source.resolved") ?? "";
    expect(resolved).toMatch(/^sha256:[0-9a-f]{64}$/);
    const other = `sha256:${"0".repeat(64)}`;
    await namespace.patch("act/blog", { spec: { source: { digest: other } } });
    await namespace.becomes("act/blog", { actual_state: "error", reason: "SourceError", waiting_for: expect.stringContaining(resolved) });
    await namespace.patch("act/blog", { spec: { source: { digest: resolved } } });
    await namespace.becomes("act/blog", { ...DEPLOYED, release: { revision: 1 } });
  }, 90_000);

  test("that cannot be had any more leaves the release as it is, and says so", async () => {
    const namespace = await site.namespace("gone");
    const moving = await serve((_, response) =>
      response.writeHead(200).end(chartTgz({ "blog/Chart.yaml": chartYaml("blog"), "blog/templates/map.yaml": CONFIG_MAP })),
    );
    await namespace.apply([chart("blog", { source: { type: "tar", location: `${moving.url}/blog.tgz`, subpath: "blog" } })]);
    await namespace.becomes("act/blog", DEPLOYED);
    await moving.close();
    await ask(namespace, "1");
    const stale = expect.arrayContaining([expect.objectContaining({ type: "SourceStale", status: "True" })]);
    await namespace.becomes("act/blog", { ...DEPLOYED, conditions: stale, release: { revision: 1 } });
  }, 90_000);
});

test("nothing is fetched from this machine unless the operator is told that it may be", async () => {
  const namespace = await site.namespace("local-address");
  await site.restart("SIGTERM", []);
  await namespace.apply([
    chart("packed", { source: { type: "tar", location: `${archives.url}/blog.tgz`, subpath: "blog" } }),
    chart("cloned", { source: git(server) }),
  ]);
  for (const name of ["packed", "cloned"])
    await namespace.becomes(`act/${name}`, {
      actual_state: "error",
      reason: "SourceError",
      waiting_for: expect.stringContaining("allow-local-addresses"),
    });
}, 90_000);
