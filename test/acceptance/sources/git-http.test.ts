import { readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { parseConfig } from "../../../src/apps/operator/settings/config.ts";
import { openSources } from "../../../src/apps/operator/sources/open.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { createMetrics } from "../../../src/apps/operator/measure/metrics.ts";
import { onDisk } from "../../../src/sources/cache/room.ts";
import { bytesBelow } from "../../../src/sources/cache/folders.ts";
import type { GitSource } from "../../../src/sources/git/source.ts";
import type { Credentials } from "../../../src/sources/source.ts";
import { SourceError } from "../../../src/sources/errors.ts";
import { temporaryFolder, writeTree } from "../../../src/sources/testing/artifacts.ts";
import { commit, git, type GitServer, serveGit } from "../../testing/servers/git-server.ts";
import { chartYaml, fetchChart, type GitSite, gitSite } from "../../testing/servers/git-site.ts";

jest.setTimeout(60_000);

const many = Array.from({ length: 100 }, (_, index) => `c${index}`);
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

let root: Awaited<ReturnType<typeof temporaryFolder>>;
let server: GitServer;
let guarded: GitServer;
let [first, second, unreachable]: readonly string[] = [];
let site: GitSite;
let source: GitSource;
let location: string;

beforeAll(async () => {
  root = await temporaryFolder();
  const repository = join(root.path, "estate");
  first = await commit(repository, { "charts/blog/Chart.yaml": chartYaml("blog"), "charts/blog/templates/a.yaml": "a: 1\r\n" });
  git(repository, "tag", "--annotate", "v1", "--message=one");
  git(repository, "tag", "light");
  git(repository, "branch", "release/one");
  unreachable = git(repository, "commit-tree", `${first}^{tree}`, "-m", "alone");
  git(repository, "update-ref", "refs/changes/12/345/6", unreachable);
  second = await commit(repository, Object.fromEntries(many.map((name) => [`many/${name}/Chart.yaml`, chartYaml(name)])));
  server = await serveGit(root.path);
  guarded = await serveGit(root.path, { authorization: basic("me:hunter2-canary") });
});
afterAll(async () => {
  await server.close();
  await guarded.close();
  await root.remove();
});
beforeEach(async () => {
  site = await gitSite();
  source = await site.source();
  location = `${server.url}/estate/.git`;
  server.fetches = 0;
  server.requests = 0;
});
afterEach(() => site.remove());

const packIn = async (folder: string): Promise<string> => (await readdir(join(folder, "objects/pack"))).find((name) => name.endsWith(".pack")) ?? "";
const blog = (reference?: string, over: { credentials?: Credentials; digest?: string; proxy?: string } = {}) =>
  fetchChart(source, location, { subpath: "charts/blog", reference, ...over });
const rejected = (promise: Promise<unknown>): Promise<SourceError> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => (error instanceof SourceError ? error : Promise.reject(error)),
  );

describe("git over http", () => {
  it("finds branch, tag, annotated tag, reference, commit, abbreviated commit and the default branch", async () => {
    const found = async (reference?: string) => (await blog(reference)).source.resolved;
    expect(await found()).toBe(second);
    expect(await found("HEAD")).toBe(second);
    expect(await found("main")).toBe(second);
    expect(await found("release/one")).toBe(first);
    expect(await found("refs/heads/release/one")).toBe(first);
    expect(await found("light")).toBe(first);
    expect(await found("v1")).toBe(first);
    expect(await found("refs/changes/12/345/6")).toBe(unreachable);
    expect(await found(first)).toBe(first);
    expect(await found(first?.slice(0, 9))).toBe(first);
    expect(await found(second?.slice(0, 7).toUpperCase())).toBe(second);
  });

  it("gives the files as they were committed, name, version and a digest that other commits do not change", async () => {
    const [before, after] = [await blog("v1"), await blog("main")];
    expect(before).toMatchObject({ name: "blog", version: "0.1.0", library: false });
    expect(await readFile(join(before.path, "templates/a.yaml"), "utf8")).toBe("a: 1\r\n");
    expect(before.source.resolved).not.toBe(after.source.resolved);
    expect({ ...after, source: before.source }).toEqual(before);
    expect(after.source.fetchedAtMs).toBe(before.source.fetchedAtMs);
  });

  it("fetches one commit once for a hundred charts at the same time, and never again after a restart", async () => {
    const all = (from: GitSource, reference?: string) =>
      Promise.all(many.map((name) => fetchChart(from, location, { subpath: `many/${name}`, reference })));
    expect((await all(source)).map(({ name }) => name)).toEqual(many);
    expect([server.fetches, site.spared]).toEqual([1, 99]);
    expect(site.started.length).toBeLessThan(20);
    expect((await site.cached()).filter((name) => name.startsWith("tmp-"))).toEqual([]);
    await all(await site.source());
    expect(server.fetches).toBe(1);
    server.requests = 0;
    await all(await site.source(), second);
    expect(server.requests).toBe(0);
  });

  it("takes a chart out once for forty that are it", async () => {
    const charts = await Promise.all(Array.from({ length: 40 }, () => blog(first)));
    expect(new Set(charts.map(({ digest }) => digest)).size).toBe(1);
    expect(site.started.filter(({ argv }) => argv.includes("read-tree"))).toHaveLength(1);
  });

  it("takes each chart out by itself where the whole commit is larger than a chart may be", async () => {
    source = await site.source({ maxEntries: 50 });
    const names = many.slice(0, 8);
    const charts = await Promise.all(names.map((name) => fetchChart(source, location, { subpath: `many/${name}` })));
    expect(charts.map(({ name }) => name)).toEqual(names);
    expect(site.started.filter(({ argv }) => argv.includes("read-tree"))).toHaveLength(8);
  });

  it("says of each of many charts of one commit what it would say of it alone", async () => {
    const repository = join(root.path, "odd");
    await commit(repository, { "a/Chart.yaml": chartYaml("a"), "big/Chart.yaml": chartYaml("big"), "big/x": "x".repeat(9_000) });
    await symlink("a", join(repository, "link"));
    await symlink("../big/x", join(repository, "a", "x"));
    // Leads out of the chart and back into it.
    await writeTree(repository, { "c/Chart.yaml": chartYaml("c") });
    await symlink("../big/back", join(repository, "c", "x"));
    await symlink("../c/Chart.yaml", join(repository, "big", "back"));
    await commit(repository, { "b/Chart.yaml": chartYaml("b"), "plain/file": "" });
    const said = async (of: GitSource, subpath: string) =>
      fetchChart(of, `${server.url}/odd/.git`, { subpath }).then(
        ({ name, digest }) => `${name} ${digest}`,
        (error: unknown) => String(error),
      );
    const folders = ["a", "b", "big", "c", "link", "plain", "absent", "a/Chart.yaml", "."];
    const alone: string[] = [];
    for (const folder of folders) alone.push(await said(source, folder));
    const next = await site.source();
    const together = await Promise.all([...folders, ...folders].map((folder) => said(next, folder)));
    expect(together).toEqual([...alone, ...alone]);
    expect(new Set(alone).size).toBe(folders.length);
  });

  it("is counted by the operator with what came through the egress proxy, and what the cache spared", async () => {
    const metrics = createMetrics();
    const parsed = parseConfig(["--state-dir", join(site.path, "state"), "--allow-local-addresses", "true"], {});
    if (!("config" in parsed)) throw new Error(parsed.text);
    const { source: sources } = await openSources(parsed.config, { clock: systemClock, stop: new AbortController().signal, metrics });
    for (const subpath of ["many/c0", "many/c1", "absent"])
      await sources.fetch({ type: "git", location, subpath }, new AbortController().signal).catch(() => undefined);
    const counted = (await metrics.expose()).split("\n").filter((line) => /^armada_source_(?!fetch_duration)\w+\{.*git/.test(line));
    expect(counted.toSorted()).toEqual([
      expect.stringMatching(/^armada_source_bytes_total\{type="git"\} \d{4,}$/),
      'armada_source_cache_bytes{cache="git"} ' + String((await bytesBelow(join(site.path, "state", "git"))) - onDisk(0)),
      'armada_source_cache_hits_total{type="git"} 2',
      'armada_source_fetches_total{type="git",result="NotFound"} 1',
      'armada_source_fetches_total{type="git",result="success"} 2',
    ]);
  });

  it("starts no git for a commit that it has read", async () => {
    const artifact = await blog(first);
    const before = site.started.length;
    expect(await blog(first)).toEqual(artifact);
    expect(site.started).toHaveLength(before);
    await rm(artifact.path, { recursive: true });
    expect((await blog(first)).digest).toBe(artifact.digest);
    expect(await readdir(artifact.path)).toContain("Chart.yaml");
    expect(server.fetches).toBe(1);
  });

  it("asks for an abbreviated commit once, and fetches no file contents for it", async () => {
    await Promise.all([blog(first?.slice(0, 8)), blog(first?.slice(0, 8))]);
    expect(server.fetches).toBe(2);
    await fetchChart(await site.source(), location, { subpath: "charts/blog", reference: first?.slice(0, 8) });
    expect(server.fetches).toBe(2);
    expect(site.started.flatMap(({ argv }) => argv).filter((arg) => arg.startsWith("--filter"))).toEqual(["--filter=blob:none"]);
  });

  it("fetches again what was damaged on disk", async () => {
    await blog(first);
    const [entry = ""] = await site.cached();
    const folder = join(site.path, "cache/git", entry);
    const pack = join(folder, "objects/pack", await packIn(folder));
    const bytes = await readFile(pack);
    bytes[bytes.length - 30] = (bytes[bytes.length - 30] ?? 0) ^ 255;
    await writeFile(pack, bytes, { mode: 0o600 }).catch(() => undefined);
    source = await site.source();
    await blog(first);
    expect(server.fetches).toBe(2);
  });

  it.each([
    ["a pack that has lost its end", async (folder: string) => truncate(join(folder, "objects/pack", await packIn(folder)), 100)],
    ["no HEAD", (folder: string) => rm(join(folder, "HEAD"))],
  ])("fetches again at the next time what turns out to have %s", async (_title, damage) => {
    await blog(first);
    await damage(join(site.path, "cache/git", (await site.cached())[0] ?? ""));
    const other = () => fetchChart(source, location, { subpath: "charts", reference: first });
    expect(await rejected(other())).toMatchObject({ reason: "Unreadable", class: "transient" });
    expect(await rejected(other())).toMatchObject({ reason: "InvalidChart" });
    expect(server.fetches).toBe(2);
  });

  it.each([
    ["nope", "charts/blog", "none of refs/tags/nope, refs/heads/nope"],
    ["0".repeat(40), "charts/blog", "no such commit"],
    ["0000000", "charts/blog", "no branch or tag has a commit whose hash begins with 0000000"],
    ["main", "charts/absent", 'source.subpath "charts/absent": the commit has no such folder'],
    ["main", "charts/blog/Chart.yaml", "the commit has no such folder"],
  ])("says what is missing: reference %s, subpath %s", async (reference, subpath, message) => {
    const error = await rejected(fetchChart(source, location, { reference, subpath }));
    expect(error).toMatchObject({ reason: "NotFound", class: "terminal", message: expect.stringContaining(message) });
  });

  it("says that there is no repository, and leaves nothing behind", async () => {
    const error = await rejected(fetchChart(source, `${server.url}/absent/.git`));
    expect(error).toMatchObject({ reason: "NotFound", message: expect.stringContaining("the repository does not exist") });
    expect(await site.cached()).toEqual([]);
  });

  it("notices what is no chart, and says which charts it contains", async () => {
    const error = await rejected(fetchChart(source, location, { subpath: "charts" }));
    expect(error).toMatchObject({ reason: "InvalidChart", message: expect.stringContaining('Chart.yaml is missing; it contains the chart "blog"') });
    expect(await rejected(fetchChart(source, location, { subpath: "many" }))).toMatchObject({ reason: "InvalidChart" });
  });

  it("compares a digest pin with commit and chart", async () => {
    const { digest } = await blog(first);
    await blog("main", { digest });
    await blog("v1", { digest: first ?? "" });
    const error = await rejected(blog("main", { digest: first ?? "" }));
    expect(error).toMatchObject({ reason: "DigestMismatch", class: "terminal" });
    expect(error.message).toContain(first);
    expect(error.message).toContain(second);
  });

  it("keeps what it has of a commit when the server is gone, and says that of a name", async () => {
    await blog(first);
    location = location.replace(String(server.port), "1");
    expect(await rejected(blog("main"))).toMatchObject({ reason: "Unreachable", class: "transient" });
    location = `${server.url}/estate/.git`;
    const gone = await serveGit(root.path);
    location = `${gone.url}/estate/.git`;
    await blog(first);
    await gone.close();
    expect((await blog(first)).source.resolved).toBe(first);
    expect(await rejected(blog("main"))).toMatchObject({ reason: "Unreachable", message: expect.stringMatching(/ECONNREFUSED/) });
  });
});

describe("git over http with credentials", () => {
  beforeEach(() => {
    location = `${guarded.url}/estate/.git`;
  });

  it("lets in who has them, from the Secret or the URL", async () => {
    await blog("main", { credentials: { username: "me", password: "hunter2-canary" } });
    location = location.replace("http://", "http://me:hunter2-canary@");
    await blog("main");
    expect([...guarded.authorizations]).toEqual([basic("me:hunter2-canary")]);
  });

  it.each<[string, Credentials]>([
    ["none", {}],
    ["wrong ones", { username: "me", password: "wrong-canary" }],
    ["a token", { token: "token-canary" }],
  ])("keeps out who has %s, and leaves nothing behind", async (_title, credentials) => {
    const error = await rejected(blog("main", { credentials }));
    expect(error).toMatchObject({ reason: "Unauthorized", class: "terminal", message: expect.stringContaining("add a user and password") });
    expect(await rejected(blog(second, { credentials }))).toMatchObject({ reason: "Unauthorized" });
    expect(error.message).not.toContain("canary");
    expect(await site.cached()).toEqual([]);
  });

  it("shows nobody a commit that others have fetched with credentials", async () => {
    await blog(second, { credentials: { username: "me", password: "hunter2-canary" } });
    expect(await rejected(blog(second))).toMatchObject({ reason: "Unauthorized" });
    expect(await rejected(blog(second, { credentials: { username: "me", password: "wrong" } }))).toMatchObject({ reason: "Unauthorized" });
  });

  it("puts no secret into argv or onto disk", async () => {
    await blog(first?.slice(0, 8), { credentials: { username: "me", password: "hunter2-canary" } });
    location = location.replace("http://", "http://me:hunter2-canary@");
    await blog("main");
    const secrets = ["hunter2-canary", Buffer.from("me:hunter2-canary").toString("base64")];
    const argv = site.started.flatMap((each) => each.argv).join("\n");
    for (const secret of secrets) expect(argv).not.toContain(secret);
    const folder = join(site.path, "cache");
    for (const name of await readdir(folder, { recursive: true })) {
      expect(name).not.toContain("canary");
      if (!(await stat(join(folder, name))).isFile()) continue;
      const text = await readFile(join(folder, name), "latin1");
      for (const secret of secrets) expect(text.includes(secret) ? name : "").toBe("");
    }
  });
});
