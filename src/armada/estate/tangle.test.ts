import { describe, expect, test } from "@jest/globals";
import type { Estate, Node, Parent } from "./estate.ts";
import { chart, estateOf, find, group, manifest, owned } from "../testing/estate.ts";
import { turn } from "./turn.ts";

/** `go`, or what it waits for before it is removed. */
const said = (node: Node, estate: Estate): string => {
  const answer = turn(node, "remove", estate);
  return answer.ready ? "go" : answer.waitingFor;
};

describe("of whole estates that go, lists that agree count, whoever is controller", () => {
  const metadata = { deletionTimestamp: "2026-01-02T00:00:00Z" };
  const list = (name: string, ...members: readonly string[]) => group(name, members, { spec: { sequenced: true }, metadata });
  const going = (name: string, ...owners: readonly Parent[]) => owned(chart(name, { metadata }), ...owners);
  const [short, long] = [list("short", "1"), list("long", "1", "2")];
  test.each([
    ["another owner's order counts when the controller's says nothing", [short, long], [going("1", short, long), going("2", long)], ["wait", "go"]],
    ["also when the controller is gone", [long], [going("1", short, long), going("2", long)], ["wait", "go"]],
    ["not of one that does not own it", [short, long], [going("1", short), going("2", long)], ["go", "go"]],
    [
      "the controller's order counts against any other's",
      [list("one", "1", "2"), list("two", "2", "1")],
      [going("1", list("one"), list("two")), going("2", list("one"), list("two"))],
      ["wait", "go"],
    ],
    [
      "a circle through others' orders holds nobody up",
      [list("none"), list("p", "1", "2"), list("q", "2", "3"), list("r", "3", "1")],
      [
        going("1", list("none"), list("p"), list("r")),
        going("2", list("none"), list("p"), list("q")),
        going("3", list("none"), list("q"), list("r")),
      ],
      ["go", "go", "go"],
    ],
  ] as const)("%s", (_, parents, members, expected) => {
    const estate = estateOf(...parents, ...members);
    expect(members.map((member) => (turn(member, "remove", estate).ready ? "go" : "wait"))).toEqual(expected);
  });

  test("a group that two manifests list, both of which go, waits for what one of them puts behind it", () => {
    const [bootstrap, full] = [manifest("bootstrap", ["base"], { metadata }), manifest("full", ["base", "later"], { metadata })];
    const base = owned(group("base", ["1"], { metadata }), bootstrap, full);
    const later = owned(group("later", ["2"]), full);
    const [first, second] = [owned(chart("1", { metadata }), base), owned(chart("2"), later)];
    const estate = estateOf(bootstrap, full, base, later, first, second);
    expect([base, first, later, second].map((node) => said(node, estate))).toEqual([
      "ArmadaChartGroup later to be removed",
      "ArmadaChartGroup later to be removed",
      "go",
      "go",
    ]);
  });

  test("and long lists are gone through once", () => {
    const names = Array.from({ length: 2_000 }, (_, index) => String(index));
    const [p, q] = [list("p", ...names), list("q", ...names)];
    const nodes = names.map((name, index) => going(name, ...(index % 2 === 0 ? [p, q] : [q, p])));
    const estate = estateOf(p, q, ...nodes);
    const asked: string[] = [];
    const member: Estate["member"] = (parent, name) => {
      asked.push(name);
      return estate.member(parent, name);
    };
    const counting = Object.assign(Object.create(estate), { member });
    expect(said(find(estate, "0"), counting)).toBe("ArmadaChart 1 to be removed");
    expect(asked.length).toBeLessThan(20_000);
  });
});
