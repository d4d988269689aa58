import { describe, expect, test } from "@jest/globals";
import { chart, estateOf, group, groupOf, manifest, owned, referenceTo, siteOf } from "../testing/estate.ts";
import { ownerNames } from "../estate/owner-names.ts";
import { parentFacts } from "./observe.ts";
import { NOW } from "./testing/parents.ts";

const foreign = { apiVersion: "argoproj.io/v1alpha1", kind: "Workflow", name: "wf", uid: "uid-wf", controller: true };

describe("parentFacts", () => {
  test("says of each member on the list, in its order, what it is", () => {
    const { parent, estate } = groupOf("1D 2P 3X 4U 5L 6R");
    const { members } = parentFacts(parent, estate, NOW);
    expect(members.map(({ name, member, done, uninstalled, skipped }) => [name, member !== undefined, done, uninstalled, skipped])).toEqual([
      ["1", true, true, false, false],
      ["2", true, false, false, false],
      ["3", false, false, false, false],
      ["4", true, true, true, true],
      ["5", true, true, true, false],
      ["6", true, false, false, false],
    ]);
  });

  test("tells members with its reference that are not on the list any more", () => {
    const g = group("g", ["1"]);
    const estate = estateOf(g, owned(chart("1"), g), owned(chart("2"), g), chart("3"));
    expect(parentFacts(g, estate, NOW).dropped.map(({ name }) => name)).toEqual(["2"]);
  });

  test.each([
    ["stays: nobody", {}, [], []],
    ["goes: whom it removes", { metadata: { deletionTimestamp: "2026-03-01T11:00:00Z" } }, ["2"], []],
    ["is uninstalled: whom it uninstalls", { spec: { target_state: "uninstalled" } }, [], ["2"]],
  ] as const)("names those who leave now, of a parent that %s", (_, parts, remove, uninstall) => {
    const { parent, estate } = groupOf("1D 2D", parts);
    const seen = parentFacts(parent, estate, NOW);
    expect([seen.remove, seen.uninstall].map((members) => members.map(({ metadata }) => metadata.name))).toEqual([remove, uninstall]);
  });

  test("tells active parents and owners of itself", () => {
    const { estate } = siteOf("aD: 1D");
    const parkedTop = manifest("later", ["a"], { spec: { target_state: "uninitialized" } });
    estate.manifests.upsert(parkedTop);
    const a = estate.groups.get("site/a");
    const seen = a === undefined ? undefined : parentFacts(a, estate, NOW);
    expect(seen?.activeParents).toEqual(["ArmadaManifest m"]);
    expect(seen?.owners).toEqual(["m"]);
  });
});

test("a member that a foreign controller holds is never among those to remove, though it carries our reference", () => {
  const g = group("g", ["1", "2"], { metadata: { deletionTimestamp: "2026-03-01T11:00:00Z" } });
  const mine = owned(chart("1"), g);
  const both = owned(chart("2"), g);
  const references = [...(both.metadata.ownerReferences ?? []).map((reference) => ({ ...reference, controller: false })), foreign];
  const estate = estateOf(g, mine, { ...both, metadata: { ...both.metadata, ownerReferences: references } });
  expect(parentFacts(g, estate, NOW).remove.map(({ metadata }) => metadata.name)).toEqual(["1"]);
});

describe("the tie to a member", () => {
  const g = group("g", ["1"]);
  const other = group("other", ["1"]);
  const dying = group("dying", ["1"], { metadata: { deletionTimestamp: "2026-03-01T11:00:00Z" } });
  const gone = group("gone", ["1"]);
  const tie = (...references: readonly ReturnType<typeof referenceTo>[]) => {
    const member = chart("1", { metadata: { ownerReferences: references } });
    return parentFacts(g, estateOf(g, other, dying, member), NOW).members[0]?.tie;
  };
  test.each([
    ["nobody owns it", [], { tie: "free", controller: true }],
    ["another of ours controls it", [referenceTo(other)], { tie: "free", controller: false }],
    ["another of ours that is gone controls it", [referenceTo(gone)], { tie: "free", controller: true }],
    ["it is ours alone", [referenceTo(g)], { tie: "owned", alone: true, lead: false }],
    ["it is shared", [referenceTo(other), referenceTo(g, false)], { tie: "owned", alone: false, lead: false }],
    ["it is shared with one that goes", [referenceTo(dying), referenceTo(g, false)], { tie: "owned", alone: true, lead: false }],
    ["it is shared with one that is gone", [referenceTo(gone), referenceTo(g, false)], { tie: "owned", alone: true, lead: true }],
    ["somebody else controls it", [foreign], { tie: "foreign", by: "Workflow wf" }],
    ["somebody else has come to control it", [foreign, referenceTo(g, false)], { tie: "foreign", by: "Workflow wf" }],
    ["somebody else owns it without controlling it", [{ ...foreign, controller: false }, referenceTo(g)], { tie: "owned", alone: true, lead: false }],
  ] as const)("when %s", (_, references, expected) => {
    expect(tie(...references)).toEqual(expected);
  });
});

test("ownerNames names parents of ours that exist", () => {
  const g = group("g", ["1"]);
  const member = chart("1", { metadata: { ownerReferences: [referenceTo(g), foreign, referenceTo(group("gone", []), false)] } });
  expect(ownerNames(member, estateOf(g, member))).toEqual(["g"]);
});
