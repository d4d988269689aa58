import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../../src/base/time/clock.ts";
import { ChartCache } from "../../../src/sources/cache/charts.ts";
import { CompletedCharts } from "../../../src/sources/dependencies/completed-charts.ts";
import { LocalSource } from "../../../src/sources/local/source.ts";
import { OciSource } from "../../../src/sources/oci/source.ts";
import { RepoSource } from "../../../src/sources/repo/source.ts";
import { routerOf } from "../../../src/sources/testing/router.ts";
import type { ChartSource } from "../../../src/sources/source.ts";
import { temporaryFolder, writeTree } from "../../../src/sources/testing/artifacts.ts";
import { serve, type TestServer } from "../../../src/sources/testing/server.ts";
import { fetchingSite } from "../../../src/sources/testing/site.ts";
import { type DockerRegistry, startDockerRegistry } from "../../testing/servers/docker-registry.ts";
import { commit, serveGit, type GitServer } from "../../testing/servers/git-server.ts";
import { gitSite } from "../../testing/servers/git-site.ts";
import { helmCli, type HelmCli } from "../../testing/operator/helm-cli.ts";
import { chart } from "../../testing/estate/objects.ts";
import { textAt } from "../../testing/operator/recorder.ts";
import { Site } from "../../testing/estate/site.ts";

type Texts = Readonly<Record<string, string>>;

const { signal } = new AbortController();
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let helm: HelmCli;
let server: TestServer;
let registry: DockerRegistry;
let source: CompletedCharts;
let releases = 0;

const at = (...parts: readonly string[]): string => join(temporary.path, ...parts);

/** Shows its name as the parent knows it, its version, its values and a file. */
const MAP = `
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-{{ .Chart.Name }}-{{ .Chart.Version }}}
data: {values: {{ toJson .Values | quote }}, note: {{ .Files.Get "note.txt" | quote }}}
`;
const chartOf = (name: string, version = "1.0.0", more: Texts = {}): Texts =>
  Object.fromEntries(
    Object.entries({
      "Chart.yaml": `apiVersion: v2\nname: ${name}\nversion: ${version}\n`,
      "values.yaml": `data: {from: ${name}}\nexports: {data: {exported: true}}\n`,
      "note.txt": `of ${name}`,
      "templates/map.yaml": MAP,
      ...more,
    }).map(([path, text]) => [`${name}/${path}`, text]),
  );
/** `web` with these dependencies, and neighbours that it may name. */
const web = (dependencies: readonly object[], more: Texts = {}): Texts => ({
  ...chartOf("common", "1.2.0"),
  ...chartOf("db"),
  ...chartOf("web", "0.1.0", { "Chart.yaml": JSON.stringify({ apiVersion: "v2", name: "web", version: "0.1.0", dependencies }), ...more }),
});

const release = async (...names: readonly (readonly [string, string])[]): Promise<void> => {
  for (const [name, version] of names) {
    const folder = at("packed", `${name}-${version}`);
    await writeTree(folder, chartOf(name, version));
    await helm.helm("package", join(folder, name), "--destination", at("archives"));
    await helm.helm("push", at("archives", `${name}-${version}.tgz`), `oci://${registry.host}/charts`, "--plain-http");
  }
  await helm.helm("repo", "index", at("archives"));
};

beforeAll(async () => {
  temporary = await temporaryFolder();
  helm = helmCli(temporary.path);
  registry = await startDockerRegistry(at("registry"));
  server = await serve((request, response) => {
    readFile(at("archives", decodeURIComponent(request.url ?? ""))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await release(["common", "1.0.0"], ["common", "1.1.0"], ["common", "2.0.0"], ["db", "1.0.0"]);
  await helm.helm("repo", "add", "site", server.url);
  const site = await fetchingSite(temporary.path);
  const oci = new OciSource({ ...site, plainHttpRegistries: [registry.host] });
  const local = new LocalSource({ roots: [{ mount: "/charts", path: at("roots") }], cache: site.cache, clock: site.clock });
  source = new CompletedCharts({ cache: site.cache, source: routerOf({ local, oci, repo: new RepoSource({ ...site, oci }) }) });
}, 90_000);

afterAll(async () => {
  await server?.close();
  await registry?.stop();
  await temporary?.remove();
}, 30_000);

const common = (repository: string, version = "^1", more: object = {}) => ({ name: "common", version, repository, ...more });
const db = (repository: string, more: object = {}) => ({ name: "db", version: ">=1.0 <2", repository, ...more });
const repo = (): string => server.url;
const oci = (): string => `oci://${registry.host}/charts`;

const template = async (folder: string, values: object): Promise<readonly string[]> => {
  await writeFile(at("values.json"), JSON.stringify(values));
  return (await helm.helm("template", "x", folder, "-f", at("values.json"))).split(/^---$/m).toSorted();
};
const build = (folder: string): Promise<string> => helm.helm("dependency", "build", folder, "--plain-http");

/** The same files for helm and for the source. `prepare` may run helm on them first. */
const lay = async (files: Texts, prepare: (folder: string) => Promise<unknown> = () => Promise.resolve()): Promise<void> => {
  await rm(at("roots"), { recursive: true, force: true });
  await rm(at("helm"), { recursive: true, force: true });
  await writeTree(at("roots"), files);
  await prepare(at("roots/web"));
  await rm(at("roots/web/charts"), { recursive: true, force: true });
  await mkdir(at("helm"), { recursive: true });
  await cp(at("roots"), at("helm"), { recursive: true });
};
const fetch = () => source.fetch({ type: "local", location: "web", subpath: "." }, signal);

const CASES: readonly (readonly [what: string, files: () => Texts, values?: object])[] = [
  ["a neighbour", () => web([common("file://../common")])],
  [
    "a folder in the chart",
    () => web([common("file://lib/common")], Object.fromEntries(Object.entries(chartOf("common")).map(([k, v]) => [`lib/${k}`, v]))),
  ],
  ["a repository", () => web([common(repo()), db(repo())])],
  ["one version of a repository", () => web([common(repo(), "1.0.0")])],
  ["two versions under two names", () => web([common(repo(), "^1"), common(repo(), "^2", { alias: "newer" })])],
  ["one version under two names", () => web([common(repo(), "^1", { alias: "one" }), common(repo(), "^1", { alias: "two" })]), { one: { a: 1 } }],
  ["a registry, by version", () => web([common(oci(), "1.0.0")])],
  ["a registry, by range", () => web([common(oci(), "~1"), db("file://../db")])],
  ["a condition that is false", () => web([common(repo(), "^1", { condition: "common.on" }), db(oci())]), { common: { on: false } }],
  ["a tag that is off", () => web([common(repo(), "^1", { tags: ["x"] }), db(repo(), { tags: ["y"] })]), { tags: { x: false } }],
  ["imported values", () => web([common("file://../common", "*", { "import-values": ["data", { child: "data", parent: "imported" }] })])],
  ["rules of .helmignore that would fit it", () => web([common("file://../common")], { ".helmignore": "note.txt\n" })],
  [
    "requirements.yaml",
    () =>
      web([], {
        "Chart.yaml": "apiVersion: v1\nname: web\nversion: 0.1.0\n",
        "requirements.yaml": JSON.stringify({ dependencies: [common(repo()), db("file://../db")] }),
      }),
  ],
];

describe("a chart whose dependencies are not in charts/", () => {
  test.each(CASES)("renders as after helm dependency build: %s", async (_what, files, values = {}) => {
    await lay(files());
    await expect(template(at("roots/web"), {})).rejects.toThrow("missing in charts/ directory");
    await build(at("helm/web"));
    const byHelm = await template(at("helm/web"), values);
    expect(await template((await fetch()).path, values)).toEqual(byHelm);
    expect(byHelm.length).toBeGreaterThan(1);
  });

  test.each(CASES)("renders as its lock says: %s", async (_what, files, values = {}) => {
    await lay(files(), (folder) => helm.helm("dependency", "update", folder, "--plain-http"));
    const newer = `1.1.${String((releases += 1))}`;
    await release(["common", newer]);
    await build(at("helm/web"));
    const byHelm = await template(at("helm/web"), values);
    expect(byHelm.join()).not.toContain(newer);
    expect(await template((await fetch()).path, values)).toEqual(byHelm);
  });
});

/** Where `db` is changed after the lock was written. */
const MOVED = chartOf("db", "1.1.0");

const REFUSED: readonly (readonly [what: string, dependency: () => object, byHelm: RegExp, bySource: RegExp])[] = [
  ["a repository by name", () => common("@site2"), /no repository definition for @site2/, /the operator has no named repositories: use its URL/],
  [
    "a repository by alias",
    () => common("alias:x"),
    /no repository definition for alias:x|protocol handler for: alias/,
    /the operator has no named repositories/,
  ],
  ["no repository", () => common(""), /charts\/common not found/, /has no repository and is not in charts\/: put it there/],
  ["no such neighbour", () => common("file://../absent"), /absent not found/, /"absent" does not exist/],
  [
    "a neighbour of another version",
    () => db("file://../db", { version: "^2" }),
    /valid version/,
    /version "\^2", but the chart in its folder has version 1.0.0/,
  ],
  ["no such version", () => common(repo(), "^9"), /valid version/, /has no version "\^9" of chart "common"/],
  [
    "no such chart",
    () => ({ ...common(repo()), name: "absent" }),
    /not found/,
    /dependency "absent" of chart "web": repository .* has no chart "absent"/,
  ],
  ["no such tag", () => common(oci(), "9.0.0"), /not found/, /9.0.0 is not in the registry: correct the version of the dependency/],
  ["no range", () => common(repo(), "one"), /invalid version\/constraint|improper constraint/, /version "one" is not a valid version or range/],
];

describe("a chart that helm dependency build refuses", () => {
  test.each(REFUSED)("is refused in a sentence: %s", async (_what, dependency, byHelm, bySource) => {
    await lay(web([dependency()]));
    await expect(build(at("helm/web"))).rejects.toThrow(byHelm);
    await expect(fetch()).rejects.toMatchObject({ name: "SourceError", class: "terminal", message: expect.stringMatching(bySource) });
  });

  test.each<readonly [string, Texts, RegExp, string]>([
    ["its Chart.yaml", web([db("file://../db", { version: "~1" })]), /lock file \(Chart.lock\) is out of sync/, "its Chart.lock is out of sync"],
    [
      "its neighbour",
      MOVED,
      /can't get a valid version/,
      'must have version "1.0.0", but the chart in its folder has version 1.1.0: run helm dependency update',
    ],
  ])("is refused when its lock is older than %s", async (_what, change, byHelm, bySource) => {
    await lay(web([db("file://../db")]), (folder) => helm.helm("dependency", "update", folder));
    for (const place of ["roots", "helm"]) await writeTree(at(place), change);
    await expect(build(at("helm/web"))).rejects.toThrow(byHelm);
    await expect(fetch()).rejects.toThrow(bySource);
  });
});

test("a chart in charts/ counts by its name, whatever its version, as for helm", async () => {
  const old = Object.fromEntries(
    Object.entries(chartOf("common", "0.0.1")).map(([path, text]) => [`charts/other-folder${path.slice("common".length)}`, text]),
  );
  await lay(web([common("https://nowhere.invalid", "^1", { condition: "no" })]));
  await writeTree(at("roots/web"), old);
  const artifact = await fetch();
  expect(artifact.digest).toBe(artifact.source.resolved);
  expect((await template(artifact.path, {})).join()).toContain("x-common-0.0.1");
});

test("a neighbour in git is of the commit of its chart, though the branch has moved meanwhile", async () => {
  const folder = at("git/moving");
  const site = await gitSite();
  const git = await serveGit(at("git"));
  try {
    const commits = [await commit(folder, web([common("file://../common")]))];
    const real = await site.source();
    const moving: ChartSource = {
      fetch: async (spec, stop) => {
        const artifact = await real.fetch(spec, stop);
        commits.push(await commit(folder, chartOf("common", `1.${commits.length + 5}.0`)));
        return artifact;
      },
    };
    const spec = { type: "git", location: `${git.url}/moving/.git`, reference: "main", subpath: "web" };
    await real.fetch(spec, signal);
    // It finds what it shares with the source when it is opened.
    const cache = await ChartCache.open({ directory: join(site.path, "cache", "charts"), clock: systemClock });
    const { path, source: origin } = await new CompletedCharts({ source: moving, cache }).fetch(spec, signal);
    expect(origin.resolved).toBe(commits[0]);
    expect(await readFile(join(path, "charts/common/Chart.yaml"), "utf8")).toContain("version: 1.2.0");
  } finally {
    await git.close();
    await site.remove();
  }
});

describe("an ArmadaChart whose chart names dependencies", () => {
  let site: Site;
  let git: GitServer;

  beforeAll(async () => {
    git = await serveGit(at("git"));
    site = await Site.start({ flags: ["--allow-local-addresses=true"] });
  }, 90_000);
  afterAll(async () => {
    await site?.stop();
    await git?.close();
  }, 30_000);

  const inGit = (subpath: string) => ({ source: { type: "git", location: `${git.url}/estate/.git`, subpath } });

  test("is deployed with them, and upgraded when one of them changes", async () => {
    const estate = at("git/estate");
    await commit(estate, web([common("file://../common"), db(repo())]));
    const namespace = await site.namespace("built");
    await namespace.apply([chart("web", inGit("web"))]);
    await namespace.becomes("act/web", { actual_state: "deployed", satisfied: true, release: { revision: 1 } });
    expect((await namespace.names("configmaps")).filter((name) => name.startsWith("configmap/web-"))).toEqual([
      "configmap/web-common-1.2.0",
      "configmap/web-db-1.0.0",
      "configmap/web-web-0.1.0",
    ]);
    const changed = await commit(estate, chartOf("common", "1.3.0"));
    await namespace.patch("act/web", { metadata: { annotations: { "armada.airshipit.org/reconcile-requested-at": "1" } } });
    await namespace.becomes("act/web", { actual_state: "deployed", release: { revision: 2 }, source: { resolved: changed } });
    expect(await namespace.names("configmaps")).toContain("configmap/web-common-1.3.0");
  }, 90_000);

  test("says what cannot be had", async () => {
    await commit(
      at("git/estate"),
      chartOf("app", "1.0.0", { "Chart.yaml": JSON.stringify({ name: "app", version: "1.0.0", dependencies: [common("@stable")] }) }),
    );
    const namespace = await site.namespace("refused");
    await namespace.apply([chart("app", inGit("app"))]);
    await namespace.becomes("act/app", { actual_state: "error", reason: "SourceError" });
    expect(textAt(await namespace.get("act/app"), "status.waiting_for")).toContain('dependency "common" of chart "app" uses repository "@stable"');
  }, 90_000);
});
