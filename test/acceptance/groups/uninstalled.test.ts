import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { annotation, inOrder, ownersOf, record, releases, tells, uidOf } from "../../testing/estate/members.ts";
import { chart, group, manifest, parked } from "../../testing/estate/objects.ts";
import { gone, has, textAt, there } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const UNINSTALLED = { actual_state: "uninstalled", target_state: "uninstalled", satisfied: true, reason: "UninstallSuccessful" };
const parkedSpec = { target_state: "uninitialized" };
const wanted = (target_state: string) => ({ spec: { target_state } });

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const uninstalledAt = (namespace: Namespace, what: string): Promise<number> => namespace.when(what, has("status.actual_state", "uninstalled"));
const NAMES = ["a", "b", "c"];

describe("target_state: uninstalled of a group", () => {
  test("removes what it alone owns in reverse, marks it, and re-applied files change nothing; deployed again it goes in order", async () => {
    const namespace = await site.namespace("group");
    const members = NAMES.map((name) => parked(name));
    await namespace.apply([...members, group("g", NAMES)]);
    await namespace.becomes("acg/g", { ...DEPLOYED, progress: "3/3" });
    await namespace.patch("acg/g", wanted("uninstalled"));
    await namespace.becomes("acg/g", { ...UNINSTALLED, progress: "3/3" });
    expect(await releases(namespace)).toEqual([]);
    await inOrder(
      uninstalledAt(namespace, "ArmadaChart c"),
      namespace.when("ConfigMap b", gone),
      uninstalledAt(namespace, "ArmadaChart b"),
      namespace.when("ConfigMap a", gone),
      uninstalledAt(namespace, "ArmadaChart a"),
      uninstalledAt(namespace, "ArmadaChartGroup g"),
    );
    const uid = await uidOf(namespace, "acg/g");
    for (const name of NAMES) expect(annotation(await namespace.get(`act/${name}`), "uninstalled-by")).toBe(uid);
    await tells(namespace, "g", "HandedDown ArmadaChart c is being uninstalled");

    const runs = await site.helmRuns();
    for (const flags of [[], ["--server-side", "--force-conflicts"]]) {
      await namespace.kubectlApply(members, ...flags);
      for (const name of NAMES) await namespace.becomes(`act/${name}`, UNINSTALLED);
      await namespace.becomes("acg/g", UNINSTALLED);
    }
    expect(textAt(await namespace.get("act/a"), "spec.target_state")).toBe("uninitialized");
    await site.restart("SIGTERM");
    await namespace.becomes("acg/g", UNINSTALLED);
    expect([await releases(namespace), await site.helmRuns(), runs > 0]).toEqual([[], 0, true]);

    const before = await uninstalledAt(namespace, "ArmadaChartGroup g");
    await namespace.patch("acg/g", wanted("deployed"));
    await namespace.becomes("acg/g", { ...DEPLOYED, progress: "3/3" });
    await inOrder(
      namespace.when(record("a"), there, before),
      namespace.when("ArmadaChart a", has("status.actual_state", "deployed"), before),
      namespace.when(record("b"), there, before),
      namespace.when("ArmadaChart b", has("status.actual_state", "deployed"), before),
      namespace.when(record("c"), there, before),
    );
    for (const name of NAMES) expect(annotation(await namespace.get(`act/${name}`), "uninstalled-by")).toBeUndefined();
  }, 90_000);

  test("leaves a member that another parent owns, and says so", async () => {
    const namespace = await site.namespace("shared");
    await namespace.apply([...NAMES.map((name) => parked(name)), group("g", NAMES), group("other", ["b"])]);
    await namespace.becomes("acg/g", DEPLOYED);
    await namespace.becomes("acg/other", DEPLOYED);
    await namespace.patch("acg/g", wanted("uninstalled"));
    await namespace.becomes("acg/g", UNINSTALLED);
    expect([await releases(namespace), (await ownersOf(namespace, "act/b")).length]).toEqual([["b.v1"], 2]);
    expect(JSON.stringify(await namespace.get("acg/g"))).toContain("others own these too, so they stay: b");
    await namespace.becomes("acg/other", DEPLOYED);
    await namespace.becomes("act/b", DEPLOYED);
    await namespace.kubectl(["delete", "acg", "other", "--timeout=30s"]);
    await namespace.becomes("act/b", UNINSTALLED);
    await namespace.becomes("acg/g", UNINSTALLED);
    await namespace.kubectl(["delete", "acg", "g", "--timeout=30s"]);
    expect([await namespace.names("act"), await releases(namespace)]).toEqual([[], []]);
  }, 60_000);

  test("is given up by its deletion, which removes the members", async () => {
    const namespace = await site.namespace("then-deleted");
    await namespace.apply([...NAMES.map((name) => chart(name)), group("g", NAMES)]);
    await namespace.becomes("acg/g", DEPLOYED);
    await namespace.patch("acg/g", wanted("uninstalled"));
    await namespace.kubectl(["delete", "acg", "g", "--timeout=30s"]);
    expect([await namespace.names("act,acg"), await releases(namespace)]).toEqual([[], []]);
  }, 60_000);

  test("does not hold members that another group wants deployed", async () => {
    const namespace = await site.namespace("wanted-elsewhere");
    await namespace.apply([parked("a"), group("g", ["a"])]);
    await namespace.becomes("acg/g", DEPLOYED);
    await namespace.patch("acg/g", wanted("uninstalled"));
    await namespace.becomes("act/a", UNINSTALLED);
    await namespace.apply([group("other", ["a"])]);
    await namespace.becomes("acg/other", DEPLOYED);
    await namespace.becomes("act/a", { ...DEPLOYED, target_state: "deployed" });
    await namespace.becomes("acg/g", UNINSTALLED);
  }, 60_000);
});

describe("target_state: uninstalled of a manifest", () => {
  test("goes down to the charts in reverse, and up again in order", async () => {
    const namespace = await site.namespace("manifest");
    const files = [...["a", "b", "c", "d"].map((name) => parked(name)), group("one", ["a", "b"], parkedSpec), group("two", ["c", "d"], parkedSpec)];
    await namespace.apply([...files, manifest("m", ["one", "two"], { release_prefix: "site" })]);
    await namespace.becomes("amf/m", DEPLOYED);
    await namespace.patch("amf/m", wanted("uninstalled"));
    await namespace.becomes("amf/m", { ...UNINSTALLED, progress: "2/2" });
    await inOrder(
      uninstalledAt(namespace, "ArmadaChart d"),
      namespace.when("ConfigMap site-c", gone),
      uninstalledAt(namespace, "ArmadaChartGroup two"),
      namespace.when("ConfigMap site-b", gone),
      namespace.when("ConfigMap site-a", gone),
      uninstalledAt(namespace, "ArmadaChartGroup one"),
      uninstalledAt(namespace, "ArmadaManifest m"),
    );
    await namespace.apply(files);
    for (const object of ["act/a", "act/d", "acg/one", "acg/two", "amf/m"]) await namespace.becomes(object, UNINSTALLED);
    expect(await releases(namespace)).toEqual([]);
    const before = await uninstalledAt(namespace, "ArmadaManifest m");
    await namespace.patch("amf/m", wanted("deployed"));
    await namespace.becomes("amf/m", DEPLOYED);
    await inOrder(...["a", "b", "c", "d"].map((name) => namespace.when(record(`site-${name}`), there, before)));
    expect(await releases(namespace)).toHaveLength(4);
  }, 60_000);

  test("leaves a group that another manifest owns", async () => {
    const namespace = await site.namespace("shared-group");
    await namespace.apply([...NAMES.map((name) => parked(name)), group("base", ["a"], parkedSpec), group("more", ["b", "c"], parkedSpec)]);
    await namespace.apply([manifest("bootstrap", ["base"]), manifest("full", ["base", "more"])]);
    await namespace.becomes("amf/full", DEPLOYED);
    await namespace.becomes("amf/bootstrap", DEPLOYED);
    await namespace.patch("amf/full", wanted("uninstalled"));
    await namespace.becomes("amf/full", UNINSTALLED);
    expect(await releases(namespace)).toEqual(["a.v1"]);
    await namespace.becomes("amf/bootstrap", DEPLOYED);
  }, 60_000);
});

test("every unsatisfied object said what it waited for, at every moment", () => {
  expect(site.silentMoments()).toEqual([]);
});
