import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { deepEqual } from "../../../src/base/json/json.ts";
import { fieldsOf } from "../../../src/armada/readiness/fields.ts";
import { eventually } from "../../testing/eventually.ts";
import { annotation, eventsOf, ownersOf, record, releases, uidOf } from "../../testing/estate/members.ts";
import { chart, group, manifest, parked } from "../../testing/estate/objects.ts";
import { has, textAt, there } from "../../testing/operator/recorder.ts";
import { Site } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const says = (...words: readonly string[]) => expect.stringMatching(words.join(".*"));

const missing = (name: string) => ({ actual_state: "pending", reason: "WaitingForMember", waiting_for: says(`ArmadaChart ${name} to be created`) });

/** Fields that differ in two versions of an object, as `kubectl diff` shows them. */
const differences = (one: unknown, other: unknown): readonly string[] =>
  ["metadata", "spec", "status"].flatMap((part) => {
    const [before, after] = [one, other].map((object) => fieldsOf(fieldsOf(object)[part]));
    const keys = new Set([before, after].flatMap((fields) => Object.keys(fields ?? {})));
    return [...keys].filter((key) => key !== "managedFields" && !deepEqual(before?.[key], after?.[key])).map((key) => `${part}.${key}`);
  });

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

describe("a group", () => {
  test("names the member that is missing, and goes on when it is created", async () => {
    const namespace = await site.namespace("missing");
    await namespace.apply([group("g", ["a", "b"])]);
    await namespace.becomes("acg/g", missing("a"));
    await namespace.apply([parked("b")]);
    await eventually("b is adopted", async () => expect(await ownersOf(namespace, "act/b")).toEqual(["g (controller)"]));
    await namespace.becomes("acg/g", missing("a"));
    await namespace.apply([parked("a")]);
    await namespace.becomes("acg/g", { ...DEPLOYED, progress: "2/2" });
    expect(await namespace.when(record("a"), there)).toBeLessThan(await namespace.when(record("b"), there));
  }, 60_000);

  test("enables a parked member in one write that says who did", async () => {
    const namespace = await site.namespace("enabling");
    await namespace.apply([parked("a"), group("g", ["a"])]);
    await namespace.becomes("acg/g", DEPLOYED);
    const uid = await uidOf(namespace, "acg/g");
    await namespace.when("ArmadaChart a", has("status.actual_state", "deployed"));
    const enabled = namespace.history().filter(({ what }) => what === "ArmadaChart a");
    const states = enabled.map(({ object }) => [textAt(object, "spec.target_state"), annotation(object, "enabled-by")].join(" "));
    expect([...new Set(states)]).toEqual(["uninitialized ", `deployed ${uid}`]);
    await eventually("the group tells", () => expect(eventsOf(namespace, "g")).toContain("Enabled ArmadaChart a was parked and is now enabled"));
  }, 60_000);

  test.each([["client-side"], ["server-side", "--server-side", "--force-conflicts"]])(
    "is not disturbed by files that are re-applied and park its member (%s)",
    async (how, ...flags) => {
      const namespace = await site.namespace(`again-${how}`);
      const files = [parked("a"), parked("b"), group("g", ["a", "b"])];
      await namespace.kubectlApply(files, ...flags);
      await namespace.becomes("acg/g", DEPLOYED);
      const runs = await site.helmRuns();
      const before = await releases(namespace);
      const live = await namespace.get("act/a");
      const dry: unknown = JSON.parse(await namespace.kubectlApply([parked("a")], "--dry-run=server", "-o", "json", ...flags));
      expect(differences(live, dry)).toEqual(["metadata.generation", "spec.target_state"]);
      for (const time of ["first", "second", "third"]) {
        await namespace.kubectlApply(files, ...flags);
        await namespace.kubectl(["annotate", "act", "--all", "--overwrite", `armada.airshipit.org/reconcile-requested-at=${time}`]);
        await namespace.becomes("act/a", { ...DEPLOYED, reconcile_requested_at: time });
        await namespace.becomes("act/b", { ...DEPLOYED, reconcile_requested_at: time });
      }
      expect(await namespace.get("act/a")).toMatchObject({
        spec: { target_state: "uninitialized" },
        status: { ...DEPLOYED, target_state: "deployed" },
      });
      await namespace.becomes("acg/g", DEPLOYED);
      expect([await releases(namespace), await site.helmRuns()]).toEqual([before, runs]);
      const deployedAt = await namespace.when("ArmadaChart b", has("status.actual_state", "deployed"));
      const later = namespace.history().filter(({ what, revision }) => what.startsWith("ArmadaChart ") && revision > deployedAt);
      expect([...new Set(later.map(({ object }) => textAt(object, "status.actual_state")))]).toEqual(["deployed"]);
    },
    60_000,
  );

  test("names a member that fails, and goes on by itself when it recovers", async () => {
    const namespace = await site.namespace("failing");
    await namespace.apply([parked("a", { fail: "the text is wrong" }), parked("b"), group("g", ["a", "b"])]);
    const waiting_for = says("ArmadaChart a: helm install failed: execution error", "next try at");
    await namespace.becomes("acg/g", { actual_state: "error", reason: "MemberFailed", satisfied: false, waiting_for, progress: "0/2" });
    const { conditions } = fieldsOf(fieldsOf(await namespace.get("acg/g"))["status"]);
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: "Ready", message: says("ArmadaChart a is failed", "InstallError", "execution error") }),
    );
    await namespace.becomes("act/b", { actual_state: "uninitialized", reason: "WaitingForTurn", satisfied: false });
    await namespace.apply([parked("a", { text: "right" })]);
    await namespace.becomes("acg/g", { ...DEPLOYED, progress: "2/2" });
  }, 60_000);

  test("lets go of a member that is taken off its list, which runs on", async () => {
    const namespace = await site.namespace("dropped");
    await namespace.apply([parked("a"), parked("b"), group("g", ["a", "b"])]);
    await namespace.becomes("acg/g", DEPLOYED);
    await namespace.apply([group("g", ["b"])]);
    await eventually("a is nobody's", async () => expect(await ownersOf(namespace, "act/a")).toEqual([]));
    await namespace.becomes("acg/g", { ...DEPLOYED, progress: "1/1" });
    await eventually("the group tells", () =>
      expect(eventsOf(namespace, "g")).toContain("Disowned ArmadaChart a is no longer owned by this ArmadaChartGroup and stays as it is"),
    );
    await namespace.kubectl(["delete", "acg", "g", "--timeout=50s"]);
    expect(await namespace.names("act")).toEqual(["armadachart.armada.airshipit.org/a"]);
    expect(await releases(namespace)).toEqual(["a.v1"]);
  }, 60_000);

  test("does not touch a member that somebody else controls", async () => {
    const namespace = await site.namespace("foreign");
    await namespace.kubectl(["create", "configmap", "owner"]);
    const reference = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: await uidOf(namespace, "cm/owner"), controller: true };
    const foreign = { ...parked("a"), metadata: { name: "a", ownerReferences: [reference] } };
    await namespace.apply([foreign, parked("b"), group("g", ["a", "b"])]);
    await namespace.becomes("acg/g", {
      actual_state: "error",
      reason: "MemberConflict",
      waiting_for: says("ArmadaChart a|for a", "ConfigMap owner"),
    });
    expect(await namespace.get("act/a")).toMatchObject({ spec: { target_state: "uninitialized" }, metadata: { ownerReferences: [reference] } });
    await namespace.kubectl(["delete", "acg", "g", "--timeout=50s"]);
    expect(await namespace.names("act")).toEqual(["armadachart.armada.airshipit.org/a"]);
    expect(await releases(namespace)).toEqual([]);
  }, 60_000);

  test("does nothing while it is suspended", async () => {
    const namespace = await site.namespace("suspended");
    await namespace.apply([parked("a"), group("g", ["a"], { suspend: true })]);
    await namespace.becomes("acg/g", { reason: "Suspended", satisfied: false, waiting_for: says("spec.suspend to become false") });
    await namespace.becomes("act/a", { actual_state: "uninitialized" });
    expect(await ownersOf(namespace, "act/a")).toEqual([]);
    await namespace.patch("acg/g", { spec: { suspend: false } });
    await namespace.becomes("acg/g", DEPLOYED);
    await namespace.patch("acg/g", { spec: { suspend: true } });
    await namespace.becomes("acg/g", { ...DEPLOYED, reason: "Suspended" });
  }, 60_000);

  test("counts library charts as satisfied and never enables them", async () => {
    const namespace = await site.namespace("libraries");
    const library = chart("lib", { target_state: "uninitialized", source: { type: "local", location: "/opt/armada/helm-charts/library" } });
    await namespace.apply([parked("toolkit-htk"), library, parked("a"), group("g", ["toolkit-htk", "lib", "a"])]);
    await namespace.becomes("acg/g", { ...DEPLOYED, progress: "3/3" });
    for (const name of ["toolkit-htk", "lib"]) {
      await namespace.becomes(`act/${name}`, { reason: "Library", satisfied: true, actual_state: "uninitialized" });
      expect(await namespace.get(`act/${name}`)).toMatchObject({ spec: { target_state: "uninitialized" } });
    }
    await namespace.patch("act/lib", { spec: { target_state: "deployed" } });
    await namespace.becomes("act/lib", { observedGeneration: 2, reason: "Library", satisfied: true });
    expect(await releases(namespace)).toEqual(["a.v1"]);
  }, 60_000);

  test("tells of transitions, not of passes", async () => {
    const namespace = await site.namespace("events");
    await namespace.apply([parked("a"), group("g", ["a"])]);
    await namespace.becomes("acg/g", DEPLOYED);
    await eventually("the events are written", () => expect(eventsOf(namespace, "g").at(-1)).toMatch(/^MembersReady /u));
    const before = [eventsOf(namespace, "a"), eventsOf(namespace, "g")];
    for (const time of ["first", "second"]) {
      await namespace.kubectl(["annotate", "act/a", "acg/g", "irrelevant=yes", `armada.airshipit.org/reconcile-requested-at=${time}`, "--overwrite"]);
      await namespace.becomes("acg/g", { ...DEPLOYED, reconcile_requested_at: time });
      await namespace.becomes("act/a", { ...DEPLOYED, reconcile_requested_at: time });
    }
    await namespace.patch("acg/g", { spec: { suspend: true } });
    await eventually("a later event is written", () => expect(eventsOf(namespace, "g").at(-1)).toMatch(/^Suspended /u));
    expect([eventsOf(namespace, "a"), eventsOf(namespace, "g").slice(0, -1)]).toEqual(before);
  }, 60_000);
});

describe("two groups that list one chart", () => {
  test("both own it, the first as controller, and the last to go takes it along", async () => {
    const namespace = await site.namespace("shared");
    await namespace.apply([chart("a"), group("one", ["a"])]);
    await namespace.becomes("acg/one", DEPLOYED);
    await namespace.apply([group("two", ["a"])]);
    await eventually("both own it", async () => expect(await ownersOf(namespace, "act/a")).toEqual(["one (controller)", "two"]));
    await namespace.becomes("act/a", { ...DEPLOYED, owners: "one, two" });
    await namespace.kubectl(["delete", "acg", "one", "--timeout=50s"]);
    expect(await namespace.get("act/a")).not.toHaveProperty("metadata.deletionTimestamp");
    expect((await ownersOf(namespace, "act/a")).map((owner) => owner.replace(" (controller)", ""))).toEqual(["two"]);
    await namespace.becomes("acg/two", DEPLOYED);
    expect(await releases(namespace)).toEqual(["a.v1"]);
    await namespace.kubectl(["delete", "acg", "two", "--timeout=50s"]);
    expect([await namespace.names("act"), await releases(namespace)]).toEqual([[], []]);
  }, 60_000);
});

describe("many parents that are created in the same moment", () => {
  test("all own the members that they share, one as controller", async () => {
    const namespace = await site.namespace("together");
    const names = ["a", "b", "c", "d", "e", "f"];
    const parents = ["one", "two", "three", "four"];
    await namespace.apply([...names.map((name) => parked(name)), ...parents.map((name) => group(name, names, { sequenced: false }))]);
    for (const parent of parents) await namespace.becomes(`acg/${parent}`, { ...DEPLOYED, progress: "6/6" });
    for (const name of names) {
      const owners = await ownersOf(namespace, `act/${name}`);
      expect(owners.map((owner) => owner.replace(" (controller)", "")).toSorted()).toEqual(parents.toSorted());
      expect(owners.filter((owner) => owner.endsWith(" (controller)"))).toHaveLength(1);
    }
    expect(parents.flatMap((name) => eventsOf(namespace, name)).filter((event) => event.startsWith("ReconcileError"))).toEqual([]);
  }, 60_000);
});

describe("a manifest", () => {
  test("with a prefix gives it to what it enables, and to nothing else", async () => {
    const namespace = await site.namespace("prefix");
    await namespace.apply([parked("a"), chart("b"), parked("c"), group("own", ["c"]), group("g", ["a", "b"], { target_state: "uninitialized" })]);
    await namespace.apply([manifest("m", ["g", "own"], { release_prefix: "site" })]);
    await namespace.becomes("amf/m", DEPLOYED);
    const names = await Promise.all(["a", "b", "c"].map(async (name) => textAt(await namespace.get(`act/${name}`), "status.release.name")));
    expect(names).toEqual(["site-a", "b", "c"]);
  }, 60_000);

  test("does nothing while it is suspended", async () => {
    const namespace = await site.namespace("suspended-manifest");
    await namespace.apply([parked("a"), group("g", ["a"], { target_state: "uninitialized" }), manifest("m", ["g"], { suspend: true })]);
    await namespace.becomes("amf/m", { reason: "Suspended", satisfied: false, waiting_for: says("spec.suspend to become false") });
    await namespace.becomes("acg/g", { actual_state: "uninitialized" });
    await namespace.patch("amf/m", { spec: { suspend: false } });
    await namespace.becomes("amf/m", DEPLOYED);
  }, 60_000);
});

test("every unsatisfied object said what it waited for, at every moment", () => {
  expect(site.silentMoments()).toEqual([]);
});
