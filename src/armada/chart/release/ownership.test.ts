import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import type { ReleaseRef } from "../../../helm/driver.ts";
import { RELEASE_NAME } from "../../names.ts";
import { chart, estateOf, group, owned } from "../../testing/estate.ts";
import type { Node, Parent } from "../../estate/estate.ts";
import { hasClaim, heirOf, identify, ownershipOf, rivalOf, wasSuperseded } from "./ownership.ts";
import { revisionOf } from "../testing/charts.ts";

const release = { namespace: "site", name: "r" };
const parent = group("g", ["other"]);
const idle = group("idle", ["other"], { spec: { target_state: "uninitialized" } });

/** Charts of release `r`; `owner` is the uid on its newest Secret, or none when it does not exist. */
const world = (charts: readonly Node[], owner?: string) => {
  const estate = estateOf(...charts);
  const newest = revisionOf(chart("r"), 1, "deployed", owner === "" ? { labels: undefined, labelsCurrent: false } : {});
  const labelled = newest.labels === undefined || owner === undefined ? newest : { ...newest, labels: { ...newest.labels, owner } };
  const read = ({ name }: ReleaseRef) =>
    owner === undefined || name !== "r" ? undefined : { release, newest: labelled, revisions: [labelled], everDeployed: true };
  const ownedBy = (uid: string) => (uid === owner ? [release] : []);
  return {
    estate,
    clock: new ManualClock(),
    releases: { read, ownedBy },
    chartByUid: (uid: string) => estate.chartByUid(uid),
    record: read(release),
  };
};

const of = (name: string, parts: Parameters<typeof chart>[1] = {}) => chart(name, { ...parts, spec: { release: "r", ...parts.spec } });

describe("the name of a release", () => {
  const copied = of("copy", { metadata: { annotations: { [RELEASE_NAME]: "r" } }, spec: { release: "own" } });
  test.each([
    ["is the recorded one while the release is its own", [copied], "uid-copy", "r"],
    ["is the recorded one when the release is nobody's, as after a restore", [copied], "uid-of-before", "r"],
    ["is not that of the object from which its annotations were copied", [copied, of("original")], "uid-original", "own"],
    ["follows the spec when there is no release", [copied], undefined, "own"],
    ["is that of the release which names it, when status and annotation are lost", [of("p", { spec: { release: "s" } })], "uid-p", "r"],
    [
      "is what status says when the annotation is lost",
      [of("site-r", { status: { release: { name: "r", revision: 1 } }, spec: { release: "s" } })],
      "uid-site-r",
      "r",
    ],
  ])("%s", (_, charts, owner, name) => {
    expect(identify(charts[0] ?? copied, world(charts, owner)).name).toBe(name);
  });
});

describe("the owner of a release", () => {
  const me = of("me");
  const has = { status: { release: { name: "r", namespace: "site", revision: 1 } } };
  test.each([
    ["none", [me], undefined, "none"],
    ["this chart", [me], "uid-me", "ours"],
    ["nobody: no label", [me], "", "nobody"],
    ["nobody: a chart that is gone", [me], "uid-gone", "nobody"],
    ["another chart", [me, of("other")], "uid-other", "chart"],
    ["another chart whose label is lost, and whose status says that it has the release", [me, of("other", has)], "", "chart"],
    ["the same when the label names a chart that never was", [me, of("other", has)], "uid-gone", "chart"],
    ["nobody when that one is being deleted", [me, of("other", { ...has, metadata: { deletionTimestamp: "2026-03-01T00:00:00Z" } })], "", "nobody"],
    ["nobody when that one's release has another name", [me, of("other", { status: { release: { name: "s", revision: 1 } } })], "", "nobody"],
  ])("%s", (_, charts, owner, expected) => {
    const { record, ...deps } = world(charts, owner);
    expect(ownershipOf(me, release, record, deps).of).toBe(expected);
  });

  test.each([
    ["the same place", {}, true],
    ["another subpath", { source: { type: "local", location: "/charts/x", subpath: "y" } } as const, false],
    ["other values", { values: { a: 1 } }, true],
  ])("names the same chart: %s", (_, spec, expected) => {
    const { record, ...deps } = world([me, of("other", { spec })], "uid-other");
    expect(ownershipOf(me, release, record, deps)).toMatchObject({ name: "ArmadaChart other", sameChart: expected });
  });
});

describe("a claim", () => {
  const parked = { target_state: "uninitialized", actual_state: "uninitialized" } as const;
  test.each([
    ["has one that was parked and is enabled", { status: parked }, "deployed", "chart", true],
    ["is remembered", { status: { target_state: "deployed", release: { claim: "due" } } } as const, "deployed", "chart", true],
    ["has none that was never parked", { status: { target_state: "deployed" } } as const, "deployed", "chart", false],
    ["has none that nobody has seen yet", {}, "deployed", "chart", false],
    ["has none that is still parked", { status: parked }, "uninitialized", "chart", false],
    ["ends when the release is its own", { status: { release: { claim: "due" } } } as const, "deployed", "ours", false],
  ] as const)("%s", (_, parts, target, ownership, expected) => {
    expect(hasClaim(of("me", parts), target, ownership)).toBe(expected);
  });
});

describe("of several that want a release which does not exist", () => {
  const at = (creationTimestamp: string) => ({ creationTimestamp });
  const young = of("young", { metadata: at("2026-02-01T00:00:00Z") });
  const old = of("old", { metadata: at("2026-01-01T00:00:00Z") });
  test.each([
    ["the older comes first", young, [old], "ArmadaChart old"],
    ["and has no rival", old, [young], undefined],
    ["at the same second the smaller uid", of("b"), [of("a")], "ArmadaChart a"],
    ["one that had it last comes before the older", old, [of("young", { ...young, status: { release: { revision: 2 } } })], "ArmadaChart young"],
    ["one that lost it comes last", young, [{ ...old, status: { release: { superseded_by: "ArmadaChart x" } } }], undefined],
    ["a parked one does not count", young, [of("old", { metadata: at("2026-01-01T00:00:00Z"), spec: { target_state: "uninitialized" } })], undefined],
    ["nor one that goes", young, [of("old", { metadata: { ...at("2026-01-01T00:00:00Z"), deletionTimestamp: "2026-03-01T00:00:00Z" } })], undefined],
    ["nor one that is refused", young, [{ ...old, status: { reason: "InvalidSpec" } }], undefined],
    ["nor one of another release", young, [of("old", { metadata: at("2026-01-01T00:00:00Z"), spec: { release: "s" } })], undefined],
  ])("%s", (_, me, others, expected) => {
    expect(rivalOf(me, release, world([me, ...others]))).toBe(expected);
  });
});

describe("who gets a release back", () => {
  const lost = (by: string) => ({ status: { release: { superseded_by: `ArmadaChart ${by}` } } });
  const me = of("me", { status: { release: { revision: 3 } } });
  const lostEnabler = (by: Parent) => owned(of("other", { ...lost("me"), spec: { target_state: "uninitialized" } }), by);
  test.each([
    ["nobody when nobody had it", [of("other")], undefined],
    ["whom it was taken from", [of("other", lost("me"))], "ArmadaChart other"],
    ["whom it was taken from, not whom that had taken it from", [of("a", lost("b")), of("b", lost("me"))], "ArmadaChart b"],
    ["the one before when that goes too", [of("a", lost("b")), of("b", { ...lost("me"), spec: { target_state: "uninstalled" } })], "ArmadaChart a"],
    ["nobody who goes too", [of("other", { ...lost("me"), metadata: { deletionTimestamp: "2026-03-01T00:00:00Z" } })], undefined],
    [
      "one in another namespace too, which saw the owner from there",
      [of("a", lost("b")), of("b", { ...lost("site/me"), metadata: { namespace: "away" }, spec: { namespace: "site" } })],
      "ArmadaChart away/b",
    ],
    ["nobody who is parked", [of("other", { ...lost("me"), spec: { target_state: "uninitialized" } })], undefined],
    ["one that lost who had enabled it, and whose group will enable it again", [lostEnabler(parent), parent], "ArmadaChart other"],
    ["not when that group does not want it either", [lostEnabler(idle), idle], undefined],
  ])("%s", (_, others, expected) => {
    expect(heirOf(me, release, world([me, ...others], "uid-me"))?.name).toBe(expected);
  });
});

test.each([
  ["had it and has lost it", { release: { revision: 1 } }, true],
  ["has noted who took it", { release: { superseded_by: "ArmadaChart x" } }, true],
  ["never had it", { release: { name: "r" } }, false],
])("a chart was superseded that %s", (_, status, expected) => {
  expect(wasSuperseded(of("me", { status }))).toBe(expected);
});

test.each([
  [1, "not ready: 1 of 2 pods"],
  [2, "it has changed and is being checked"],
])("an owner of another chart's release is quoted on its current generation only (%p)", (generation, message) => {
  const conditions = [{ type: "Ready", status: "False", message: "not ready: 1 of 2 pods" }] as const;
  const owner = of("b", { metadata: { generation }, status: { actual_state: "running", observedGeneration: 1, conditions } });
  const { record, ...deps } = world([of("a"), owner], "uid-b");
  expect(ownershipOf(of("a"), release, record, deps)).toMatchObject({ of: "chart", name: "ArmadaChart b", state: "running", message });
});
