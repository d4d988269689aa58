import { expect, test } from "@jest/globals";
import type { ArmadaChartStatus } from "../api/chart.ts";
import { chart, estateOf, group, manifest } from "../testing/estate.ts";
import { decide, NOW } from "./testing/parents.ts";
import { parentFacts } from "./observe.ts";
import { reportParent } from "./report.ts";
import { unreadableSources } from "./unreadable-sources.ts";

const stale: ArmadaChartStatus = { conditions: [{ type: "SourceStale", status: "True", message: "no chart there" }] };
const failing: ArmadaChartStatus = { reason: "SourceError", actual_state: "error", observedGeneration: 1 };
const fine: ArmadaChartStatus = { conditions: [{ type: "Ready", status: "True" }] };
const charts = (statuses: Readonly<Record<string, ArmadaChartStatus | undefined>>) =>
  Object.entries(statuses).map(([name, status]) => chart(name, { status }));

test.each([
  ["nobody", { a: fine, b: undefined }, undefined],
  ["a parked one", { a: fine, b: stale }, "1 of 3 members has a source that cannot be read: ArmadaChart b"],
  ["one that waits for it, too", { a: failing, b: stale }, "2 of 3 members have sources that cannot be read: ArmadaChart a, ArmadaChart b"],
] as const)("a group says whose source cannot be read: %s", (_, statuses, expected) => {
  const g = group("g", ["a", "b", "missing"]);
  expect(unreadableSources(g, estateOf(g, ...charts(statuses)))).toBe(expected);
});

test("a manifest counts each chart below it once, and names three", () => {
  const top = manifest("m", ["g", "h", "missing"]);
  const groups = [group("g", ["a", "b", "c"]), group("h", ["c", "d", "e", "f"])];
  const statuses = { a: stale, b: stale, c: stale, d: fine, e: stale };
  expect(unreadableSources(top, estateOf(top, ...groups, ...charts(statuses)))).toBe(
    "4 of 6 charts have sources that cannot be read: ArmadaChart a, ArmadaChart b, ArmadaChart c and 1 more",
  );
});

test("it is a condition of the parent, parked or not, and changes nothing else", () => {
  const g = group("g", ["a"], { spec: { target_state: "uninitialized" } });
  const of = (status: ArmadaChartStatus) => {
    const estate = estateOf(g, chart("a", { spec: { target_state: "uninitialized" }, status }));
    const { status: told, events } = reportParent(g, { observed: parentFacts(g, estate, NOW), decision: decide(g, estate), outcomes: [] });
    const { conditions = [], ...rest } = told;
    return { stale: conditions.filter(({ type }) => type === "SourceStale"), rest, events };
  };
  const [before, after] = [of(fine), of(stale)];
  expect(before.stale).toEqual([]);
  expect(after.stale).toEqual([
    expect.objectContaining({ status: "True", reason: "SourceError", message: "1 of 1 members has a source that cannot be read: ArmadaChart a" }),
  ]);
  expect([after.rest, after.events]).toEqual([before.rest, before.events]);
});
