import { expect, test } from "@jest/globals";
import type { ArmadaChartStatus } from "../api/chart.ts";
import { chart, estateOf, group, groupOf, manifest, owned, wideEstateOf } from "../testing/estate.ts";
import type { Parent } from "../estate/estate.ts";
import type { StoreEstate } from "../estate/store-estate.ts";
import type { Outcome } from "../../runtime/reconcile/kind.ts";
import type { ParentAction } from "./action.ts";
import { reportParent } from "./report.ts";
import { parentFacts } from "./observe.ts";
import type { ParentObserved } from "./observed.ts";
import { decide, NOW } from "./testing/parents.ts";

const SINCE = "2026-03-01T09:00:00Z";
const now = "2026-03-01T12:00:00Z";

const sentence = (parent: Parent, estate: StoreEstate, outcomes: readonly Outcome<ParentAction, ParentObserved>[] = []): string | undefined =>
  reportParent(parent, { observed: parentFacts(parent, estate, NOW), decision: decide(parent, estate, outcomes), outcomes }).status.waiting_for;

/** A member in a state since nine o'clock, in its own words. */
const telling = (state: "running" | "failed", message: string, observedGeneration = 1): ArmadaChartStatus => ({
  actual_state: state,
  observedGeneration,
  reason: state === "failed" ? "InstallError" : "Installing",
  conditions: [
    { type: "Ready", status: "False", message, lastTransitionTime: "2026-03-01T08:00:00Z" },
    { type: state === "failed" ? "Failed" : "Running", status: "True", message, lastTransitionTime: SINCE },
  ],
});

test.each([
  ["running", true, `for ArmadaChart 1: helm install is running, since ${SINCE}; ArmadaChart 2 will have its turn`],
  ["running", false, `for ArmadaChart 1: helm install is running, since ${SINCE}; this ArmadaChartGroup will be deployed when every member is`],
  ["failed", true, `ArmadaChart 1: helm install is running (since ${SINCE}); ArmadaChart 2 will have its turn`],
  ["failed", false, `ArmadaChart 1: helm install is running (since ${SINCE}); this ArmadaChartGroup will be deployed when every member is`],
] as const)("a group waits for a member that is %s since that is so (sequenced: %s)", (state, sequenced, expected) => {
  const g = group("g", ["1", "2"], { spec: { sequenced } });
  const status = telling(state, "helm install is running");
  expect(sentence(g, estateOf(g, owned(chart("1", { status }), g), owned(chart("2"), g)))).toBe(expected);
});

test.each([
  ["helm install failed: no such kind (since T); next try at U", "ArmadaChart 1: helm install failed: no such kind (since T); next try at U"],
  ["for its spec to be corrected, since T; it stays as it is", "ArmadaChart 1: waiting for its spec to be corrected, since T; it stays as it is"],
])("why a chart has failed stands on its group and its manifest: %s", (waiting_for, expected) => {
  const failed = { ...telling("failed", "no such kind"), waiting_for };
  const top = manifest("m", ["g"]);
  const g = owned(group("g", ["1"]), top);
  const member = owned(chart("1", { status: failed }), g);
  expect(sentence(g, estateOf(g, member))).toBe(expected);
  const told = { ...g, status: { ...telling("failed", "x"), actual_state: "error" as const, waiting_for: expected } };
  expect(sentence(top, estateOf(top, told, member))).toBe(`ArmadaChartGroup g: ${expected}`);
});

test.each([
  ["is suspended", true, "set spec.suspend of ArmadaChart 1 to false to resume it"],
  ["is resumed, and has not been looked at since", false, "ArmadaChart 2 will have its turn"],
])("a group says what gets a member going again that %s", (_, suspend, next) => {
  const g = group("g", ["1", "2"], { spec: { sequenced: true } });
  const status = { ...telling("running", "spec.suspend is true: nothing is done until it is false"), reason: "Suspended" };
  const member = owned(chart("1", { status, spec: { suspend } }), g);
  expect(sentence(g, estateOf(g, member, owned(chart("2"), g)))).toBe(
    `for ArmadaChart 1: spec.suspend is true: nothing is done until it is false, since ${SINCE}; ${next}`,
  );
});

test("what a member said before it was edited does not tell since when it is waited for", () => {
  const g = group("g", ["1"]);
  const member = owned(chart("1", { status: telling("running", "helm install is running", 0) }), g);
  expect(sentence(g, estateOf(g, member))).toBe(
    `for ArmadaChart 1: it has changed and is being checked, since ${now}; this ArmadaChartGroup will be deployed when every member is`,
  );
});

test("a manifest says what the chart of its group says, once, and since when the group is so", () => {
  const top = manifest("m", ["g"]);
  const g = owned(group("g", ["1"], { status: telling("running", "ArmadaChart 1: Deployment web: 0 of 1 pods available") }), top);
  expect(sentence(top, estateOf(top, g))).toBe(
    `for ArmadaChartGroup g: ArmadaChart 1: Deployment web: 0 of 1 pods available, since ${SINCE}; this ArmadaManifest will be deployed when every member is`,
  );
});

const foreign = { apiVersion: "v1", kind: "Namespace", name: "site", uid: "uid-site", controller: true };

test.each([
  [
    "a controller of somebody else",
    ["1"],
    [chart("1", { metadata: { ownerReferences: [foreign] } })],
    `for ArmadaChart 1 to lose its controller Namespace site, since ${now}; remove that owner reference, or remove the name from the list`,
  ],
  [
    "several of its name",
    ["1"],
    ["x", "y"].map((namespace) => chart("1", { metadata: { namespace, uid: `uid-${namespace}` } })),
    `for one ArmadaChart 1 instead of several (x/1, y/1), since ${now}; give the one you mean a unique name`,
  ],
  ["nobody", ["1"], [], `for ArmadaChart 1 to be created, since ${now}; it will be adopted then`],
  [
    "a name that cannot be",
    [""],
    [],
    `for its spec to be corrected: spec.chart_group[0] is "", but it must have at least 1 character, since ${now}; its members are left as they are until then`,
  ],
])("a list whose name means %s is said with what to do", (_, names, members, expected) => {
  const g = group("g", names);
  expect(sentence(g, wideEstateOf(g, ...members))).toBe(expected);
});

const deleted = { metadata: { deletionTimestamp: SINCE } };

test.each([
  ["removed, in a sequence", "1D 2T", deleted, `for ArmadaChart 2, ArmadaChart 1 to be deleted, since ${now}; this object will be removed then`],
  [
    "removed, many in a sequence",
    "1D 2D 3D 4D 5D",
    deleted,
    `for ArmadaChart 5, ArmadaChart 4, ArmadaChart 3 and 2 more to be deleted, since ${now}; this object will be removed then`,
  ],
  [
    "removed at once",
    "1D 2D",
    { ...deleted, spec: { sequenced: false } },
    `for ArmadaChart 1, ArmadaChart 2 to be deleted, since ${now}; this object will be removed then`,
  ],
  [
    "uninstalled, in a sequence",
    "1D 2D",
    { spec: { target_state: "uninstalled" } },
    `for ArmadaChart 2, ArmadaChart 1 to be uninstalled, since ${now}; it will be uninstalled then`,
  ],
] as const)("members that are being %s are named as they go", (_, notation, parts, expected) => {
  const { parent, estate } = groupOf(notation, parts);
  expect(sentence(parent, estate)).toBe(expected);
});

test("a member that has left the list of a sequence goes after those that are on it, and is named so", () => {
  const g = group("g", ["1"], { ...deleted, spec: { sequenced: true } });
  const estate = estateOf(g, owned(chart("dropped"), g), owned(chart("1"), g));
  expect(sentence(g, estate)).toContain("for ArmadaChart 1, ArmadaChart dropped to be deleted");
});

test("a write that failed says why, and when the next try is", () => {
  const { parent, estate, charts } = groupOf("1P");
  const error = new Error("no route to host");
  const times = { startedAtMs: NOW, finishedAtMs: NOW };
  const observed = parentFacts(parent, estate, NOW);
  const outcomes = charts.map((member) => ({ action: { type: "enable", member } as const, generation: 1, observed, warnings: [], error, ...times }));
  expect(sentence(parent, estate, outcomes)).toMatch(/^no route to host \(since \S+Z\); next try at 2026-03-01T12:00:0\dZ$/);
});
