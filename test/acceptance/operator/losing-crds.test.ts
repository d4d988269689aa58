import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { SENTINEL } from "../../../src/armada/names.ts";
import { fieldsOf, listOf } from "../../../src/armada/readiness/fields.ts";
import { ownersOf, releases, tells } from "../../testing/estate/members.ts";
import { chart, group, manifest, parked } from "../../testing/estate/objects.ts";
import { repository } from "../../testing/operator/operator.ts";
import { textAt } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const parkedSpec = { target_state: "uninitialized" };
const CRDS = join(repository, "crds");
const GROUP = "armada.airshipit.org";

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts({ flags: ["--cross-namespace=allow"] });
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const files = [
  chart("alone"),
  parked("a"),
  parked("b"),
  parked("c"),
  group("one", ["a", "b"], parkedSpec),
  group("two", ["c"], parkedSpec),
  manifest("m", ["one", "two"], { release_prefix: "site" }),
];
const RELEASES = ["alone.v1", "site-a.v1", "site-b.v1", "site-c.v1"];

const establish = async (): Promise<void> => {
  await site.cluster.kubectl(["create", "-f", CRDS]);
  await site.cluster.kubectl(["wait", "--for=condition=Established", "--timeout=20s", "-f", CRDS]);
};

/** uids of the objects that releases hold, and of their records. */
const uids = async (namespace: Namespace): Promise<readonly string[]> =>
  listOf(fieldsOf(JSON.parse(await namespace.kubectl(["get", "cm,secret", "-o", "json"])))["items"])
    .filter((object) => textAt(object, "metadata.name")?.startsWith(SENTINEL) === false)
    .map((object) => textAt(object, "metadata.uid") ?? "")
    .toSorted();

const isDeployed = async (namespace: Namespace): Promise<void> => {
  for (const object of ["act/alone", "act/a", "act/b", "act/c", "acg/one", "acg/two", "amf/m"]) await namespace.becomes(object, DEPLOYED);
};

describe("the operator's own definitions, deleted and created again", () => {
  test("cost no release: applied again, the objects take them back without helm and without a restart", async () => {
    const [namespace, away] = await Promise.all([site.namespace("crds"), site.namespace("crds-away")]);
    await away.apply([parked("far")]);
    await namespace.apply([...files, group("near", ["far"])]);
    await isDeployed(namespace);
    await namespace.becomes("acg/near", DEPLOYED);
    const look = async (): Promise<readonly unknown[]> => [await site.helmRuns(), await uids(away), await uids(namespace), await releases(namespace)];
    const before = await look();
    expect(before.at(-1)).toEqual(RELEASES);
    await site.cluster.kubectl(["delete", "-f", CRDS, "--timeout=50s"]);
    expect(await look()).toEqual(before);
    await tells(namespace, "alone", "LettingGo its CustomResourceDefinition is being deleted: release alone stays as it is");
    await tells(namespace, "m", "LettingGo ");

    await establish();
    await away.apply([parked("far")]);
    await namespace.apply([...files, group("near", ["far"])]);
    await isDeployed(namespace);
    await namespace.becomes("acg/near", DEPLOYED);
    expect(await look()).toEqual(before);
    await namespace.apply([chart("alone", { values: { text: "new" } })]);
    await namespace.becomes("act/alone", { ...DEPLOYED, release: { revision: 2 } });
    await namespace.kubectl(["delete", "amf,acg,act", "--all", "--timeout=50s"]);
    expect([await releases(namespace), await releases(away)]).toEqual([[], []]);
  }, 90_000);

  test.each([
    ["groups", "armadachartgroups"],
    ["manifests", "armadamanifests"],
    ["charts", "armadacharts"],
  ])(
    "alone of %s",
    async (kind, plural) => {
      const namespace = await site.namespace(`crd-of-${kind}`);
      await namespace.apply(files);
      await isDeployed(namespace);
      const before = [await site.helmRuns(), await releases(namespace)];
      await site.cluster.kubectl(["delete", "crd", `${plural}.${GROUP}`, "--timeout=50s"]);
      if (kind === "groups") expect(await ownersOf(namespace, "act/a")).toEqual([]);
      expect([await site.helmRuns(), await releases(namespace)]).toEqual(before);
      await site.cluster.kubectl(["apply", "-f", CRDS]);
      await site.cluster.kubectl(["wait", "--for=condition=Established", "--timeout=20s", "-f", CRDS]);
      await namespace.apply(files);
      await isDeployed(namespace);
      expect([await site.helmRuns(), await releases(namespace)]).toEqual(before);
      expect(await ownersOf(namespace, "act/a")).toEqual(["one (controller)"]);
      expect(await ownersOf(namespace, "acg/one")).toEqual(["m (controller)"]);
      await namespace.kubectl(["delete", "amf", "m", "--timeout=50s"]);
      expect(await releases(namespace)).toEqual(["alone.v1"]);
    },
    90_000,
  );
});
