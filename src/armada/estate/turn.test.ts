import { describe, expect, test } from "@jest/globals";
import { LEADS, ownerLabel } from "./owner-references.ts";
import { chart, estateOf, find, group, groupOf, manifest, owned, put, siteOf, wideEstateOf } from "../testing/estate.ts";
import { removalTurn, turn, type Purpose } from "./turn.ts";
import type { Estate, Node } from "./estate.ts";

/** `go`, or what it waits for. */
const said = (node: Node, purpose: Purpose, estate: Estate): string => {
  const answer = turn(node, purpose, estate);
  return answer.ready ? "go" : answer.waitingFor;
};

describe("turn of a member of a sequenced group", () => {
  test.each([
    // the members       the last one …  gets
    ["1P", "install", "go"],
    ["1D 2D 3P", "install", "go"],
    ["1D 2R 3P", "install", "ArmadaChart 2 to be ready (now running, Installing)"],
    ["1F 2D 3P", "install", "ArmadaChart 1 to be ready (now failed, InstallError)"],
    ["1N 2P", "install", "ArmadaChart 1 to be ready"],
    ["1O 2P", "install", "ArmadaChart 1 to be ready (now deployed)"],
    ["1W 2P", "install", "ArmadaChart 1 to be ready (now running, ResourcesNotReady)"],
    ["1X 2P", "install", "ArmadaChart 1 to be created"],
    ["1T 2P", "install", "ArmadaChart 1 to be ready (now running)"],
    ["1L 2U 3P", "install", "go"],
    ["lib-htkR 2P", "install", "go"],
    ["1D 2D", "upgrade", "go"],
    ["1W 2D", "upgrade", "go"],
    ["1R 2D", "upgrade", "ArmadaChart 1 to be ready (now running, Installing)"],
    ["1O 2O", "upgrade", "ArmadaChart 1 to be ready (now deployed)"],
    ["1F 2D", "upgrade", "ArmadaChart 1 to be ready (now failed, InstallError)"],
    ["1X 2T 3U 4L 5P 6D", "upgrade", "go"],
    ["1N 2D", "upgrade", "ArmadaChart 1 to be ready"],
  ] as const)("%s: %s of the last: %s", (notation, purpose, expected) => {
    const { estate, charts } = groupOf(notation);
    expect(said(find(estate, charts.at(-1)?.metadata.name ?? ""), purpose, estate)).toBe(expected);
  });

  test.each([
    ["1T 2T 3T", "1", "ArmadaChart 2 to be removed"],
    ["1T 2T 3X", "2", "go"],
    ["1T 2X 3T", "1", "ArmadaChart 3 to be removed"],
    ["1T 2D 3P", "1", "go"],
    ["1D 2T 3T", "3", "go"],
  ] as const)("%s: removal of %s: %s", (notation, name, expected) => {
    const { estate } = groupOf(notation);
    expect(said(find(estate, name), "remove", estate)).toBe(expected);
  });
});

test("who comes first is named as seen from the namespace of the one that waits", () => {
  const g = group("g", ["1", "2"], { spec: { sequenced: true } });
  const elsewhere = { metadata: { namespace: "ceph" } };
  const labelled = (name: string, parts: Parameters<typeof chart>[1] = {}) =>
    chart(name, { ...parts, metadata: { ...parts.metadata, labels: { [ownerLabel(g.metadata.uid)]: LEADS } } });
  const [far, near] = [labelled("1", elsewhere), labelled("2")];
  expect(said(near, "install", wideEstateOf(g, far, near))).toBe("ArmadaChart ceph/1 to be ready");
  const both = [labelled("1", elsewhere), labelled("2", elsewhere)] as const;
  expect(said(both[1], "install", wideEstateOf(g, ...both))).toBe("ArmadaChart 1 to be ready");
});

describe("turn without an order", () => {
  test.each(["install", "upgrade", "remove"] as const)("a member of an unsequenced group may %s at once", (purpose) => {
    const { estate } = groupOf("1R 2T 3T", { spec: { sequenced: false } });
    expect(said(find(estate, "2"), purpose, estate)).toBe("go");
  });

  test.each(["install", "upgrade", "remove"] as const)("a chart without parents may %s at once", (purpose) => {
    const alone = chart("1");
    expect(said(alone, purpose, estateOf(alone))).toBe("go");
  });

  test("a controller that is not one of ours gives no order", () => {
    const { estate, parent } = groupOf("1R 2P");
    const foreign = { ...parent, metadata: { ...parent.metadata, uid: "uid-workflow" } };
    expect(said(owned(chart("2"), foreign), "install", estate)).toBe("go");
  });

  test("only the controller's order counts, so two orders cannot lock each other out", () => {
    const one = group("one", ["1", "2"], { spec: { sequenced: true } });
    const two = group("two", ["2", "1"], { spec: { sequenced: true } });
    const [first, second] = [owned(chart("1"), one, two), owned(chart("2"), one, two)];
    const estate = estateOf(one, two, first, second);
    expect(said(first, "install", estate)).toBe("go");
    expect(said(second, "install", estate)).toBe("ArmadaChart 1 to be ready");
  });

  test("orders that contradict each other, of two controllers, hold nobody up, whether members come or go", () => {
    const dying = { deletionTimestamp: "2026-01-02T00:00:00Z" };
    for (const metadata of [{}, dying]) {
      const one = group("one", ["1", "2"], { spec: { sequenced: true }, metadata });
      const two = group("two", ["2", "1"], { spec: { sequenced: true }, metadata });
      // Each is behind the other for its own controller.
      const [first, second] =
        metadata === dying
          ? [owned(chart("1", { metadata }), one, two), owned(chart("2", { metadata }), two, one)]
          : [owned(chart("1"), two, one), owned(chart("2"), one, two)];
      const estate = estateOf(one, two, first, second);
      const purpose = metadata === dying ? "remove" : "install";
      expect([said(first, purpose, estate), said(second, purpose, estate)]).toEqual(["go", "go"]);
    }
  });

  test("three controllers whose orders make a circle hold nobody up", () => {
    const lists = { p: ["1", "2"], q: ["2", "3"], r: ["3", "1"] };
    const [p, q, r] = [
      group("p", lists.p, { spec: { sequenced: true } }),
      group("q", lists.q, { spec: { sequenced: true } }),
      group("r", lists.r, { spec: { sequenced: true } }),
    ];
    const charts = [owned(chart("1"), r, p), owned(chart("2"), p, q), owned(chart("3"), q, r)];
    const estate = estateOf(p, q, r, ...charts);
    expect(charts.map((each) => said(each, "install", estate))).toEqual(["go", "go", "go"]);
  });

  test("a member of two groups of a manifest does not wait for the first of them on behalf of the second", () => {
    const m = manifest("m", ["a", "b"]);
    const [a, b] = [owned(group("a", ["1", "2"], { spec: { sequenced: true } }), m), owned(group("b", ["2"], { spec: { sequenced: true } }), m)];
    const [one, two] = [owned(chart("1"), a), owned(chart("2"), b, a)];
    const estate = estateOf(m, a, b, one, two);
    expect(said(two, "install", estate)).toBe("go");
    expect(said(one, "install", estate)).toBe("go");
  });

  test("a sibling that another parent controls, and whose order does not contradict, is waited for", () => {
    const one = group("one", ["1", "2"], { spec: { sequenced: true } });
    const other = group("other", ["1"], { spec: { sequenced: true } });
    const [first, second] = [owned(chart("1"), other, one), owned(chart("2"), one)];
    expect(said(second, "install", estateOf(one, other, first, second))).toBe("ArmadaChart 1 to be ready");
  });

  test.each([
    ["terminating", { metadata: { deletionTimestamp: "2026-01-02T00:00:00Z" } }],
    ["parked", { spec: { target_state: "uninitialized" } }],
  ] as const)("a %s parent holds nobody back", (_, parts) => {
    const { estate } = groupOf("1R 2P", parts);
    expect(said(find(estate, "2"), "install", estate)).toBe("go");
  });

  test("a member that was taken off the list waits for nobody on it", () => {
    const { estate, parent } = groupOf("1R 2P");
    const off = owned(chart("3"), parent);
    put(estate, off);
    expect(said(off, "install", estate)).toBe("go");
    expect(said(off, "remove", estate)).toBe("go");
  });
});

describe("turn of members of groups in a manifest", () => {
  test.each([
    ["aD: 1D; bR: 2R", "2", "install", "go"],
    ["aR: 1R; bR: 2R", "2", "install", "ArmadaChartGroup a to be ready (now running, Installing)"],
    // its status is old news: a member has lost readiness
    ["aD: 1R; bR: 2R", "2", "install", "ArmadaChartGroup a to be ready (now deployed, UnderlyingResourcesReady)"],
    ["aD: 1D 2X; bR: 3R", "3", "install", "ArmadaChartGroup a to be ready (now deployed, UnderlyingResourcesReady)"],
    ["aX; bR: 2R", "2", "install", "ArmadaChartGroup a to be created"],
    ["aX; bR: 2R", "2", "upgrade", "go"],
    ["aW: 1W; bD: 2D", "2", "upgrade", "go"],
    ["aR: 1W; bD: 2D", "2", "upgrade", "ArmadaChartGroup a to be ready (now running, Installing)"],
    ["aT: 1T; bT: 2T", "1", "remove", "ArmadaChartGroup b to be removed"],
    ["aT: 1T; bT: 2T", "2", "remove", "go"],
    ["aT: 1T; bX", "1", "remove", "go"],
    ["aT: 1T 2T; bX", "1", "remove", "ArmadaChart 2 to be removed"],
  ] as const)("%s: chart %s, %s: %s", (notation, name, purpose, expected) => {
    const { estate } = siteOf(notation);
    expect(said(find(estate, name), purpose, estate)).toBe(expected);
  });
});

describe("removalTurn", () => {
  // members marked at 00:00:00 of 2 January, some time into that second
  test.each([
    ["1T 2D", "1", 500, "ArmadaChart 2, which comes after it, in case that is being removed too"],
    ["1T 2D", "1", 1999, "ArmadaChart 2, which comes after it, in case that is being removed too"],
    ["1T 2D", "1", 2000, "go"],
    ["1T 2T 3D", "1", 500, "ArmadaChart 2 to be removed"],
    ["1D 2T", "2", 500, "go"],
    ["1T 2X", "1", 500, "go"],
    ["1T 2D", "1", -60_000, "go"],
    ["1D 2D", "1", 500, "go"],
  ] as const)("%s: %s, %d ms after the mark: %s", (notation, name, afterMs, expected) => {
    const { estate } = groupOf(notation);
    const answer = removalTurn(find(estate, name), estate, Date.parse("2026-01-02T00:00:00Z") + afterMs);
    expect(answer.ready ? "go" : answer.waitingFor).toBe(expected);
  });

  test("waits for word of the next group, too, and says until when", () => {
    const { estate } = siteOf("aD: 1T; bD: 2D");
    const markedMs = Date.parse("2026-01-02T00:00:00Z");
    const waitingFor = "ArmadaChartGroup b, which comes after it, in case that is being removed too";
    expect(removalTurn(find(estate, "1"), estate, markedMs)).toEqual({ ready: false, waitingFor, untilMs: markedMs + 2000 });
  });

  test("a terminating parent is about to remove what it owns: those behind go first, marked or not", () => {
    const { estate } = groupOf("1T 2D", { metadata: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
    expect(said(find(estate, "1"), "remove", estate)).toBe("ArmadaChart 2 to be removed");
  });
});

describe("removalTurn", () => {
  const marked = Date.parse("2026-01-02T00:00:00Z");
  test.each([
    ["1T 2D", 0, "ArmadaChart 2, which comes after it, in case that is being removed too"],
    ["1T 2D", 1_999, "ArmadaChart 2, which comes after it, in case that is being removed too"],
    ["1T 2D", 2_000, "go"],
    // the API server's clock is ahead
    ["1T 2D", -60_000, "go"],
    ["1T 2T", 0, "ArmadaChart 2 to be removed"],
    ["1T 2X", 0, "go"],
  ])("%s, %d ms after it was marked: the first: %s", (notation, afterMs, expected) => {
    const { estate } = groupOf(notation);
    const answer = removalTurn(find(estate, "1"), estate, marked + afterMs);
    expect(answer.ready ? "go" : answer.waitingFor).toBe(expected);
  });

  test("looks behind its group too, and says until when", () => {
    const { estate } = siteOf("aD: 1T; bD: 2D");
    const waitingFor = "ArmadaChartGroup b, which comes after it, in case that is being removed too";
    expect(removalTurn(find(estate, "1"), estate, marked)).toEqual({ ready: false, waitingFor, untilMs: marked + 2_000 });
  });

  test("of a terminating parent's members follows the order though they are not marked yet", () => {
    const { estate } = groupOf("1T 2D", { metadata: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
    expect(said(find(estate, "1"), "remove", estate)).toBe("ArmadaChart 2 to be removed");
  });

  test("does not wait when only its field asks for removal", () => {
    const { estate } = groupOf("1U 2D");
    expect(removalTurn(find(estate, "1"), estate, marked)).toEqual({ ready: true });
  });
});
