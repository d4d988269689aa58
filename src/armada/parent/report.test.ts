import { expect, test } from "@jest/globals";
import { STATUS_BYTES } from "../status-size.ts";
import { chart, estateOf, group, manifest, owned } from "../testing/estate.ts";
import { decideParent } from "./decide.ts";
import { parentFacts } from "./observe.ts";
import { reportParent } from "./report.ts";
import { NOW } from "./testing/parents.ts";

test("the status of a parent is below 32 KiB, however many own it", () => {
  const tops = Array.from({ length: 200 }, (_, index) => manifest(`${"m".repeat(249)}${String(index).padStart(4, "0")}`, ["g"]));
  const g = owned(group("g", ["1"]), ...tops);
  const estate = estateOf(...tops, g, owned(chart("1"), g));
  const observed = parentFacts(g, estate, NOW);
  const { status } = reportParent(g, { observed, decision: decideParent(g, observed, []), outcomes: [] });
  expect(observed.owners).toHaveLength(200);
  expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThan(STATUS_BYTES);
  expect(status).toMatchObject({ progress: "0/1", owners: expect.stringMatching(/^m+0000, .*… \(cut\)$/) });
});

test("a member that another parent owns too is said to leave this one only", () => {
  const other = group("other", ["1"]);
  const g = group("g", []);
  const member = owned(chart("1"), g, other);
  const observed = parentFacts(g, estateOf(g, other, member), NOW);
  const decision = decideParent(g, observed, []);
  const outcomes = decision.actions.map((action) => ({
    action,
    error: undefined,
    generation: 1,
    observed,
    startedAtMs: NOW,
    finishedAtMs: NOW,
    warnings: [],
  }));
  expect(reportParent(g, { observed, decision, outcomes }).events).toContainEqual({
    type: "Normal",
    reason: "Disowned",
    note: "ArmadaChart 1 is no longer owned by this ArmadaChartGroup and stays as it is",
  });
});
