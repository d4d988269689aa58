import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RepoSource } from "../../../src/sources/repo/source.ts";
import type { SourceSpec } from "../../../src/sources/source.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { serve, type TestServer } from "../../../src/sources/testing/server.ts";
import { fetchingSite } from "../../../src/sources/testing/site.ts";
import { helmCli, type HelmCli } from "../../testing/operator/helm-cli.ts";

const { signal } = new AbortController();
const VERSIONS = [
  "0.1.0",
  "0.2.3",
  "0.2.4",
  "1.0.0",
  "1.2.3",
  "1.2.10",
  "1.10.0",
  "2.0.0-alpha.1",
  "2.0.0-alpha.10",
  "2.0.0-rc.1",
  "2.0.0",
  "3.0.0-beta",
  "3.1.4+b.1",
];
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let helm: HelmCli;
let server: TestServer;
let source: RepoSource;

beforeAll(async () => {
  temporary = await temporaryFolder();
  helm = helmCli(temporary.path);
  for (const version of VERSIONS) await helm.pack("blog", version);
  await helm.helm("repo", "index", join(temporary.path, "archives"));
  server = await serve((request, response) => {
    readFile(join(temporary.path, "archives", decodeURIComponent(request.url ?? ""))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  const oci = { fetch: (spec: SourceSpec) => Promise.reject(new Error(spec.location)) };
  source = new RepoSource({ ...(await fetchingSite(temporary.path)), oci });
}, 60_000);

afterAll(async () => {
  await server?.close();
  await temporary?.remove();
});

/** `none`: there is no such version. */
const byHelm = async (version: string | undefined): Promise<string> => {
  const asked = helm.helm("show", "chart", "blog", "--repo", server.url, ...(version === undefined ? [] : ["--version", version]));
  return asked.then(
    (shown) => /^version: (.+)$/m.exec(shown)?.[1] ?? shown,
    (error: unknown) => (/not found in|invalid|improper|no chart version/i.test(String(error)) ? "none" : String(error)),
  );
};

const bySource = (version: string | undefined): Promise<string> =>
  source.fetch({ type: "repo", location: server.url, subpath: ".", chart: "blog", version }, signal).then(
    (artifact) => artifact.version,
    (error: unknown) => (/has no (?:stable )?version|is not a valid version/.test(String(error)) ? "none" : String(error)),
  );

describe("the version chosen from an index that helm has made", () => {
  test.each([
    [undefined, "*", "x", "1.2.3", "v1.2.3", "1.2", "1", "=1.2.3", "1.2.x", "~1.2", "~1.2.3", "^1.2", "^0.2.3", "^0.2", "^0"],
    [">1.2.3", ">=1.2.3 <2", ">=1, <2", ">1", "<=1.2", "<1.0.0", "!=3.1.4", "!=3", "1.0 - 1.9", "~>1.2", "=>2.0.0", "=<2.0.0-rc.1"],
    [
      ">=2.0.0-0",
      "^2.0.0-0",
      "2.0.0-alpha.1",
      "~2.0.0-alpha",
      ">2.0.0-alpha.9 <2.0.0",
      ">=3.0.0-0 <3.1.0-0",
      "^3.0.0-beta || ^1",
      "3.1.4+b.1",
      "3.1.4",
      "3.1.4+b.2",
    ],
    ["9.9.9", "1.2.3.4", "latest", "1,", ">", "||", "1 || ", "-1", "01.02.03", "1.2.3 ", " ^1"],
  ])(
    "is the one that helm chooses: %j, %j, …",
    async (...ranges) => {
      const pairs = await Promise.all(ranges.map(async (range) => [range, await bySource(range)]));
      const expected: (readonly (string | undefined)[])[] = [];
      for (const range of ranges) expected.push([range, await byHelm(range)]);
      expect(pairs).toEqual(expected);
      expect(new Set(pairs.map(([, version]) => version)).size).toBeGreaterThan(1);
    },
    60_000,
  );
});

test("the archive is the one that the index names, with its digest", async () => {
  const artifact = await source.fetch({ type: "repo", location: server.url, subpath: ".", chart: "blog", version: "1.2.3" }, signal);
  expect(artifact).toMatchObject({ name: "blog", version: "1.2.3", source: { resolved: "1.2.3" } });
  expect(server.asked.at(-1)).toBe("GET /blog-1.2.3.tgz");
});
