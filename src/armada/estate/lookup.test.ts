import { describe, expect, test } from "@jest/globals";
import type { ArmadaChart } from "../api/chart.ts";
import { controllerOf, effectiveTarget, isOwnedAlone, type Estate, type Node } from "./estate.ts";
import { ENABLED_BY } from "../names.ts";
import { LEADS, ownerLabel, ownersOf, SHARES } from "./owner-references.ts";
import { ownerNames } from "./owner-names.ts";
import type { StoreEstate } from "./store-estate.ts";
import { chart, estateOf, group, owned, put, next, referenceTo, wideEstateOf } from "../testing/estate.ts";
import { wokenBy } from "../wake.ts";

const g = group("g", ["c"]);
/** A chart `c` in a namespace; with parents: theirs by label. */
const there = (namespace: string, ...parents: readonly Node[]): ArmadaChart =>
  chart("c", {
    metadata: {
      namespace,
      uid: `uid-${namespace}`,
      labels: Object.fromEntries(parents.map(({ metadata }, index) => [ownerLabel(metadata.uid), index === 0 ? LEADS : SHARES])),
    },
  });

const said = (estate: Estate): string => {
  const { member, namesakes } = estate.lookup(g, "c");
  return `${member?.metadata.namespace ?? "nobody"} not ${namesakes.map(({ metadata }) => metadata.namespace).join(",")}`;
};

describe("whom a name means, where members may live elsewhere", () => {
  test.each([
    ["the one in the parent's namespace", [chart("c"), there("a")], "site not a"],
    ["the only one elsewhere", [there("a")], "a not "],
    ["nobody when there are several elsewhere", [there("a"), there("b")], "nobody not a,b"],
    ["the one it owns, although others came later", [there("a", g), there("b")], "a not b"],
    ["the one it owns, although one came to its own namespace", [there("a", g), chart("c")], "a not site"],
    ["the one it owns by reference, whatever else there is", [owned(chart("c"), g), there("a")], "site not a"],
  ] as const)("%s", (_, members, expected) => {
    expect(said(wideEstateOf(g, ...members))).toBe(expected);
  });

  test.each([
    ["nobody, and says who is out of reach", [there("a")], "nobody not a"],
    ["nobody, although it had it while that was allowed", [there("a", g)], "nobody not a"],
    ["the one in the parent's namespace", [chart("c"), there("a", g)], "site not a"],
  ] as const)("and where they may not: %s", (_, members, expected) => {
    expect(said(estateOf(g, ...members))).toBe(expected);
  });
});

describe("parents of a member elsewhere", () => {
  const other = group("other", ["c"], { metadata: { namespace: "top", creationTimestamp: "2025-01-01T00:00:00Z" } });
  const member = there("a", other, g);
  const names = (nodes: readonly Node[]): readonly string[] => nodes.map(({ metadata }) => metadata.name);

  test("list it and own it across namespaces, the oldest first", () => {
    const estate = wideEstateOf(g, other, member);
    expect(names(estate.parentsListing(member))).toEqual(["other", "g"]);
    expect([g, other].map((parent) => names(estate.ownedBy(parent)))).toEqual([["c"], ["c"]]);
    expect(controllerOf(member, estate)?.metadata.name).toBe("other");
    expect(isOwnedAlone(member, g, estate)).toBe(false);
  });

  test("that do not exist do not count", () => {
    const estate = wideEstateOf(g, member);
    expect(ownersOf(member)).toHaveLength(2);
    expect(controllerOf(member, estate)).toBeUndefined();
    expect(isOwnedAlone(member, g, estate)).toBe(true);
  });

  test("own nothing elsewhere where that is not allowed", () => {
    expect(estateOf(g, other, member).ownedBy(g)).toEqual([]);
  });

  test("count for nothing beside one here, where that is not allowed", () => {
    const marked = there("site", other);
    const shared = { ...marked, metadata: { ...marked.metadata, ownerReferences: [referenceTo(g, false)] } };
    const look = (estate: StoreEstate) => ({
      controller: controllerOf(shared, estate)?.metadata.name,
      owners: ownerNames(shared, estate),
      alone: isOwnedAlone(shared, g, estate),
      woken: names(wokenBy({ type: "added", object: shared }, estate)),
      indexed: estate.charts.byIndex("owner", other.metadata.uid).length,
    });
    expect(look(wideEstateOf(g, other, shared))).toEqual({
      controller: "other",
      owners: ["g", "top/other"],
      alone: false,
      woken: ["other", "g"],
      indexed: 1,
    });
    expect(look(estateOf(g, other, shared))).toEqual({ controller: undefined, owners: ["g"], alone: true, woken: ["g"], indexed: 0 });
  });

  test("list only whom their name means", () => {
    const estate = wideEstateOf(g, chart("c"), there("a"));
    expect(names(estate.parentsListing(there("a")))).toEqual([]);
    expect(names(estate.parentsNaming(there("a")))).toEqual(["g"]);
  });

  test("have enabled it only while their name means it", () => {
    const parked = chart("c", {
      metadata: { namespace: "a", annotations: { [ENABLED_BY]: g.metadata.uid } },
      spec: { target_state: "uninitialized" },
    });
    expect(effectiveTarget(parked, wideEstateOf(g, parked))).toBe("deployed");
    expect(effectiveTarget(parked, wideEstateOf(g, parked, chart("c", { metadata: { uid: "uid-own" } })))).toBe("uninitialized");
  });

  test("are woken by a namesake that comes", () => {
    const estate = wideEstateOf(g, member);
    const namesake = there("b");
    put(estate, namesake);
    expect(names(wokenBy({ type: "added", object: namesake }, estate))).toContain("g");
  });
});

describe("dependents of a chart", () => {
  const user = chart("user", { spec: { dependencies: ["c"] } });
  const names = (nodes: readonly Node[]): readonly string[] => nodes.map(({ metadata }) => metadata.name);

  test("are those that name it, elsewhere only where that is allowed", () => {
    expect(names(estateOf(user).dependents(chart("c")))).toEqual(["user"]);
    expect(names(estateOf(user).dependents(there("a")))).toEqual([]);
    expect(names(wideEstateOf(user).dependents(there("a")))).toEqual(["user"]);
  });

  test("are no more when they name it no more", () => {
    const estate = estateOf(user);
    put(estate, next(user, { spec: { ...user.spec, dependencies: [] } }));
    expect(estate.dependents(chart("c"))).toEqual([]);
  });
});

test("a member that leaves a list is woken, also one that the parent does not own", () => {
  const before = group("g", ["c", "d"], { spec: { target_state: "uninitialized" } });
  const after = next(before, { spec: { ...before.spec, chart_group: ["d"] } });
  const estate = estateOf(after, chart("c"), chart("d"));
  const woken = wokenBy({ type: "updated", old: before, object: after }, estate).map(({ metadata }) => metadata.name);
  expect(woken.toSorted()).toEqual(["c", "d"]);
});

test("charts of one release wake each other", () => {
  const [one, two] = [chart("one", { spec: { release: "r" } }), chart("two", { spec: { release: "r" } })];
  const estate = estateOf(one, two);
  expect(wokenBy({ type: "updated", old: one, object: next(one, { status: { actual_state: "failed" } }) }, estate)).toEqual([two]);
});
