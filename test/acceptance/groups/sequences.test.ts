import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { eventually } from "../../testing/eventually.ts";
import { inOrder, record } from "../../testing/estate/members.ts";
import { chart, group, manifest, parked } from "../../testing/estate/objects.ts";
import { gone, has, textAt, there } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const parkedSpec = { target_state: "uninitialized" };

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

/** Two sequenced groups of two charts, everything parked but the manifest. */
const estate = (values: object = {}) => [
  ...["a", "b", "c", "d"].map((name) => parked(name, values)),
  group("one", ["a", "b"], parkedSpec),
  group("two", ["c", "d"], parkedSpec),
  manifest("m", ["one", "two"]),
];

const isEmpty = (namespace: Namespace): Promise<void> =>
  eventually("no release, object or resource is left", async () => {
    expect(await namespace.names("act,acg,amf,deploy,pod,secret")).toEqual([]);
  });

/** Each chart, and each group, is wholly gone before the one before it starts to go. */
const wentInReverse = async (namespace: Namespace): Promise<void> => {
  await inOrder(
    namespace.when(record("d"), gone),
    namespace.when("ArmadaChart d", gone),
    namespace.when("ConfigMap c", gone),
    namespace.when("ArmadaChart c", gone),
    namespace.when("ArmadaChartGroup two", gone),
    namespace.when("ConfigMap b", gone),
    namespace.when("ArmadaChart b", gone),
    namespace.when("ConfigMap a", gone),
    namespace.when("ArmadaChart a", gone),
    namespace.when("ArmadaChartGroup one", gone),
    namespace.when("ArmadaManifest m", gone),
  );
};

describe("a manifest over two sequenced groups", () => {
  test("brings up parked members in order, from hand to hand, and its deletion removes them in reverse", async () => {
    const namespace = await site.namespace("reverse");
    const before = await site.handovers();
    await namespace.apply(estate());
    await namespace.becomes("amf/m", { ...DEPLOYED, progress: "2/2" });
    expect((await site.handovers()) - before).toBe(3);
    await inOrder(
      namespace.when("ArmadaChartGroup one", has("status.target_state", "deployed")),
      namespace.when(record("a"), there),
      namespace.when("ArmadaChart a", has("status.actual_state", "deployed")),
      namespace.when(record("b"), there),
      namespace.when("ArmadaChart b", has("status.actual_state", "deployed")),
      namespace.when("ArmadaChartGroup one", has("status.actual_state", "deployed")),
      namespace.when("ArmadaChartGroup two", has("status.target_state", "deployed")),
      namespace.when(record("c"), there),
      namespace.when("ArmadaChart c", has("status.actual_state", "deployed")),
      namespace.when(record("d"), there),
    );
    await namespace.kubectl(["delete", "amf", "m", "--timeout=50s"]);
    await isEmpty(namespace);
    await wentInReverse(namespace);
  }, 60_000);

  test.each([
    ["in the order of the file", (objects: readonly unknown[]) => objects],
    ["parents first", (objects: readonly unknown[]) => objects.toReversed()],
  ])(
    "is removed in reverse when everything is deleted at once, %s",
    async (how, arrange) => {
      const namespace = await site.namespace(how.replaceAll(" ", "-"));
      await namespace.apply(estate());
      await namespace.becomes("amf/m", DEPLOYED);
      const items = arrange(estate());
      await namespace.kubectl(["delete", "-f", "-", "--timeout=50s"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
      await isEmpty(namespace);
      await wentInReverse(namespace);
    },
    60_000,
  );

  test("upgrades in order over groups when all are changed in one go", async () => {
    const namespace = await site.namespace("upgrades");
    await namespace.apply(estate({ pods: true }));
    await namespace.becomes("amf/m", DEPLOYED);
    const before = await site.handovers();
    await namespace.apply(estate({ pods: true, text: "changed" }));
    for (const name of ["a", "b", "c", "d"]) await namespace.becomes(`act/${name}`, { ...DEPLOYED, release: { revision: 2 } });
    await namespace.becomes("amf/m", DEPLOYED);
    expect((await site.handovers()) - before).toBe(3);
    const upgraded = await namespace.when(record("a", 2), there);
    const ready = (name: string) => namespace.when(`ArmadaChart ${name}`, ({ object }) => isReadyAt(object, "2"), upgraded);
    await inOrder(ready("a"), namespace.when(record("b", 2), there), ready("b"), namespace.when(record("c", 2), there), ready("c"));
    await inOrder(ready("c"), namespace.when(record("d", 2), there));
  }, 60_000);

  test("is in error with the name of the group that is, and goes on when that recovers", async () => {
    const namespace = await site.namespace("failing");
    await namespace.apply([...estate(), parked("b", { fail: "no" })]);
    await namespace.becomes("amf/m", {
      actual_state: "error",
      reason: "MemberFailed",
      waiting_for: expect.stringContaining("ArmadaChartGroup one: ArmadaChart b: helm install failed: "),
    });
    await namespace.becomes("acg/two", { actual_state: "uninitialized", satisfied: false });
    await namespace.apply([parked("b")]);
    await namespace.becomes("amf/m", DEPLOYED);
  }, 60_000);
});

const isReadyAt = (object: unknown, revision: string): boolean =>
  textAt(object, "status.actual_state") === "deployed" && textAt(object, "status.release.revision") === revision;

describe("a sequence", () => {
  test("lets an upgrade pass an earlier member that was ready once and is not today", async () => {
    const namespace = await site.namespace("hotfix");
    await site.cluster.kubectl(["label", "node", "node-1", "hotfix=yes"]);
    await namespace.apply([parked("a", { pods: true, node: { hotfix: "yes" } }), parked("b"), group("g", ["a", "b"])]);
    await namespace.becomes("acg/g", DEPLOYED);
    await site.cluster.kubectl(["label", "node", "node-1", "hotfix-"]);
    await namespace.kubectl(["delete", "pod", "--all", "--timeout=20s"]);
    await namespace.becomes("act/a", { actual_state: "running", reason: "ResourcesNotReady" });
    await namespace.apply([parked("b", { text: "fixed" })]);
    await namespace.becomes("act/b", { ...DEPLOYED, release: { revision: 2 } });
    await namespace.becomes("acg/g", {
      actual_state: "running",
      reason: "MembersNotReady",
      waiting_for: expect.stringContaining("for ArmadaChart a: Deployment a"),
    });
  }, 60_000);

  test("stays when one member of it is deleted, and takes it back when it is created again", async () => {
    const namespace = await site.namespace("one-less");
    await namespace.apply([parked("a"), parked("b"), parked("c"), group("g", ["a", "b", "c"])]);
    await namespace.becomes("acg/g", DEPLOYED);
    await namespace.kubectl(["delete", "act", "b", "--timeout=20s"]);
    await namespace.becomes("acg/g", { actual_state: "pending", reason: "WaitingForMember", progress: "2/3" });
    expect(await namespace.names("secret", "owner=helm")).toEqual(["a", "c"].map((name) => `secret/sh.helm.release.v1.${name}.v1`));
    await namespace.apply([parked("b")]);
    await namespace.becomes("acg/g", { ...DEPLOYED, progress: "3/3" });
  }, 60_000);

  test("goes on where it was when the operator is restarted", async () => {
    const namespace = await site.namespace("restarted");
    await namespace.apply([parked("a", { pods: true, node: { restarted: "yes" } }), parked("b"), group("g", ["a", "b"])]);
    await namespace.becomes("act/a", { actual_state: "running", reason: "ResourcesNotReady" });
    await site.restart("SIGTERM");
    await namespace.becomes("act/b", { actual_state: "uninitialized" });
    await site.cluster.kubectl(["label", "node", "node-1", "restarted=yes"]);
    await namespace.becomes("acg/g", { ...DEPLOYED, progress: "2/2" });
    await namespace.becomes("act/a", { release: { revision: 1 } });
    await inOrder(namespace.when("ArmadaChart a", has("status.actual_state", "deployed")), namespace.when(record("b"), there));
  }, 60_000);

  test("goes on when the operator and its helm are killed in the middle of an installation", async () => {
    const namespace = await site.namespace("killed");
    await namespace.apply([parked("a", { hook: true, node: { killed: "yes" } }), chart("b"), group("g", ["a", "b"])]);
    await namespace.when(record("a"), has("metadata.labels.status", "pending-install"));
    await eventually("helm waits for the hook", async () => expect(await namespace.names("pod")).toHaveLength(1));
    await site.restart("SIGKILL");
    await site.cluster.kubectl(["label", "node", "node-1", "killed=yes"]);
    await namespace.becomes("acg/g", { ...DEPLOYED, progress: "2/2" });
  }, 90_000);
});

test("every unsatisfied object said what it waited for, at every moment", () => {
  expect(site.silentMoments()).toEqual([]);
});
