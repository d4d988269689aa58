import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { eventually } from "../../testing/eventually.ts";
import { inOrder, record, releases } from "../../testing/estate/members.ts";
import { chart, group, manifest } from "../../testing/estate/objects.ts";
import { gone, textAt } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const parkedSpec = { target_state: "uninitialized" };

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts();
}, 60_000);

afterAll(async () => {
  await site?.stop();
}, 30_000);

/** The one that the contract puts first: the older, at the same second that with the smaller uid. */
const older = async (namespace: Namespace, one: string, other: string): Promise<string> => {
  const key = async (name: string): Promise<string> => {
    const object = await namespace.get(`act/${name}`);
    return `${textAt(object, "metadata.creationTimestamp") ?? ""} ${textAt(object, "metadata.uid") ?? ""}`;
  };
  return (await key(one)) < (await key(other)) ? one : other;
};

describe("two manifests that are enabled at once, both of which have a chart of one release", () => {
  test.each([
    ["at the same moment", [], []],
    ["the first one first", [], ["wait-2"]],
    ["the second one first", ["wait-1"], []],
  ] as const)(
    "the older chart has the release, whoever acts first: %s",
    async (when, before, after) => {
      const namespace = await site.namespace(`at-once-${when.replaceAll(" ", "-")}`);
      const slow = { ...parkedSpec, values: { pods: true } };
      await namespace.apply([
        chart("x", { ...parkedSpec, values: { text: "x" } }),
        chart("x-update", { ...parkedSpec, release: "x", values: { text: "x-update" } }),
        ...[...before, ...after].map((name) => chart(name, slow)),
        group("one", [...before, "x"], parkedSpec),
        group("two", [...after, "x-update"], parkedSpec),
        manifest("a", ["one"], parkedSpec),
        manifest("b", ["two"], parkedSpec),
      ]);
      for (const name of ["act/x", "act/x-update", "acg/one", "acg/two", "amf/a", "amf/b"])
        await namespace.becomes(name, { actual_state: "uninitialized" });
      await site.whileHalted(() => namespace.kubectl(["patch", "amf", "a", "b", "--type=merge", "-p", '{"spec":{"target_state":"deployed"}}']));
      const owner = await older(namespace, "x", "x-update");
      const other = owner === "x" ? "x-update" : "x";
      await namespace.becomes(`act/${other}`, { reason: expect.stringMatching(/^(?:ReleaseConflict|Superseded)$/u) });
      await namespace.becomes(`act/${owner}`, DEPLOYED);
      await eventually("the owner's values are there", async () => {
        expect(textAt(await namespace.get("cm/x"), "data.text")).toBe(owner);
      });
      await namespace.becomes(`act/${owner}`, { ...DEPLOYED, reason: "UnderlyingResourcesReady" });
      const runs = await site.helmRuns();
      await site.restart("SIGKILL");
      await namespace.kubectl(["annotate", "act", "--all", "--overwrite", "armada.airshipit.org/reconcile-requested-at=later"]);
      await namespace.becomes(`act/${owner}`, { ...DEPLOYED, reason: "UnderlyingResourcesReady", reconcile_requested_at: "later" });
      await namespace.becomes(`act/${other}`, { reconcile_requested_at: "later" });
      expect([runs > 0, await site.helmRuns(), textAt(await namespace.get("cm/x"), "data.text")]).toEqual([true, 0, owner]);
    },
    90_000,
  );
});

describe("a whole estate that is deleted", () => {
  test.each([
    ["by its manifests", ["amf", "bootstrap", "full"]],
    ["by everything in it", ["act,acg,amf", "--all"]],
  ] as const)(
    "goes in the order on which its lists agree, whoever controls a shared member: %s",
    async (how, what) => {
      const namespace = await site.namespace(`gone-${how.replaceAll(" ", "-")}`);
      await namespace.apply([chart("first"), chart("second"), group("base", ["first"]), group("later", ["second"]), manifest("bootstrap", ["base"])]);
      await namespace.becomes("amf/bootstrap", DEPLOYED);
      await namespace.apply([manifest("full", ["base", "later"])]);
      await namespace.becomes("amf/full", DEPLOYED);
      expect(await releases(namespace)).toEqual(["first.v1", "second.v1"]);
      await namespace.kubectl(["delete", ...what, "--timeout=60s"]);
      expect(await namespace.names("act,acg,amf,secret")).toEqual([]);
      await inOrder(namespace.when(record("second"), gone), namespace.when(record("first"), gone));
    },
    90_000,
  );
});
