import { describe, expect, test } from "@jest/globals";
import { desiredObject } from "../readiness/testing/objects.ts";
import { facts, named, nobodys, others, ready, released, seen } from "./testing/charts.ts";
import { report, statusOf } from "./testing/reported.ts";
import { broken, terminating } from "./testing/table.ts";

describe("status.release", () => {
  test("of no release names only what it will be", () => {
    expect(statusOf(undefined).release).toEqual({ name: "blog", namespace: "site" });
  });

  describe("of a parked chart", () => {
    const parked = { spec: { target_state: "uninitialized" } } as const;
    test.each([
      ["without a release names what it is called when it is enabled", undefined, { nameWhenEnabled: "site-blog" }, {}, "site-blog"],
      ["without a release names nothing while that is not known", undefined, { nameWhenEnabled: undefined }, {}, undefined],
      ["with a release keeps its name", "3 deployed", { nameWhenEnabled: "site-blog" }, {}, "blog"],
      ["whose release another chart took keeps its name", undefined, { nameWhenEnabled: "site-blog" }, { name: "blog", superseded_by: "x" }, "blog"],
    ])("%s", (_, notation, over, release, expected) => {
      const { release: reported, conditions = [] } = statusOf(notation, over, { release }, parked);
      expect([reported?.name, conditions.find(({ type }) => type === "Initializing")?.resourceName]).toEqual([expected, expected]);
    });
  });

  test("of another chart's remembers who took it first, however often it is taken then", () => {
    const record = { record: released(named(), "3 deployed").record, ownership: { ...others, name: "ArmadaChart third" } };
    expect(statusOf(undefined, record, { release: { revision: 2 } }).release).toMatchObject({ superseded_by: "ArmadaChart third" });
    expect(statusOf(undefined, record, { release: { superseded_by: "ArmadaChart other" } }).release?.superseded_by).toBe("ArmadaChart other");
  });

  describe("of a release whose record has vanished", () => {
    const before = { release: { name: "blog", namespace: "site", revision: 3, ready_revision: 3 } };
    const orphanedObjects = [desiredObject("v1", "Service", { name: "a" })];
    test.each([
      ["is being deleted", { namespaceTerminating: true }, {}],
      ["is still there in part", { orphanedObjects }, { metadata: terminating }],
      ["is suspended", {}, { spec: { suspend: true } }],
      ["is parked", {}, { spec: { target_state: "uninitialized" } }],
      ["cannot be made anew: no source", { source: broken }, {}],
      ["cannot be made anew: its spec breaks a rule", { refusal: "no" }, {}],
      ["cannot be made anew: another chart comes first", { rival: "ArmadaChart other" }, {}],
    ] as const)("stays while it %s, so that what it had is looked for", (_, over, parts) => {
      expect(statusOf(undefined, { vanished: true, ...over }, before, parts).release).toEqual(before.release);
    });

    test("goes when nothing is left of it, or when it was removed by us", () => {
      const none = { name: "blog", namespace: "site" };
      expect(statusOf(undefined, { vanished: true }, before, { spec: { target_state: "uninstalled" } }).release).toEqual(none);
      expect(statusOf(undefined, { vanished: false }, before).release).toEqual(none);
    });
  });

  test("stays where a release may not live any more and nobody looks, until it is uninstalled", () => {
    const before = { release: { name: "blog", namespace: "site", revision: 3, spec_digest: "x" } };
    const refusal = "spec.namespace is not watched";
    expect(statusOf(undefined, { refusal }, before).release).toEqual(before.release);
    expect(statusOf(undefined, { refusal, target: "uninstalled" }, before).release).toEqual({ name: "blog", namespace: "site" });
    const taken = { refusal, record: released(named(), "3 deployed").record, ownership: others };
    expect(statusOf(undefined, taken, before).release).toMatchObject({ superseded_by: "ArmadaChart other" });
  });

  test("tells of ours what it is and what it was made of", () => {
    const { specDigest } = facts(named());
    expect(statusOf("3 deployed").release).toEqual({
      name: "blog",
      namespace: "site",
      revision: 3,
      chart: "x",
      chart_version: "1.2.3",
      inputs_digest: ready(named()).inputsDigest,
      spec_digest: specDigest,
      ready_revision: 3,
    });
  });

  test.each([nobodys, others])("tells no revision of one that is not ours, so that its name can still be changed: %p", (ownership) => {
    expect(statusOf("3 deployed", { ownership }).release).toEqual({ name: "blog", namespace: "site" });
  });

  test.each([
    ["stays that of the last release made from the spec", "2 deployed other", "old"],
    ["stays while helm has failed", "2 failed once", "old"],
    ["stays while a foreign revision runs", "2 deployed foreign", "old"],
    ["is that of the spec when what runs was made from it", "2 deployed", facts(named()).specDigest],
  ])("spec_digest %s", (_, notation, expected) => {
    expect(statusOf(notation, {}, { release: { spec_digest: "old" } }).release?.spec_digest).toBe(expected);
  });

  test.each([
    ["grows when every object is ready", "2 deployed", [seen("Job a", "ready")], 2],
    ["stays when one is not", "2 deployed", [seen("Job a", "progressing")], 1],
    ["stays when helm runs", "2 deployed other", [seen("Job a", "ready")], 1],
  ] as const)("ready_revision %s", (_, notation, objects, expected) => {
    expect(statusOf(notation, { objects }, { release: { ready_revision: 1 } }).release?.ready_revision).toBe(expected);
  });

  test("suspension makes no revision ready: somebody may run helm by hand meanwhile", () => {
    const of = named({ spec: { suspend: true }, status: { actual_state: "deployed", satisfied: true, release: { ready_revision: 1 } } });
    expect(report(of, facts(of, released(of, "2 deployed foreign"))).status.release?.ready_revision).toBe(1);
  });

  test("names Jobs and Pods that are done, there or gone", () => {
    const objects = [seen("Job a", "ready", { done: "there" }), seen("Job b", "missing", { done: "gone" }), seen("Job c", "progressing")];
    expect(statusOf("1 deployed", { objects }).release?.finished).toEqual(["Job a", "Job b"]);
  });
});
