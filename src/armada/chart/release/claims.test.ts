import { describe, expect, test } from "@jest/globals";
import type { ArmadaChart, ArmadaChartStatus } from "../../api/chart.ts";
import type { Node } from "../../estate/estate.ts";
import { ENABLED_BY } from "../../names.ts";
import { chart, estateOf, group, manifest } from "../../testing/estate.ts";
import { claimAgainst } from "./claims.ts";
import { NOW } from "../testing/charts.ts";

const at = (second: number): string => `2026-03-01T10:00:${String(second).padStart(2, "0")}Z`;
/** Since this second it is not parked any more. */
const since = (second: number) => ({ conditions: [{ type: "Initializing", status: "False", lastTransitionTime: at(second) }] }) as const;
const by = (uid: string) => ({ annotations: { [ENABLED_BY]: uid } });

const readySince = (second: number) => [{ type: "Ready", status: "True", lastTransitionTime: at(second) }] as const;

const chartOf = (name: string, status?: ArmadaChartStatus["release"], metadata: object = {}, readyAt?: number): ArmadaChart =>
  chart(name, {
    metadata: { ...by(`uid-g-${name}`), ...metadata },
    spec: { release: "r" },
    status: { release: status, ...(readyAt === undefined ? {} : { conditions: readySince(readyAt) }) },
  });

/** A manifest for each chart, enabled in that second, over a group for each. */
const site = (one: ArmadaChart, oneSecond: number, other: ArmadaChart, otherSecond: number): readonly Node[] =>
  [[one, oneSecond] as const, [other, otherSecond] as const].flatMap(([of, second]) => {
    const { name } = of.metadata;
    return [manifest(`m-${name}`, [`g-${name}`], { status: since(second) }), group(`g-${name}`, [name], { metadata: by(`uid-m-${name}`) }), of];
  });

const says = (owner: ArmadaChart, of: ArmadaChart, nodes: readonly Node[]): string => {
  const { together, stays } = claimAgainst(owner, of, estateOf(...nodes), NOW);
  return `${together ? "together" : "later"}, ${stays ? "stays" : "is taken"}`;
};

describe("the release of an owner, when a chart of another manifest is enabled", () => {
  const old = { creationTimestamp: "2026-01-01T00:00:00Z" };
  const young = { creationTimestamp: "2026-02-01T00:00:00Z" };
  const ready = { name: "r", revision: 1, ready_revision: 1 };
  const unready = { name: "r", revision: 1 };
  test.each([
    // the owner          enabled   the newcomer           enabled
    [chartOf("x", ready, old), 10, chartOf("u", undefined, young), 40, "later, is taken"],
    [chartOf("x", unready, old), 10, chartOf("u", undefined, young), 40, "later, is taken"],
    [chartOf("u", ready, young), 10, chartOf("x", undefined, old), 40, "later, is taken"],
    // enabled at once: the older has it, whoever acted first
    [chartOf("x", ready, old), 10, chartOf("u", undefined, young), 10, "together, stays"],
    [chartOf("u", ready, young), 10, chartOf("x", undefined, old), 10, "together, is taken"],
    [chartOf("x", unready, old), 10, chartOf("u", undefined, young), 11, "together, stays"],
    [chartOf("u", unready, young), 11, chartOf("x", undefined, old), 10, "together, is taken"],
    [chartOf("x", unready, old), 10, chartOf("u", undefined, young), 15, "together, stays"],
    [chartOf("x", unready, old), 10, chartOf("u", undefined, young), 16, "later, is taken"],
    [chartOf("a", ready), 10, chartOf("b"), 10, "together, stays"],
    [chartOf("b", ready), 10, chartOf("a"), 10, "together, is taken"],
    [chartOf("x", ready, old, 12), 10, chartOf("u", undefined, young), 11, "together, stays"],
    // it was ready already when the newcomer was enabled
    [chartOf("x", ready, old, 11), 10, chartOf("u", undefined, young), 11, "later, is taken"],
    // nobody had it when the newcomer was enabled: the one that was enabled later has it
    [chartOf("x", ready, old), 10, chartOf("u", { claim: "new" }, young), 40, "later, is taken"],
    [chartOf("x", ready, old), 40, chartOf("u", { claim: "new" }, young), 10, "later, stays"],
    [chartOf("u", ready, young), 40, chartOf("x", { claim: "new" }, old), 10, "later, stays"],
    // what was settled when it was enabled stays so
    [chartOf("x", ready, old), 10, chartOf("u", { claim: "new" }, young), 10, "together, stays"],
    [chartOf("x", ready, old), 10, chartOf("u", { claim: "due" }, young), 10, "together, is taken"],
  ])("%#", (owner, ownerSecond, of, second, expected) => {
    expect(says(owner, of, site(owner, ownerSecond, of, second))).toBe(expected);
  });

  test.each([
    ["behind it", ["base", "later"], "is taken"],
    ["before it", ["later", "base"], "stays"],
  ])("a sequence that has both goes before age: the newcomer %s", (_, groups, expected) => {
    const full = manifest("full", groups, { status: since(10) });
    const [owner, of] = [chartOf("x", ready, old), chartOf("u", undefined, young)];
    const nodes = [group("base", ["x"], { metadata: by("uid-full") }), group("later", ["u"], { metadata: by("uid-full") })];
    const enabled = [owner, of].map((each, index) => ({ ...each, metadata: { ...each.metadata, ...by(index === 0 ? "uid-base" : "uid-later") } }));
    const [first = owner, second = of] = enabled;
    expect(says(first, second, [full, ...nodes, first, second])).toBe(`together, ${expected}`);
  });

  test("a parent that is being enabled now counts as enabled now, a chart that started on its own as old as it is", () => {
    const owner = chart("x", { metadata: old, spec: { release: "r" }, status: { release: ready } });
    const of = chartOf("u", undefined, young);
    const parent = group("g-u", ["u"], { status: { conditions: [{ type: "Initializing", status: "True", lastTransitionTime: at(1) }] } });
    expect(says(owner, of, [parent, owner, of])).toBe("later, is taken");
  });
});
