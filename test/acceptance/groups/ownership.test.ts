import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { eventually } from "../../testing/eventually.ts";
import { inOrder, namesOf, ownersOf, record, releases, tells } from "../../testing/estate/members.ts";
import { chart, group, manifest, parked } from "../../testing/estate/objects.ts";
import { gone, textAt } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const parkedSpec = { target_state: "uninitialized" };

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const isEmpty = (namespace: Namespace): Promise<void> =>
  eventually("no release, object or resource is left", async () => {
    expect(await namespace.names("act,acg,amf,secret")).toEqual([]);
    expect((await namesOf(namespace, "cm")).filter((name) => name !== "kube-root-ca.crt")).toEqual([]);
  });

describe("a group in two manifests", () => {
  const estate = [
    ...["a", "b", "c"].map((name) => parked(name)),
    group("shared", ["a", "b"], parkedSpec),
    group("own", ["c"], parkedSpec),
    manifest("bootstrap", ["shared"]),
  ];

  test("is touched by neither the second nor the deletion of the first, and goes with the last", async () => {
    const namespace = await site.namespace("two-manifests");
    await namespace.apply(estate);
    await namespace.becomes("amf/bootstrap", DEPLOYED);
    const runs = await site.helmRuns();
    await namespace.apply([manifest("full", ["shared", "own"])]);
    await namespace.becomes("amf/full", { ...DEPLOYED, progress: "2/2" });
    expect(await ownersOf(namespace, "acg/shared")).toEqual(["bootstrap (controller)", "full"]);
    await tells(namespace, "full", "Adopted ArmadaChartGroup shared is now owned; it ran before, and deleting this ArmadaManifest will delete it");
    await namespace.kubectl(["delete", "amf", "bootstrap", "--timeout=50s"]);
    await eventually("full leads", async () => expect(await ownersOf(namespace, "acg/shared")).toEqual(["full (controller)"]));
    await tells(namespace, "full", "Promoted ArmadaChartGroup shared");
    expect([await releases(namespace), await site.helmRuns()]).toEqual([["a.v1", "b.v1", "c.v1"], runs + 1]);
    await namespace.becomes("amf/full", DEPLOYED);
    await namespace.kubectl(["delete", "amf", "full", "--timeout=50s"]);
    await isEmpty(namespace);
    await inOrder(
      namespace.when("ArmadaChartGroup own", gone),
      namespace.when(record("b"), gone),
      namespace.when("ArmadaChart b", gone),
      namespace.when("ConfigMap a", gone),
      namespace.when("ArmadaChartGroup shared", gone),
    );
  }, 60_000);

  test("goes when both are deleted at once", async () => {
    const namespace = await site.namespace("both-manifests");
    await namespace.apply([...estate, manifest("full", ["shared", "own"])]);
    await namespace.becomes("amf/bootstrap", DEPLOYED);
    await namespace.becomes("amf/full", DEPLOYED);
    await namespace.kubectl(["delete", "amf", "bootstrap", "full", "--timeout=50s"]);
    await isEmpty(namespace);
  }, 60_000);

  test("stays with the second when the first is deleted before the second has been seen", async () => {
    const namespace = await site.namespace("swap");
    await namespace.apply(estate);
    await namespace.becomes("amf/bootstrap", DEPLOYED);
    const runs = await site.helmRuns();
    await namespace.apply([manifest("full", ["shared", "own"])]);
    await eventually("full owns it too", async () => expect(await ownersOf(namespace, "acg/shared")).toContainEqual(expect.stringContaining("full")));
    await namespace.kubectl(["delete", "amf", "bootstrap", "--timeout=50s"]);
    await namespace.becomes("amf/full", { ...DEPLOYED, progress: "2/2" });
    expect([await releases(namespace), await site.helmRuns()]).toEqual([["a.v1", "b.v1", "c.v1"], runs + 1]);
  }, 60_000);
});

/** The oldest first; of the same second, the one with the smaller uid. */
const byAge = async (namespace: Namespace, groups: readonly string[]): Promise<readonly string[]> => {
  const ages = await Promise.all(
    groups.map(async (name) => {
      const live = await namespace.get(`acg/${name}`);
      return { name, age: `${textAt(live, "metadata.creationTimestamp") ?? ""} ${textAt(live, "metadata.uid") ?? ""}` };
    }),
  );
  return ages.toSorted((a, b) => (a.age < b.age ? -1 : 1)).map(({ name }) => name);
};

describe("a chart in two groups", () => {
  test("goes when both are deleted at once", async () => {
    const namespace = await site.namespace("both-groups");
    await namespace.apply([parked("a"), parked("b"), group("one", ["a", "b"]), group("two", ["b", "a"])]);
    await namespace.becomes("acg/one", DEPLOYED);
    await namespace.becomes("acg/two", DEPLOYED);
    await namespace.kubectl(["delete", "acg", "one", "two", "--timeout=50s"]);
    await isEmpty(namespace);
  }, 60_000);

  test("is handed to the oldest that is left when its controller is deleted, and follows its order", async () => {
    const namespace = await site.namespace("hand-over");
    await namespace.apply([chart("a"), chart("b"), group("one", ["a", "b"])]);
    await namespace.becomes("acg/one", DEPLOYED);
    for (const name of ["two", "three"]) {
      await namespace.apply([group(name, ["b", "a"])]);
      await eventually(`${name} owns both`, async () => {
        for (const member of ["act/a", "act/b"]) expect(await ownersOf(namespace, member)).toContain(name);
      });
    }
    const [elder = "", younger = ""] = await byAge(namespace, ["two", "three"]);
    await namespace.kubectl(["delete", "acg", "one", "--timeout=50s"]);
    const owners = [`${elder} (controller)`, younger].toSorted();
    for (const member of ["act/a", "act/b"])
      await eventually("the elder leads", async () => expect((await ownersOf(namespace, member)).toSorted()).toEqual(owners));
    await tells(namespace, elder, "Promoted ArmadaChart a");
    await namespace.kubectl(["delete", "acg", younger, "--timeout=50s"]);
    const before = await namespace.when(`ArmadaChartGroup ${younger}`, gone);
    await namespace.kubectl(["delete", "acg", elder, "--timeout=50s"]);
    await isEmpty(namespace);
    await inOrder(Promise.resolve(before), namespace.when("ArmadaChart a", gone), namespace.when("ArmadaChart b", gone));
  }, 60_000);

  test("is handed over when its controller has vanished with its finalizer and its references still stand", async () => {
    const namespace = await site.namespace("dangling");
    await namespace.apply([parked("a"), group("one", ["a"])]);
    await namespace.becomes("acg/one", DEPLOYED);
    await namespace.apply([group("two", ["a"])]);
    await eventually("both own it", async () => expect(await ownersOf(namespace, "act/a")).toEqual(["one (controller)", "two"]));
    await site.withoutControllers(async () => {
      await site.operator.stop();
      await namespace.patch("acg/one", { metadata: { finalizers: null } });
      await namespace.kubectl(["delete", "acg", "one", "--timeout=20s"]);
      expect(await ownersOf(namespace, "act/a")).toEqual(["one (controller)", "two"]);
      await site.restart("SIGTERM");
      await eventually("two leads", async () => expect(await ownersOf(namespace, "act/a")).toEqual(["two (controller)"]));
    });
    await tells(namespace, "two", "Promoted ArmadaChart a");
    await namespace.becomes("acg/two", DEPLOYED);
    expect([await releases(namespace), await site.helmRuns()]).toEqual([["a.v1"], 0]);
  }, 60_000);
});
