import { describe, expect, test } from "@jest/globals";
import { effectiveTarget, type Member } from "../estate/estate.ts";
import { ENABLED_BY, UNINSTALLED_BY } from "../names.ts";
import { ownerLabel, LEADS } from "../estate/owner-references.ts";
import { chart, estateOf, group, groupOf, manifest, next, owned, put, wideEstateOf } from "../testing/estate.ts";
import { decideParent } from "./decide.ts";
import { parentFacts } from "./observe.ts";
import type { Leaving } from "./leaving.ts";
import { decide, NOW, said } from "./testing/parents.ts";

const terminating = { metadata: { deletionTimestamp: "2026-03-01T11:00:00Z" } };
const uninstalled = { spec: { target_state: "uninstalled" } } as const;

describe("a parent that is uninstalled hands that down", () => {
  test.each([
    ["1D 2D 3D", "running UninstallingMembers: uninstall 3"],
    ["1D 2D 3U", "running UninstallingMembers: uninstall 2"],
    ["1D 2T 3U", "running UninstallingMembers: uninstall 1"],
    ["1U 2L 3U", "uninstalled UninstallSuccessful*"],
    ["1X 2X", "uninstalled UninstallSuccessful*"],
    ["1P 2N", "running UninstallingMembers: uninstall 2"],
  ])("in a sequence in reverse, each gone before the next: %s: %s", (notation, expected) => {
    const { parent, estate } = groupOf(notation, uninstalled);
    expect(said(decide(parent, estate))).toBe(expected);
  });

  test("without a sequence to all at once", () => {
    const { parent, estate } = groupOf("1D 2U 3F", { spec: { ...uninstalled.spec, sequenced: false } });
    expect(said(decide(parent, estate))).toBe("running UninstallingMembers: uninstall 1, uninstall 3");
  });

  test("not to what others own too, nor to what it never owned", () => {
    const g = group("g", ["1", "2"], uninstalled);
    const other = group("other", ["1"]);
    const decision = decide(g, estateOf(g, other, owned(chart("1"), g, other), chart("2")));
    expect(said(decision)).toBe("uninstalled UninstallSuccessful*");
    expect(decision.verdict.message).toContain("others own these too, so they stay: 1");
  });
});

describe("a member to which uninstalled was handed down", () => {
  const marked = (spec: object, parent = "g"): Member =>
    chart("1", { spec, metadata: { annotations: { [UNINSTALLED_BY]: `uid-${parent}`, [ENABLED_BY]: "uid-other" } } });
  const parents = { g: group("g", ["1"], uninstalled), other: group("other", ["1"], { spec: { target_state: "uninitialized" } }) };
  test.each([
    ["stays so when a file parks it", marked({ target_state: "uninitialized" }), [parents.g], "uninstalled"],
    ["stays so when a file deploys it", marked({ target_state: "deployed" }), [parents.g], "uninstalled"],
    ["counts as parked when its parent is deployed again", marked({ target_state: "uninstalled" }), [group("g", ["1"])], "uninitialized"],
    ["counts as parked when another parent wants it", marked({ target_state: "uninstalled" }), [parents.g, group("other", ["1"])], "uninitialized"],
    [
      "stays uninstalled when its parent is parked",
      marked({ target_state: "uninstalled" }),
      [{ ...parents.other, ...group("g", ["1"], { spec: { target_state: "uninitialized" } }) }],
      "uninstalled",
    ],
    ["is what it says when its parent is gone", marked({ target_state: "deployed" }, "gone"), [parents.other], "deployed"],
    ["is what it says when its parent does not list it any more", marked({ target_state: "deployed" }), [group("g", [], uninstalled)], "deployed"],
  ])("%s", (_, member, lists, expected) => {
    expect(effectiveTarget(member, estateOf(member, ...lists))).toBe(expected);
  });

  test("is enabled again in its turn", () => {
    const { parent, estate } = groupOf("1P 2P");
    for (const before of estate.charts.list()) {
      const metadata = { ...before.metadata, annotations: { [UNINSTALLED_BY]: parent.metadata.uid } };
      put(estate, next(before, { metadata, spec: { ...before.spec, target_state: "uninstalled" } }));
    }
    expect(said(decide(parent, estate))).toBe("running MembersNotReady: enable 1");
  });
});

describe("members of a parent that goes stay", () => {
  const leave = (leaving: Partial<Leaving>, notation = "1D 2D"): string => {
    const { parent, estate } = groupOf(notation, terminating);
    const facts = parentFacts(parent, estate, NOW, { orphaning: undefined, beingOrphaned: false, sentinel: false, ...leaving });
    const decision = decideParent(parent, facts, []);
    return `${said(decision)}${decision.gone === true ? ", gone" : ""}`;
  };
  test.each([
    ["by its policy", { orphaning: "policy" }, "1D 2D", "running Orphaning: disown 1, disown 2"],
    ["because of --cascade=orphan", { orphaning: "cascade" }, "1X 2X", "uninstalled Orphaning, gone"],
    ["while the garbage collector is at it", { orphaning: "cascade", beingOrphaned: true }, "1X 2X", "running Orphaning"],
    ["because its API goes", { orphaning: "crd" }, "1D 2D", "running LettingGo: disown 1, disown 2"],
    ["and its sentinel goes last", { orphaning: "cascade", sentinel: true }, "1X 2X", "uninstalled Orphaning: delete sentinel"],
  ] as const)("%s", (_, leaving, notation, expected) => {
    expect(leave(leaving, notation)).toBe(expected);
  });
});

describe("members that have left the list", () => {
  const left = owned(chart("1"), group("g", []));
  test.each([
    ["are disowned", {}, "deployed MembersReady*: disown 1"],
    ["are deleted with prune", { spec: { prune: true } }, "deployed MembersReady*: remove 1"],
  ])("%s", (_, parts, expected) => {
    const g = group("g", [], parts);
    expect(said(decide(g, estateOf(g, left)))).toBe(expected);
  });

  test("and that others own too are disowned all the same", () => {
    const g = group("g", [], { spec: { prune: true } });
    const other = group("other", ["1"]);
    expect(said(decide(g, estateOf(g, other, owned(chart("1"), g, other))))).toBe("deployed MembersReady*: disown 1");
  });
});

describe("when the controller of a member is gone", () => {
  const [one, two] = [group("one", ["1"]), group("two", ["1"], { metadata: { creationTimestamp: "2025-01-01T00:00:00Z" } })];
  const shared = owned(chart("1"), group("gone", []), one, two);
  test.each([
    ["the oldest takes its place", two, "running MembersNotReady: promote 1"],
    ["others do not", one, "running MembersNotReady"],
  ])("%s", (_, parent, expected) => {
    expect(said(decide(parent, estateOf(one, two, shared)))).toBe(expected);
  });

  test("a parked one does not take its place", () => {
    const parked = { ...two, spec: { ...two.spec, target_state: "uninitialized" as const } };
    expect(said(decide(one, estateOf(one, parked, shared)))).toBe("running MembersNotReady: promote 1");
  });
});

describe("members in other namespaces", () => {
  const elsewhere = (namespace: string, labels = {}) => chart("1", { metadata: { namespace, uid: `uid-${namespace}`, labels } });
  const g = group("g", ["1"]);
  test.each([
    ["are adopted", wideEstateOf(g, elsewhere("a")), "running MembersNotReady: adopt 1"],
    ["are not chosen among", wideEstateOf(g, elsewhere("a"), elsewhere("b")), "error MemberAmbiguous!"],
    ["are out of reach where that is not allowed", estateOf(g, elsewhere("a")), "pending WaitingForMember"],
    ["are kept", wideEstateOf(g, elsewhere("a", { [ownerLabel("uid-g")]: LEADS }), elsewhere("b")), "running MembersNotReady"],
  ])("%s", (_, estate, expected) => {
    expect(said(decide(g, estate))).toBe(expected);
  });

  test("that are out of reach are named, with the flag that would reach them", () => {
    expect(decide(g, estateOf(g, elsewhere("a"))).verdict.message).toContain("a/1 is in another namespace: that needs --cross-namespace=allow");
    expect(decide(g, estateOf(g, elsewhere("a"), elsewhere("b"))).verdict.message).toContain("(a/1, b/1 are in other namespaces: that needs");
  });

  test("of a manifest are groups", () => {
    const m = manifest("m", ["g"], { metadata: { namespace: "top" } });
    expect(said(decide(m, wideEstateOf(m, g)))).toBe("running MembersNotReady: adopt g");
  });
});
