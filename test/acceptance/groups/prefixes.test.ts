import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { fieldsOf } from "../../../src/armada/readiness/fields.ts";
import { annotation, ownersOf, releases, tells } from "../../testing/estate/members.ts";
import { chart, group, manifest, parked } from "../../testing/estate/objects.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const parkedSpec = { target_state: "uninitialized" };
const says = (...words: readonly string[]) => expect.stringMatching(words.join(".*"));

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const tree = (spec: object) => [parked("a"), group("g", ["a"], parkedSpec), manifest("m", ["g"], spec)];

describe("release_prefix", () => {
  test("travels to the charts of a group that the manifest enables, and stays when the manifest's own changes", async () => {
    const namespace = await site.namespace("travels");
    await namespace.apply(tree({ release_prefix: "site" }));
    await namespace.becomes("amf/m", DEPLOYED);
    await namespace.becomes("act/a", { release: { name: "site-a", revision: 1 } });
    const [acg, act] = [await namespace.get("acg/g"), await namespace.get("act/a")];
    expect([annotation(acg, "release-prefix"), annotation(act, "release-prefix"), annotation(act, "release-name")]).toEqual([
      "site",
      "site",
      "site-a",
    ]);
    const runs = await site.helmRuns();
    await namespace.apply(tree({ release_prefix: "other" }));
    await namespace.becomes("amf/m", { ...DEPLOYED, observedGeneration: 2 });
    await namespace.becomes("act/a", { ...DEPLOYED, release: { name: "site-a", revision: 1 } });
    await namespace.apply([parked("a", { text: "new" })]);
    await namespace.becomes("act/a", { ...DEPLOYED, release: { name: "site-a", revision: 2 } });
    expect([await releases(namespace), await site.helmRuns()]).toEqual([["site-a.v1", "site-a.v2"], runs + 1]);
  }, 60_000);

  test("stands in the name of a release before there is one, and while manifests differ no name is told", async () => {
    const namespace = await site.namespace("told");
    const names = { name: "site-a", namespace: namespace.name };
    await namespace.apply(tree({ release_prefix: "site", ...parkedSpec }));
    await namespace.becomes("act/a", { reason: "Parked", release: names });
    await namespace.apply([manifest("other", ["g"], { release_prefix: "other", ...parkedSpec })]);
    await namespace.becomes("act/a", { reason: "Parked", release: expect.not.objectContaining({ name: expect.anything() }) });
    expect(await namespace.kubectl(["get", "act", "a", "-o", "wide"])).not.toMatch(/(?:site|other)-a/);
    await namespace.patch("amf/m", { spec: { target_state: "deployed" } });
    await namespace.becomes("act/a", { ...DEPLOYED, release: { ...names, revision: 1 } });
    expect(await releases(namespace)).toEqual(["site-a.v1"]);
  }, 60_000);

  test("with apply_release_prefix: false stays at home", async () => {
    const namespace = await site.namespace("off");
    await namespace.apply(tree({ release_prefix: "site", apply_release_prefix: false }));
    await namespace.becomes("amf/m", DEPLOYED);
    expect([await releases(namespace), annotation(await namespace.get("act/a"), "release-prefix")]).toEqual([["a.v1"], undefined]);
  }, 60_000);

  test("that makes a name too long is said before anything is enabled, and a shorter name goes on", async () => {
    const namespace = await site.namespace("long");
    const long = "a".repeat(50);
    const member = (release: string) => chart("a", { ...parkedSpec, release });
    await namespace.apply([member(long), parked("b"), group("g", ["a", "b"], parkedSpec), manifest("m", ["g"], { release_prefix: "site" })]);
    const sentence = says(`would be called site-${long}, which has 55 characters`, "53", "release_prefix");
    await namespace.becomes("acg/g", { actual_state: "error", reason: "InvalidSpec", satisfied: false, waiting_for: sentence });
    await namespace.becomes("amf/m", { actual_state: "error", reason: "MemberFailed" });
    expect(await namespace.get("act/a")).toMatchObject({ spec: { target_state: "uninitialized" }, status: { actual_state: "uninitialized" } });
    await namespace.apply([member("short")]);
    await namespace.becomes("amf/m", DEPLOYED);
    expect(await releases(namespace)).toEqual(["site-b.v1", "site-short.v1"]);
  }, 60_000);
});

describe("an object that is restored without its status", () => {
  /** What a backup tool brings back: spec, labels and annotations. */
  const backup = async (namespace: Namespace, object: string): Promise<object> => {
    const { apiVersion, kind, metadata, spec } = fieldsOf(await namespace.get(object));
    const { name, annotations } = fieldsOf(metadata);
    return { apiVersion, kind, metadata: { name, annotations }, spec };
  };

  test.each([
    ["deletion_policy: orphan", { deletion_policy: "orphan" }, false],
    ["its finalizer taken off", {}, true],
  ])(
    "has the release that it had: gone with %s",
    async (_, policy, stripped) => {
      const namespace = await site.namespace(stripped ? "stripped" : "orphaned");
      await namespace.apply([
        chart("a", { ...parkedSpec, ...policy }),
        group("g", ["a"], parkedSpec),
        manifest("m", ["g"], { release_prefix: "site" }),
      ]);
      await namespace.becomes("amf/m", DEPLOYED);
      const kept = await backup(namespace, "act/a");
      if (stripped) {
        await site.operator.stop();
        await namespace.patch("act/a", { metadata: { finalizers: null } });
      }
      await namespace.kubectl(["delete", "act", "a", "--timeout=30s"]);
      await namespace.kubectl(["create", "-f", "-"], JSON.stringify(kept));
      if (stripped) await site.restart("SIGTERM");
      await namespace.becomes("act/a", { ...DEPLOYED, release: { name: "site-a", revision: 1 } });
      await namespace.becomes("amf/m", DEPLOYED);
      await tells(namespace, "a", "ReleaseTaken release site-a, which no ArmadaChart owns");
      expect([await releases(namespace), await ownersOf(namespace, "act/a")]).toEqual([["site-a.v1"], ["g (controller)"]]);
      await namespace.kubectl(["delete", "amf", "m", "--timeout=30s"]);
      expect(await releases(namespace)).toEqual(stripped ? [] : ["site-a.v1"]);
    },
    60_000,
  );

  test("a whole tree without status or annotations takes its releases back without helm", async () => {
    const namespace = await site.namespace("tree");
    await namespace.apply(tree({ release_prefix: "site" }));
    await namespace.becomes("amf/m", DEPLOYED);
    await site.operator.stop();
    // From below: the garbage collector would delete what an owner that is gone leaves.
    for (const object of ["act/a", "acg/g", "amf/m"]) {
      await namespace.patch(object, { metadata: { finalizers: null } });
      await namespace.kubectl(["delete", object, "--timeout=30s"]);
    }
    await namespace.apply(tree({ release_prefix: "site" }));
    await site.restart("SIGTERM");
    await namespace.becomes("amf/m", DEPLOYED);
    await namespace.becomes("act/a", { ...DEPLOYED, release: { name: "site-a", revision: 1 } });
    expect([await releases(namespace), await site.helmRuns()]).toEqual([["site-a.v1"], 0]);
  }, 60_000);
});

test("every unsatisfied object said what it waited for, at every moment", () => {
  expect(site.silentMoments()).toEqual([]);
});
