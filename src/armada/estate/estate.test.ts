import { describe, expect, test } from "@jest/globals";
import { controllerOf, effectiveTarget, isActive, isLibrary, isObserved, isSequenced, memberNames } from "./estate.ts";
import { ENABLED_BY, RELEASE_NAME } from "../names.ts";
import { chart, estateOf, group, manifest, owned, put, referenceTo } from "../testing/estate.ts";

const at = (creationTimestamp: string) => ({ metadata: { creationTimestamp } });

const names = (nodes: readonly { readonly metadata: { readonly name: string } }[]): readonly string[] => nodes.map(({ metadata }) => metadata.name);

describe("effectiveTarget", () => {
  const g = group("g", ["c"]);
  const other = group("other", ["d"]);
  const parkedParent = group("parked", ["c"], { spec: { target_state: "uninitialized" } });
  const dying = group("dying", ["c"], { metadata: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  test.each([
    ["is what the field says", "uninstalled", undefined, "uninstalled"],
    ["is deployed when the field is absent", undefined, undefined, "deployed"],
    ["is parked when the field parks it and nobody has enabled it", "uninitialized", undefined, "uninitialized"],
    ["is deployed when a parent that lists it has enabled it", "uninitialized", g, "deployed"],
    ["is parked when that parent does not list it any more", "uninitialized", other, "uninitialized"],
    ["is parked when that parent is gone", "uninitialized", group("gone", ["c"]), "uninitialized"],
    ["stays deployed when that parent is parked later", "uninitialized", parkedParent, "deployed"],
    ["stays deployed while that parent is being removed", "uninitialized", dying, "deployed"],
    ["is ended by uninstalled, whoever has enabled it", "uninstalled", g, "uninstalled"],
  ] as const)("%s", (_, target_state, enabledBy, expected) => {
    const member = chart("c", {
      ...(target_state === undefined ? {} : { spec: { target_state } }),
      ...(enabledBy === undefined ? {} : { metadata: { annotations: { [ENABLED_BY]: enabledBy.metadata.uid } } }),
    });
    expect(effectiveTarget(member, estateOf(member, g, other, parkedParent, dying))).toBe(expected);
  });

  test.each([
    ["until the parent that has dropped it lets it go, if another owner lists it", [other, g], "deployed"],
    ["not if the other owner has dropped it too", [other, group("third", ["d"])], "uninitialized"],
    ["not once its mark is off", [g], "uninitialized"],
  ])("stays deployed %s", (_, owners, expected) => {
    const annotations = { [ENABLED_BY]: other.metadata.uid };
    const member = owned(chart("c", { spec: { target_state: "uninitialized" }, metadata: { annotations } }), ...owners);
    expect(effectiveTarget(member, estateOf(member, g, other, group("third", ["d"])))).toBe(expected);
  });

  test("of a group follows the manifest that has enabled it", () => {
    const m = manifest("m", ["g"]);
    const parked = group("g", [], { spec: { target_state: "uninitialized" }, metadata: { annotations: { [ENABLED_BY]: m.metadata.uid } } });
    expect(effectiveTarget(parked, estateOf(m, parked))).toBe("deployed");
    expect(effectiveTarget(parked, estateOf(parked))).toBe("uninitialized");
  });
});

describe("isActive", () => {
  test.each([
    ["a parent", {}, true],
    ["a parked parent", { spec: { target_state: "uninitialized" } }, false],
    ["a terminating parent", { metadata: { deletionTimestamp: "2026-01-02T00:00:00Z" } }, false],
  ] as const)("of %s", (_, parts, expected) => {
    const parent = group("g", [], parts);
    expect(isActive(parent, estateOf(parent))).toBe(expected);
  });
});

describe("isLibrary", () => {
  test.each([
    ["a chart", chart("a"), false],
    ["a chart with the legacy suffix", chart("helm-toolkit-htk"), true],
    ["a chart whose Chart.yaml said so", chart("a", { status: { reason: "Library" } }), true],
    ["a group with the suffix", group("a-htk", []), false],
  ])("of %s", (_, node, expected) => {
    expect(isLibrary(node)).toBe(expected);
  });
});

describe("isObserved", () => {
  test.each([
    [undefined, false],
    [1, false],
    [2, true],
  ])("of generation 2 with a status of %p is %p", (observedGeneration, expected) => {
    expect(isObserved(chart("a", { metadata: { generation: 2 }, status: { observedGeneration } }))).toBe(expected);
  });
});

test("a manifest is always sequenced, a group when it says so", () => {
  expect([manifest("m", []), group("g", []), group("g", [], { spec: { sequenced: true } })].map(isSequenced)).toEqual([true, false, true]);
});

test("memberNames keeps the order and says each name once", () => {
  expect(memberNames(group("g", ["b", "a", "b"]))).toEqual(["b", "a"]);
});

describe("StoreEstate", () => {
  test("finds members by name in the parent's namespace only", () => {
    const here = chart("c");
    const there = chart("c", { metadata: { namespace: "elsewhere", uid: "uid-there" } });
    const estate = estateOf(there, here);
    expect(estate.member(group("g", ["c"]), "c")?.metadata.uid).toBe("uid-c");
    expect(estate.member(manifest("m", ["c"]), "c")).toBeUndefined();
  });

  test("lists the parents that hold a member, the oldest first, then the smaller uid", () => {
    const parents = [
      group("b", ["c"], at("2026-01-02T00:00:00Z")),
      group("z", ["c"], at("2026-01-01T00:00:00Z")),
      group("a", ["c"], at("2026-01-02T00:00:00Z")),
    ];
    const estate = estateOf(...parents, group("not", ["d"]), group("far", ["c"], { metadata: { namespace: "elsewhere" } }));
    expect(names(estate.parentsListing(chart("c")))).toEqual(["z", "a", "b"]);
  });

  test("forgets a parent that takes the name off its list", () => {
    const before = group("g", ["c"]);
    const estate = estateOf(before);
    put(estate, { ...group("g", ["d"]), metadata: { ...before.metadata, resourceVersion: "2" } });
    expect(estate.parentsListing(chart("c"))).toEqual([]);
    expect(names(estate.parentsListing(chart("d")))).toEqual(["g"]);
  });

  test("knows who is owned, and by which parent of ours it is controlled", () => {
    const [one, two] = [group("one", []), group("two", [])];
    const shared = owned(chart("c"), one, two);
    const estate = estateOf(one, two, shared);
    expect([one, two].map((parent) => names(estate.ownedBy(parent)))).toEqual([["c"], ["c"]]);
    expect(controllerOf(shared, estate)?.metadata.name).toBe("one");
    expect(controllerOf({ ...shared, metadata: { ...shared.metadata, ownerReferences: [referenceTo(two, false)] } }, estate)).toBeUndefined();
  });

  test("finds charts of a release under the name recorded for it and under the one its spec names", () => {
    const renamed = chart("c", { metadata: { annotations: { [RELEASE_NAME]: "old" } }, spec: { release: "new" } });
    const estate = estateOf(renamed);
    expect(["site/old", "site/new", "site/c", "elsewhere/old"].map((release) => names(estate.chartsOf(release)))).toEqual([["c"], ["c"], [], []]);
  });
});
