import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { eventually } from "../../testing/eventually.ts";
import { eventsOf, inOrder, labelledOwnersOf, namesOf, ownersOf, record, releases, tells, uidOf } from "../../testing/estate/members.ts";
import { chart, group, manifest, parked } from "../../testing/estate/objects.ts";
import { gone, has, there } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const ALLOW = ["--cross-namespace=allow"];
const says = (...words: readonly string[]) => expect.stringMatching(words.join(".*"));

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts({ flags: ALLOW });
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

/** Namespaces `NAME`, `NAME-x` and `NAME-y`. */
const three = (name: string): Promise<readonly [Namespace, Namespace, Namespace]> =>
  Promise.all([site.namespace(name), site.namespace(`${name}-x`), site.namespace(`${name}-y`)]);

const isEmpty = (...namespaces: readonly Namespace[]): Promise<void> =>
  eventually("no release, object or sentinel is left", async () => {
    for (const namespace of namespaces) {
      expect(await namespace.names("act,acg,amf,secret")).toEqual([]);
      expect((await namesOf(namespace, "cm")).filter((name) => name !== "kube-root-ca.crt")).toEqual([]);
    }
  });

describe("members in other namespaces", () => {
  test("are owned by label, enabled in order, and removed in reverse with the parent", async () => {
    const [home, x, y] = await three("order");
    await Promise.all([x.apply([parked("order-a")]), y.apply([parked("order-b")])]);
    await home.apply([group("g", ["order-a", "order-b"], { target_state: "uninitialized" }), manifest("m", ["g"])]);
    await home.becomes("amf/m", { ...DEPLOYED, progress: "1/1" });
    await home.becomes("acg/g", { ...DEPLOYED, progress: "2/2" });
    const uid = await uidOf(home, "acg/g");
    expect([await labelledOwnersOf(x, "act/order-a"), await labelledOwnersOf(y, "act/order-b")]).toEqual([
      [`${uid}=controller`],
      [`${uid}=controller`],
    ]);
    await x.becomes("act/order-a", { ...DEPLOYED, owners: "order/g" });
    await inOrder(x.when("ArmadaChart order-a", has("status.actual_state", "deployed")), y.when(record("order-b"), there));
    await tells(home, "g", "Enabled ArmadaChart order-x/order-a was parked");
    await home.kubectl(["delete", "amf", "m", "--timeout=50s"]);
    await isEmpty(home, x, y);
    await inOrder(
      y.when(record("order-b"), gone),
      y.when("ArmadaChart order-b", gone),
      x.when("ConfigMap order-a", gone),
      x.when("ArmadaChart order-a", gone),
      home.when("ArmadaChartGroup g", gone),
    );
  }, 60_000);

  test("that are two of one name are said, and one of them deleted settles it", async () => {
    const [home, x, y] = await three("twins");
    await Promise.all([x, y].map((namespace) => namespace.apply([parked("twin")])));
    await home.apply([group("g", ["twin"])]);
    const sentence = says("twin", "twins-x/twin, twins-y/twin");
    await home.becomes("acg/g", { actual_state: "error", reason: "MemberAmbiguous", satisfied: false, waiting_for: sentence });
    expect(await releases(x)).toEqual([]);
    expect([await labelledOwnersOf(x, "act/twin"), await labelledOwnersOf(y, "act/twin")]).toEqual([[], []]);
    await x.kubectl(["delete", "act", "twin", "--timeout=20s"]);
    await home.becomes("acg/g", DEPLOYED);
    expect([await releases(x), await releases(y)]).toEqual([[], ["twin.v1"]]);
  }, 60_000);

  test.each(["another namespace", "the parent's own namespace"])(
    "keep their place when a namesake comes later in %s",
    async (where) => {
      const prefix = where.startsWith("another") ? "later" : "own";
      const [home, x, y] = await three(prefix);
      await x.apply([parked(`${prefix}-a`)]);
      await home.apply([group("g", [`${prefix}-a`])]);
      await home.becomes("acg/g", DEPLOYED);
      const runs = await site.helmRuns();
      const newcomer = where.startsWith("another") ? y : home;
      await newcomer.apply([parked(`${prefix}-a`)]);
      await tells(home, "g", `NamesakeIgnored ArmadaChart ${x.name}/${prefix}-a stays the member; not checked: ${newcomer.name}/${prefix}-a`);
      await home.becomes("acg/g", {
        ...DEPLOYED,
        conditions: expect.arrayContaining([expect.objectContaining({ type: "NamesakeIgnored", status: "True" })]),
      });
      await newcomer.becomes(`act/${prefix}-a`, { reason: "Parked", satisfied: true });
      await site.restart("SIGTERM");
      await home.kubectl(["annotate", "acg/g", "armada.airshipit.org/reconcile-requested-at=now"]);
      await home.becomes("acg/g", { ...DEPLOYED, reconcile_requested_at: "now" });
      await newcomer.becomes(`act/${prefix}-a`, { reason: "Parked", satisfied: true });
      expect([await releases(newcomer), await site.helmRuns(), runs > 0]).toEqual([[], 0, true]);
      await newcomer.kubectl(["delete", "act", `${prefix}-a`, "--timeout=20s"]);
      await eventually("nothing is said any more", async () => expect(JSON.stringify(await home.get("acg/g"))).not.toContain('"NamesakeIgnored"'));
    },
    60_000,
  );

  test("shared by parents in two namespaces stay with the last one", async () => {
    const [home, x, y] = await three("shared");
    await x.apply([parked("shared-a")]);
    await home.apply([group("one", ["shared-a"])]);
    await home.becomes("acg/one", DEPLOYED);
    await y.apply([group("two", ["shared-a"])]);
    await x.apply([group("three", ["shared-a"])]);
    await y.becomes("acg/two", DEPLOYED);
    await x.becomes("acg/three", DEPLOYED);
    const two = await uidOf(y, "acg/two");
    await eventually("all own it", async () => {
      expect(await labelledOwnersOf(x, "act/shared-a")).toContain(`${two}=owner`);
      expect(await ownersOf(x, "act/shared-a")).toEqual(["three"]);
    });
    await home.kubectl(["delete", "acg", "one", "--timeout=30s"]);
    // Two and three may be of the same second: then the smaller uid leads.
    await eventually("one of them leads", async () => {
      const left = [...(await labelledOwnersOf(x, "act/shared-a")), ...(await ownersOf(x, "act/shared-a"))];
      expect([
        [`${two}=controller`, "three"],
        [`${two}=owner`, "three (controller)"],
      ]).toContainEqual(left);
    });
    await y.kubectl(["delete", "acg", "two", "--timeout=30s"]);
    await eventually("three leads", async () => expect(await ownersOf(x, "act/shared-a")).toEqual(["three (controller)"]));
    expect(await labelledOwnersOf(x, "act/shared-a")).toEqual([]);
    expect(await releases(x)).toEqual(["shared-a.v1"]);
    await x.kubectl(["delete", "acg", "three", "--timeout=30s"]);
    await isEmpty(home, x, y);
  }, 60_000);

  test("count a label of a parent that vanished for nothing", async () => {
    const [home, x] = await three("vanished");
    await x.apply([parked("vanished-a")]);
    await home.apply([group("one", ["vanished-a"]), group("two", ["vanished-a"])]);
    await home.becomes("acg/one", DEPLOYED);
    await home.becomes("acg/two", DEPLOYED);
    await site.operator.stop();
    await home.patch("acg/one", { metadata: { finalizers: null } });
    await home.kubectl(["delete", "acg", "one", "--timeout=20s"]);
    await site.restart("SIGTERM");
    const two = await uidOf(home, "acg/two");
    await eventually("two leads", async () => expect(await labelledOwnersOf(x, "act/vanished-a")).toContain(`${two}=controller`));
    await x.becomes("act/vanished-a", { ...DEPLOYED, owners: "vanished/two" });
    await home.kubectl(["delete", "acg", "two", "--timeout=30s"]);
    await isEmpty(home, x);
  }, 60_000);
});

describe("a release in spec.namespace", () => {
  test("is installed in a namespace that is created, and removed from it", async () => {
    const home = await site.namespace("from");
    await home.apply([chart("a", { namespace: "made-for-a" })]);
    await home.becomes("act/a", { ...DEPLOYED, release: { name: "a", namespace: "made-for-a", revision: 1 } });
    expect(await site.cluster.kubectl(["-n", "made-for-a", "get", "cm", "a", "-o", "name"])).toBe("configmap/a\n");
    await home.apply([chart("a", { namespace: "made-for-a", values: { text: "new" } })]);
    await home.becomes("act/a", { ...DEPLOYED, release: { revision: 2 } });
    await site.cluster.kubectl(["-n", "made-for-a", "delete", "cm", "a"]);
    await tells(home, "a", "Restored put back what was deleted: ConfigMap a");
    await home.kubectl(["delete", "act", "a", "--timeout=30s"]);
    expect(await site.cluster.kubectl(["-n", "made-for-a", "get", "cm,secret", "-o", "name"])).toBe("configmap/kube-root-ca.crt\n");
    expect(eventsOf(home, "a").filter((event) => event.startsWith("ReconcileError"))).toEqual([]);
  }, 60_000);
});

describe("with --cross-namespace=deny and --watch-namespaces", () => {
  test("what would cross is said with the flag, and with it allowed goes on", async () => {
    const [home, x] = await three("denied");
    await site.restart("SIGTERM", []);
    await x.apply([parked("denied-a")]);
    await home.apply([group("g", ["denied-a"]), chart("b", { namespace: "denied-x" })]);
    await home.becomes("acg/g", {
      actual_state: "pending",
      reason: "WaitingForMember",
      waiting_for: says("denied-x/denied-a is in another namespace", "--cross-namespace=allow"),
    });
    await home.becomes("act/b", { actual_state: "error", reason: "InvalidSpec", satisfied: false, waiting_for: says("--cross-namespace=allow") });
    expect([await releases(home), await releases(x)]).toEqual([[], []]);
    await site.restart("SIGTERM", [...ALLOW, "--watch-namespaces=denied"]);
    await home.becomes("act/b", { reason: "InvalidSpec", waiting_for: says("denied-x", "--watch-namespaces") });
    await home.becomes("acg/g", { reason: "WaitingForMember" });
    await site.restart("SIGTERM", [...ALLOW, "--watch-namespaces=denied,denied-x"]);
    await home.becomes("act/b", DEPLOYED);
    await home.becomes("acg/g", DEPLOYED);
    await home.kubectl(["delete", "act/b", "acg/g", "--timeout=30s"]);
    await isEmpty(home, x);
    await site.restart("SIGTERM");
  }, 90_000);
});

describe("a release in a namespace that is not watched any more", () => {
  test("stays what its chart knows of it, and goes with its chart, by helm", async () => {
    const [home, x] = await three("left");
    await home.apply([chart("a", { namespace: "left-x" }), chart("b", { namespace: "left-x" })]);
    await home.becomes("act/a", DEPLOYED);
    await home.becomes("act/b", DEPLOYED);
    await site.operator.stop();
    // Gone before the next operator has looked at it once.
    await home.kubectl(["delete", "act", "b", "--wait=false"]);
    await site.restart("SIGTERM", [...ALLOW, "--watch-namespaces=left"]);
    await home.when("ArmadaChart b", gone);
    await home.becomes("act/a", { reason: "InvalidSpec", release: { name: "a", namespace: "left-x", revision: 1 } });
    await expect(home.patch("act/a", { spec: { release: "other" } })).rejects.toThrow("spec.release cannot change");
    expect(await releases(x)).toEqual(["a.v1"]);
    await home.kubectl(["delete", "act", "a", "--timeout=30s"]);
    await isEmpty(home, x);
    for (const name of ["a", "b"]) await tells(home, name, `Uninstalled helm uninstall: release ${name}`);
    await site.restart("SIGTERM");
  }, 90_000);
});

test("every unsatisfied object said what it waited for, at every moment", () => {
  expect(site.silentMoments()).toEqual([]);
});
