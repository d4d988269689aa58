import { describe, expect, test } from "@jest/globals";
import type { ArmadaChartGroupStatus } from "../api/group.ts";
import { ENABLED_BY } from "../names.ts";
import { appliedAgain, find, groupOf, next, put, siteOf } from "../testing/estate.ts";
import { parentFacts } from "./observe.ts";
import { reportParent } from "./report.ts";
import { decide, NOW, said } from "./testing/parents.ts";

describe("a member whose file is applied again and resets its target_state", () => {
  const STATUS = { actual_state: "deployed", observedGeneration: 1, satisfied: true } as const;
  const again = (notation: string, status: ArmadaChartGroupStatus, ...names: readonly string[]) => {
    const { parent, estate } = groupOf(notation, { status });
    for (const name of names) {
      const member = appliedAgain(find(estate, name), { target_state: "uninitialized" });
      put(estate, { ...member, metadata: { ...member.metadata, annotations: { [ENABLED_BY]: parent.metadata.uid } } });
    }
    const observed = parentFacts(parent, estate, NOW);
    const decision = decide(parent, estate);
    const { status: told, events } = reportParent(parent, { observed, decision, outcomes: [] });
    return [said(decision), told.progress, events.map(({ reason }) => reason).join(", ")];
  };

  test.each([
    ["1D 2D 3D", ["1"], ["deployed MembersReady*", "3/3", ""]],
    ["1D 2D 3D", ["1", "2", "3"], ["deployed MembersReady*", "3/3", ""]],
    ["1D 2R 3D", ["1"], ["running MembersNotReady", "2/3", "MembersNotReady"]],
    ["1D 2F 3D", ["1"], ["error MemberFailed", "2/3", "MemberFailed"]],
    ["1D 2P 3D", ["1"], ["running MembersNotReady", "2/3", "MembersNotReady"]],
  ])("leaves a group deployed that was: %s, again %p", (notation, names, expected) => {
    expect(again(notation, { ...STATUS, reason: "MembersReady" }, ...names)).toEqual(expected);
  });

  test("does not make a group deployed that was not", () => {
    const before = { ...STATUS, actual_state: "running", satisfied: false, reason: "MembersNotReady" } as const;
    expect(again("1D 2D", before, "1")).toEqual(["running MembersNotReady", "2/2", ""]);
  });

  test("leaves its manifest deployed, too, and is waited for before the next group is enabled", () => {
    const { manifest: top, estate } = siteOf("aD: 1D; bD: 2D");
    put(estate, appliedAgain(find(estate, "1"), { target_state: "deployed" }));
    expect(said(decide({ ...top, status: STATUS }, estate))).toBe("deployed MembersReady*");
    put(
      estate,
      next(find(estate, "b"), {
        spec: { chart_group: ["2"], target_state: "uninitialized" },
        status: { actual_state: "uninitialized", observedGeneration: 1 },
      }),
    );
    expect(said(decide({ ...top, status: STATUS }, estate))).toBe("running MembersNotReady");
    put(estate, next(find(estate, "1"), { status: { ...STATUS, observedGeneration: 2 } }));
    expect(said(decide({ ...top, status: STATUS }, estate))).toBe("running MembersNotReady: enable b");
  });
});
