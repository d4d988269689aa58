import { describe, expect, test } from "@jest/globals";
import type { Change } from "../runtime/cache/store.ts";
import type { ArmadaChart } from "./api/chart.ts";
import type { Node } from "./estate/estate.ts";
import { REQUESTED_AT } from "./names.ts";
import { chart, estateOf, find, group, groupOf, manifest, next, owned, siteOf } from "./testing/estate.ts";
import { allDependents, concernsItself, outdatesPass, parentsOf, wakesItself, wokenBy } from "./wake.ts";

const names = (nodes: readonly Node[]): string =>
  nodes
    .map(({ metadata }) => metadata.name)
    .toSorted()
    .join(" ");

/** A status write. */
const status = (node: Node): Change<Node> => ({
  type: "updated",
  old: node,
  object: next<Node>(node, { status: { ...node.status, waiting_for: "…" } }),
});

describe("a change concerns the object itself", () => {
  const before = chart("c");
  const metadata = { ...before.metadata, resourceVersion: "2" };
  test.each([
    ["when it is new", { type: "added", object: before }, true],
    ["when it is gone", { type: "deleted", object: before }, true],
    ["when its spec changes", { type: "updated", old: before, object: next(before, { spec: { ...before.spec, suspend: true } }) }, true],
    ["when an annotation changes", { type: "updated", old: before, object: { ...before, metadata: { ...metadata, annotations: { a: "b" } } } }, true],
    ["when it is being deleted", { type: "updated", old: before, object: { ...before, metadata: { ...metadata, deletionTimestamp: "x" } } }, true],
    ["but not when only its status does", { type: "updated", old: before, object: next(before, { status: { satisfied: true } }) }, false],
  ] as const)("%s", (_, change, expected) => {
    expect(concernsItself(change)).toBe(expected);
  });
});

describe("an object is looked at again because of its own status", () => {
  const all = { satisfied: true, reason: "UnderlyingResourcesReady" } as const;
  const waits = { satisfied: false, reason: "WaitingForTurn" } as const;
  test.each([
    ["when it begins to wait for its turn: whom it waits for did not wake it before", all, waits, true],
    ["not while it waits: whom it waits for wakes it", waits, { ...waits, waiting_for: "…" }, false],
    ["not when it begins to wait for something else", all, { satisfied: false, reason: "Upgrading" }, false],
    ["not while it is parked: its parent enables it", all, { ...waits, actual_state: "uninitialized" }, false],
    ["not when it was not seen before: then it is woken", undefined, waits, false],
  ] as const)("%s", (_, before, after, expected) => {
    const old = chart("2", { status: before });
    const object = next(old, { status: after });
    expect(wakesItself({ type: "updated", old, object }, estateOf(object))).toBe(expected);
  });

  test("that is what a ready member does not hear of the one before it", () => {
    const { estate } = groupOf("1W 2D");
    expect(names(wokenBy(status(find(estate, "1")), estate))).toBe("g");
  });
});

test("a status that somebody took away wakes its object", () => {
  const { status: _lost, ...object } = chart("c", { status: { satisfied: true } });
  expect(wakesItself({ type: "updated", old: chart("c", { status: { satisfied: true } }), object }, estateOf(object))).toBe(true);
});

test("the patch that enables a member wakes it, and not the one before that puts the parent's mark on it", () => {
  const g = group("g", ["1"]);
  const free = chart("1", { spec: { target_state: "uninitialized" }, status: { actual_state: "uninitialized", observedGeneration: 1 } });
  const mine = next(owned(free, g), {});
  const estate = estateOf(g, mine);
  expect(wakesItself({ type: "updated", old: free, object: mine }, estate)).toBe(false);
  const enabled = next(mine, { spec: { ...mine.spec, target_state: "deployed" } });
  expect(wakesItself({ type: "updated", old: mine, object: enabled }, estate)).toBe(true);
});

test("only a new generation outdates the pass under way", () => {
  const before = chart("c");
  const object = (generation: number) => ({ ...before, metadata: { ...before.metadata, generation, resourceVersion: "2" } });
  expect(outdatesPass({ type: "updated", old: before, object: object(1) })).toBe(false);
  expect(outdatesPass({ type: "updated", old: before, object: object(2) })).toBe(true);
  expect(outdatesPass({ type: "added", object: before })).toBe(false);
});

describe("wokenBy", () => {
  test.each([
    // a status of … wakes
    ["1D 2R 3P", "1", "2 g"],
    ["1D 2D 3D", "1", "g"],
    ["1R 2R 3D", "2", "1 g"],
    ["1T 2T 3T", "3", "1 2 g"],
    ["1D 2O", "1", "2 g"],
    ["1D 2N", "1", "g"],
    ["1D 2P", "1", "g"],
  ])("%s: a status of %s wakes %s", (notation, name, expected) => {
    const { estate } = groupOf(notation);
    expect(names(wokenBy(status(find(estate, name)), estate))).toBe(expected);
  });

  test.each([
    ["is deployed at its current generation from now on", { actual_state: "deployed", observedGeneration: 1 }, "a m"],
    ["is on its way", { actual_state: "running", observedGeneration: 1 }, "a"],
    ["was deployed at an earlier one", { actual_state: "deployed", observedGeneration: 0 }, "a"],
  ] as const)("the manifest above its group hears of a chart that %s: the group may not change by that", (_, after, expected) => {
    const { estate } = siteOf("aD: 1N");
    const old = find(estate, "1");
    expect(names(wokenBy({ type: "updated", old, object: next<Node>(old, { status: after }) }, estate))).toBe(expected);
  });

  test("without a sequence a status wakes the parent only", () => {
    const { estate } = groupOf("1D 2R 3R", { spec: { sequenced: false } });
    expect(names(wokenBy(status(find(estate, "1")), estate))).toBe("g");
  });

  test.each([
    ["aD: 1D; bR: 2R 3P", "1", "2 a b"],
    ["aR: 1R; bD: 2D", "1", "a"],
    ["aD: 1D; bR: 2R", "a", "2 b m"],
  ])("over groups, %s: a status of %s wakes %s", (notation, name, expected) => {
    const { estate } = siteOf(notation);
    expect(names(wokenBy(status(find(estate, name)), estate))).toBe(expected);
  });

  test("a member that appears wakes those that list it, and one that goes those that own it", () => {
    const lists = group("lists", ["c"]);
    const owns = group("owns", []);
    const member = owned(chart("c"), owns);
    const estate = estateOf(lists, owns, member);
    expect(names(wokenBy({ type: "added", object: member }, estate))).toBe("lists owns");
    expect(names(wokenBy({ type: "deleted", object: member }, estate))).toBe("lists owns");
  });

  test("a reference taken off wakes the parent that had it", () => {
    const owns = group("owns", []);
    const before = owned(chart("c"), owns);
    const after = next(chart("c"), {});
    expect(names(wokenBy({ type: "updated", old: before, object: after }, estateOf(owns, after)))).toBe("owns");
  });

  test("a parent's own change wakes everything below it, its status does not", () => {
    const { estate, manifest: top } = siteOf("aD: 1D; bD: 2D 3D");
    const edited = next(top, { spec: { ...top.spec, suspend: true } });
    expect(names(wokenBy({ type: "updated", old: top, object: edited }, estate))).toBe("1 2 3 a b");
    expect(names(wokenBy(status(top), estate))).toBe("");
  });

  test.each([
    ["1P 2N 3R", "2 3"],
    ["1P 2P", ""],
  ])("an unsequenced parent's change leaves out members that it is about to enable: %s: %s", (notation, expected) => {
    const { estate, parent } = groupOf(notation, { spec: { sequenced: false } });
    expect(names(wokenBy({ type: "added", object: parent }, estate))).toBe(expected);
  });

  test("a manifest that goes wakes the groups it owns though it lists them no more", () => {
    const top = manifest("m", []);
    const below = owned(group("a", []), top);
    expect(names(wokenBy({ type: "deleted", object: top }, estateOf(top, below)))).toBe("a");
  });
});

describe("charts in one another wake each other", () => {
  const of = (name: string, dependencies: readonly string[] = []) => chart(name, { spec: { dependencies } });
  const [a, b, c, x] = [of("a", ["b"]), of("b", ["c"]), of("c"), of("x")];
  const estate = estateOf(a, b, c, x);
  const changed = (before: ArmadaChart, metadata: object, spec: object = {}): Change<Node> => ({
    type: "updated",
    old: before,
    object: { ...before, metadata: { ...before.metadata, resourceVersion: "2", ...metadata }, spec: { ...before.spec, ...spec } },
  });

  test.each([
    ["one that comes wakes all that hold it, by whatever way", { type: "added", object: c }, "a b"],
    ["one that goes, too", { type: "deleted", object: c }, "a b"],
    ["a new spec", changed(c, { generation: 2 }), "a b"],
    ["a request", changed(c, { annotations: { [REQUESTED_AT]: "now" } }), "a b"],
    ["but no status", status(c), ""],
    ["nor a label", changed(c, { labels: { a: "b" } }), ""],
    ["one that nobody holds wakes nobody", { type: "added", object: x }, ""],
    ["one that comes wakes what it holds, which is to be looked at from now on", { type: "added", object: a }, "b"],
    ["and so does one that holds it from now on", changed(a, { generation: 2 }, { dependencies: ["b", "x"] }), "x"],
  ] as const)("%s", (_, change, expected) => {
    expect(names(wokenBy(change, estate))).toBe(expected);
  });

  test("in a circle, each once", () => {
    const [one, two] = [of("1", ["2"]), of("2", ["1"])];
    expect(names(allDependents(one, estateOf(one, two)))).toBe("2");
  });
});

test("parentsOf says each parent once, whether it lists or owns", () => {
  const both = group("both", ["c"]);
  const member = owned(chart("c"), both);
  expect(names(parentsOf(member, estateOf(both, member)))).toBe("both");
});
