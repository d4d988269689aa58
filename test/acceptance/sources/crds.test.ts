import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { messageOf } from "../../../src/base/errors.ts";
import { startCluster, type Cluster } from "../../testing/operator/cluster.ts";
import { chart } from "../../testing/estate/objects.ts";
import { repository } from "../../testing/operator/operator.ts";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
  const crds = join(repository, "crds");
  await cluster.kubectl(["create", "-f", crds]);
  await cluster.kubectl(["wait", "--for=condition=Established", "--timeout=20s", "-f", crds]);
}, 60_000);

afterAll(async () => cluster?.stop(), 30_000);

/** What the API server says of a chart with this source. */
const create = (source: object): Promise<string> =>
  cluster
    .kubectl(
      ["create", "--dry-run=server", "-o", "name", "-f", "-"],
      JSON.stringify(chart("blog", { source: { type: "local", location: "x", ...source } })),
    )
    .catch(messageOf);
const verify = (provider: string) => ({ provider, secret_ref: { name: "keys" } });

test.each([
  [
    "a Helm repository without a chart's name",
    { type: "repo" },
    "spec.source.chart must name a chart of the Helm repository, because spec.source.type is repo",
  ],
  [
    "an empty name of a chart in a Helm repository",
    { type: "repo", chart: "" },
    "spec.source.chart must name a chart of the Helm repository, because spec.source.type is repo",
  ],
  [
    "a chart by name in a git repository",
    { type: "git", chart: "blog" },
    "spec.source.chart must be absent unless spec.source.type is repo: only a Helm repository has charts by name",
  ],
  [
    "a version of a folder",
    { version: "1.x" },
    "spec.source.version must be absent unless spec.source.type is repo or oci: git takes spec.source.reference, a folder or an archive is one version",
  ],
  [
    "a tag and a range of versions",
    { type: "oci", reference: "1.0.0", version: "1.x" },
    "spec.source.version must be absent where spec.source.reference says which chart of the registry is meant",
  ],
  [
    "a signature in a git repository",
    { type: "git", verify: verify("provenance") },
    "spec.source.verify must be absent unless spec.source.type is tar, repo or oci: nothing else is signed",
  ],
  [
    "a signature of cosign beside an archive",
    { type: "tar", verify: verify("cosign") },
    "spec.source.verify.provider must be provenance where spec.source.type is tar: cosign signs in registries only",
  ],
])("the API server refuses %s with a message that names the field", async (_, source, expected) => {
  expect(await create(source)).toContain(expected);
});

test.each([
  ["a chart of a Helm repository", { type: "repo", chart: "blog", version: "1.x", verify: verify("cosign") }],
  ["a tag in a registry, with an empty version", { type: "oci", reference: "1.0.0", version: "", chart: "" }],
  ["what is empty where it would do nothing", { version: "", chart: "" }],
])("the API server takes %s", async (_, source) => {
  expect(await create(source)).toBe("armadachart.armada.airshipit.org/blog\n");
});
