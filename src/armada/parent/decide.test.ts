import { describe, expect, test } from "@jest/globals";
import { ApiError } from "../../runtime/api.ts";
import type { Outcome } from "../../runtime/reconcile/kind.ts";
import { chart, estateOf, find, group, groupOf, next, owned, put, siteOf } from "../testing/estate.ts";
import { ENABLED_BY, RELEASE_PREFIX, REQUESTED_AT } from "../names.ts";
import type { ParentAction } from "./action.ts";
import { parentFacts } from "./observe.ts";
import { reportParent } from "./report.ts";
import { decide, NOW, said } from "./testing/parents.ts";

const terminating = { metadata: { deletionTimestamp: "2026-03-01T11:00:00Z" } };
const parked = { spec: { target_state: "uninitialized" } } as const;
const foreign = (name: string) => ({
  metadata: { ownerReferences: [{ apiVersion: "argoproj.io/v1alpha1", kind: "Workflow", name, uid: `uid-${name}`, controller: true }] },
});

describe("a sequenced group", () => {
  test.each([
    ["1P 2P 3P", "running MembersNotReady: enable 1"],
    ["1R 2P 3P", "running MembersNotReady"],
    ["1D 2P 3P", "running MembersNotReady: enable 2"],
    ["1D 2D 3P", "running MembersNotReady: enable 3"],
    ["1D 2D 3D", "deployed MembersReady*"],
    ["1D 2W 3D", "running MembersNotReady"],
    ["1D 2O 3D", "running MembersNotReady"],
    ["1D 2F 3P", "error MemberFailed"],
    ["1F 2X", "pending WaitingForMember"],
    ["1X 2P", "pending WaitingForMember"],
    ["1D 2P 3X", "pending WaitingForMember: enable 2"],
    ["1L 2U lib-htkN", "deployed MembersReady*"],
    ["1N 2P", "running MembersNotReady"],
  ])("%s: %s", (notation, expected) => {
    const { parent, estate } = groupOf(notation);
    const decision = decide(parent, estate);
    expect(said(decision)).toBe(expected);
    if (!decision.verdict.satisfied) expect(JSON.stringify(decision.verdict.waiting)).toMatch(/^\{"(?:what":"for .|fault":".)/);
  });

  test("goes on by itself when a failed member recovers", () => {
    const { parent, estate } = groupOf("1F 2P");
    expect(said(decide(parent, estate))).toBe("error MemberFailed");
    put(estate, next(find(estate, "1"), { status: { actual_state: "deployed", observedGeneration: 1 } }));
    expect(said(decide(parent, estate))).toBe("running MembersNotReady: enable 2");
  });

  test("names the failed member, its reason and its message", () => {
    const { parent, estate } = groupOf("1D 2F");
    const conditions = [{ type: "Ready", status: "False", message: "helm install failed: no such kind" }] as const;
    put(estate, next(find(estate, "2"), { status: { actual_state: "failed", reason: "InstallError", observedGeneration: 1, conditions } }));
    expect(decide(parent, estate).verdict.message).toBe("ArmadaChart 2 is failed (InstallError): helm install failed: no such kind");
  });

  test("does not repeat what a member said before it was on an active list", () => {
    const { parent, estate } = groupOf("1D 2P");
    const conditions = [{ type: "Ready", status: "True", message: "parked: no active parent lists it" }] as const;
    put(estate, next(find(estate, "2"), { status: { actual_state: "uninitialized", observedGeneration: 1, conditions } }));
    expect(decide(parent, estate).verdict.message).toBe("ArmadaChart 2: parked, and to be enabled next");
  });

  test.each([
    ["1D 2L", "every member is deployed", "2/2"],
    ["1D 2U", "1 of 2 members are deployed; ArmadaChart 2 is skipped, because its spec.target_state is uninstalled", "1/2"],
    ["1D 2U 3L 4U", "2 of 4 members are deployed; ArmadaChart 2, ArmadaChart 4 are skipped, because their spec.target_state is uninstalled", "2/4"],
  ])("names members that somebody has set to uninstalled, and does not count them: %s", (notation, message, progress) => {
    const { parent, estate } = groupOf(notation);
    const decision = decide(parent, estate);
    expect([said(decision), decision.verdict.message]).toEqual(["deployed MembersReady*", message]);
    expect(reportParent(parent, { observed: parentFacts(parent, estate, NOW), decision, outcomes: [] }).status.progress).toBe(progress);
  });

  test.each([{ spec: {} }, parked])("stored before the CRD had a rule that it breaks says so, and does nothing: %p", (parts) => {
    const { parent, estate } = groupOf("1P", { ...parts, spec: { ...parts.spec, chart_group: ["1", ""] } });
    const decision = decide(parent, estate);
    expect(said(decision)).toBe("error InvalidSpec!");
    expect(decision.verdict.message).toBe('spec.chart_group[1] is "", but it must have at least 1 character.');
  });

  test("without members is done", () => {
    const empty = group("g", []);
    expect(said(decide(empty, estateOf(empty)))).toBe("deployed MembersReady*");
  });
});

test.each([
  ["1P 2P 3R", "running MembersNotReady: enable 1, enable 2"],
  ["1F 2P", "error MemberFailed: enable 2"],
  ["1X 2P", "pending WaitingForMember: enable 2"],
])("an unsequenced group over %s: %s", (notation, expected) => {
  const { parent, estate } = groupOf(notation, { spec: { sequenced: false } });
  expect(said(decide(parent, estate))).toBe(expected);
});

test.each([
  ["aP: 1P; bP: 2P", "running MembersNotReady: enable a"],
  ["aR: 1R; bP: 2P", "running MembersNotReady"],
  ["aD: 1D; bP: 2P", "running MembersNotReady: enable b"],
  ["aD: 1D; bD: 2D", "deployed MembersReady*"],
  ["aF: 1F; bP: 2P", "error MemberFailed"],
  ["aX; bP: 2P", "pending WaitingForMember"],
])("a manifest over %s: %s", (notation, expected) => {
  const { manifest: top, estate } = siteOf(notation);
  expect(said(decide(top, estate))).toBe(expected);
});

describe("ownership", () => {
  const g = group("g", ["1", "2"]);
  const other = group("other", ["1"]);

  test("members that nobody owns are adopted, the first owner being controller", () => {
    const estate = estateOf(g, other, chart("1"), owned(chart("2"), other));
    const { actions } = decide(g, estate);
    expect(actions.map((action) => (action.type === "adopt" ? [action.member.metadata.name, action.controller] : action.type))).toEqual([
      ["1", true],
      ["2", false],
    ]);
  });

  test("what a workflow of somebody else controls is left alone, and said", () => {
    const estate = estateOf(
      g,
      chart("1", { ...foreign("wf"), ...parked, status: { actual_state: "uninitialized", observedGeneration: 1 } }),
      chart("2"),
    );
    const decision = decide(g, estate);
    expect(said(decision)).toBe("error MemberConflict!: adopt 2");
    expect(decision.verdict.message).toContain("ArmadaChart 1 is controlled by Workflow wf");
  });

  test("a reference of somebody else that does not control is no conflict", () => {
    const [reference] = foreign("wf").metadata.ownerReferences;
    const plain = reference === undefined ? [] : [{ ...reference, controller: false }];
    const estate = estateOf(g, chart("1", { metadata: { ownerReferences: plain } }), chart("2"));
    expect(said(decide(g, estate))).toBe("running MembersNotReady: adopt 1, adopt 2");
  });

  test("a terminating member is not adopted", () => {
    const estate = estateOf(g, chart("1", terminating), owned(chart("2"), g));
    expect(said(decide(g, estate))).toBe("running MembersNotReady");
  });

  test("a member taken off the list is disowned, unless it goes anyway", () => {
    const estate = estateOf(g, owned(chart("1"), g), owned(chart("2"), g), owned(chart("3"), g), owned(chart("4", terminating), g));
    expect(said(decide(g, estate))).toBe("running MembersNotReady: disown 3");
  });
});

describe("a parent that does not act", () => {
  test.each([
    ["suspended before anybody looked", { spec: { suspend: true } }, "uninitialized Suspended"],
    ["suspended stays as it was", { spec: { suspend: true }, status: { actual_state: "deployed", satisfied: true } }, "deployed Suspended*"],
    ["parked on its own", parked, "uninitialized Parked*"],
  ] as const)("%s", (_, parts, expected) => {
    const { parent, estate } = groupOf("1P 2P", parts);
    expect(said(decide(parent, estate))).toBe(expected);
  });

  test("parked in an active manifest's list waits for its turn there", () => {
    const { estate } = siteOf("aR: 1R; bP: 2P");
    const b = estate.groups.get("site/b");
    expect(b === undefined ? "" : said(decide(b, estate))).toBe("uninitialized WaitingForTurn");
  });

  test("a member whose release would get too long a name is not enabled, and that is said", () => {
    const g = group("g", ["1", "2"], { metadata: { annotations: { [RELEASE_PREFIX]: "x".repeat(52) } } });
    const status = { actual_state: "uninitialized", observedGeneration: 1 } as const;
    const estate = estateOf(
      g,
      owned(chart("1", { ...parked, status }), g),
      owned(chart("2", { ...parked, status, spec: { target_state: "uninitialized", release: "a" } }), g),
    );
    expect(said(decide(g, estate))).toBe("error InvalidSpec!");
    expect(decide(g, estate).verdict.message).toContain("which has 54 characters");
  });
});

describe("removal of a parent", () => {
  test.each([
    ["1D 2D 3D", "running RemovingMembers: remove 3"],
    ["1D 2D 3T", "running RemovingMembers"],
    ["1D 2P 3X", "running RemovingMembers: remove 2"],
    ["1X 2X", "uninstalled UninstallSuccessful"],
  ])("in a sequence goes in reverse, each gone before the next: %s: %s", (notation, expected) => {
    const { parent, estate } = groupOf(notation, terminating);
    const decision = decide(parent, estate);
    expect(said(decision)).toBe(expected);
    expect(decision.gone ?? false).toBe(expected.startsWith("uninstalled"));
  });

  test("without a sequence all go at once", () => {
    const { parent, estate } = groupOf("1D 2T 3P", { ...terminating, spec: { sequenced: false } });
    expect(said(decide(parent, estate))).toBe("running RemovingMembers: remove 1, remove 3");
  });

  test("leaves what another live parent owns too", () => {
    const g = group("g", ["1", "2"], terminating);
    const other = group("other", ["1"]);
    const estate = estateOf(g, other, owned(chart("1"), g, other), owned(chart("2"), g));
    expect(said(decide(g, estate))).toBe("running RemovingMembers: disown 1, remove 2");
  });

  test.each([
    ["an active owner that lists it, before a parked one", ["parked", "other"], "uid-other"],
    ["a parked owner, if there is no other", ["parked"], "uid-parked"],
    ["nobody that has let it go already", ["elsewhere"], undefined],
  ] as const)("leaves having enabled a shared member to %s", (_, sharing, enabler) => {
    const g = group("g", ["1"], terminating);
    const parents = {
      parked: group("parked", ["1"], parked),
      other: group("other", ["1"], { metadata: { creationTimestamp: "2026-01-02T00:00:00Z" } }),
      elsewhere: group("elsewhere", ["2"]),
    };
    const enabled = chart("1", { ...parked, metadata: { annotations: { [ENABLED_BY]: g.metadata.uid } } });
    const member = owned(enabled, g, ...sharing.map((name) => parents[name]));
    const estate = estateOf(g, ...Object.values(parents), member);
    expect(decide(g, estate).actions).toEqual([{ type: "disown", member, enabler }]);
  });

  test("takes what it shares with a parent that goes as well", () => {
    const g = group("g", ["1"], terminating);
    const other = group("other", ["1"], terminating);
    expect(said(decide(g, estateOf(g, other, owned(chart("1"), g, other))))).toBe("running RemovingMembers: remove 1");
  });

  test("leaves what it never owned", () => {
    const g = group("g", ["1"], terminating);
    expect(said(decide(g, estateOf(g, chart("1"))))).toBe("uninstalled UninstallSuccessful");
  });

  test("takes members that were dropped from the list and not yet disowned", () => {
    const g = group("g", [], terminating);
    expect(said(decide(g, estateOf(g, owned(chart("1"), g))))).toBe("running RemovingMembers: remove 1");
  });

  test("overrides suspension and parking", () => {
    const { parent, estate } = groupOf("1D", { ...terminating, spec: { suspend: true, target_state: "uninitialized" } });
    expect(said(decide(parent, estate))).toBe("running RemovingMembers: remove 1");
  });

  test("waits for its own turn in a manifest", () => {
    const { estate } = siteOf("aT: 1D; bT: 2D");
    const [a, b] = [estate.groups.get("site/a"), estate.groups.get("site/b")];
    expect(a === undefined ? "" : said(decide(a, estate))).toBe("running WaitingForTurn");
    expect(b === undefined ? "" : said(decide(b, estate))).toBe("running RemovingMembers: remove 2");
  });
});

describe("an effect that the API server refused", () => {
  const { parent, estate } = groupOf("1P");
  const failedAt = (error: unknown): readonly Outcome<ParentAction>[] => [
    {
      action: { type: "enable", member: find(estate, "1") },
      generation: 1,
      observed: undefined,
      startedAtMs: NOW,
      finishedAtMs: NOW,
      warnings: [],
      error,
    },
  ];

  test("is tried again after a back-off, and said until then", () => {
    const decision = decide(parent, estate, failedAt(new Error("no route to host")));
    expect(said(decision)).toBe("error ReconcileError");
    expect(decision.verdict.message).toBe("no route to host");
    expect(decision.wakeAtMs).toBeLessThanOrEqual(NOW + 1_000);
    expect(said(decide(parent, estate, failedAt(new Error("no route to host")), NOW + 1_001))).toBe("running MembersNotReady: enable 1");
  });

  test("for good is stalled, and tried again rarely", () => {
    const decision = decide(parent, estate, failedAt(new ApiError("forbidden", { status: 403, reason: "Forbidden" })));
    expect(said(decision)).toBe("error ReconcileError!");
    expect(decision.wakeAtMs).toBe(NOW + 600_000);
  });

  test("for good is tried again at once when the clock was set back by more than any pause", () => {
    const forbidden = failedAt(new ApiError("forbidden", { status: 403, reason: "Forbidden" }));
    expect(said(decide(parent, estate, forbidden, NOW - 2_000))).toBe("running MembersNotReady: enable 1");
  });

  test("is remembered in status, until the spec changes or somebody asks", () => {
    const status = {
      actual_state: "error",
      reason: "ReconcileError",
      observedGeneration: 1,
      failures: 2,
      next_retry_time: "2026-03-01T12:00:09Z",
      conditions: [{ type: "Ready", status: "False", message: "no route to host" }],
    } as const;
    expect(said(decide({ ...parent, status }, estate))).toBe("error ReconcileError");
    const edited = { ...parent, status, metadata: { ...parent.metadata, generation: 2 } };
    expect(said(decide(edited, estate))).toBe("running MembersNotReady: enable 1");
    const asked = { ...parent, status, metadata: { ...parent.metadata, annotations: { [REQUESTED_AT]: "now" } } };
    expect(said(decide(asked, estate))).toBe("running MembersNotReady: enable 1");
    expect(said(decide(asked, estate, failedAt(new Error("no route to host"))))).toBe("error ReconcileError");
    expect(said(decide({ ...asked, status: { ...status, reconcile_requested_at: "now" } }, estate))).toBe("error ReconcileError");
  });
});
