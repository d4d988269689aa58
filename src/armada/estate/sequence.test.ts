import { describe, expect, test } from "@jest/globals";
import type { Member } from "./estate.ts";
import { ENABLED_BY } from "../names.ts";
import { toEnable, toRemove } from "./sequence.ts";
import { chart, find, group, groupOf, next, put, siteOf } from "../testing/estate.ts";

const say = (verb: string, members: readonly Member[]): string => members.map(({ metadata }) => `${verb} ${metadata.name}`).join(", ");

describe("toEnable", () => {
  test.each([
    ["1P 2P 3P", "enable 1"],
    ["1R 2P 3P", ""],
    ["1D 2P 3P", "enable 2"],
    ["1D 2D 3P", "enable 3"],
    ["1R 2D 3P", ""],
    ["1W 2P", ""],
    ["1O 2P", ""],
    ["1F 2P", ""],
    ["1X 2P", ""],
    ["1T 2P", ""],
    ["1D 2D 3D", ""],
    // a status must have recorded it as parked first
    ["1N 2P", ""],
    ["1L 2U lib-htkP 3P", "enable 3"],
    ["1L 2U", ""],
  ])("in a sequence of %s: %s", (notation, expected) => {
    const { estate, parent } = groupOf(notation);
    expect(say("enable", toEnable(parent, estate))).toBe(expected);
  });

  test.each([
    ["1P 2P 3P", "enable 1, enable 2, enable 3"],
    ["1F 2P 3N 4X 5D 6L 7U 8P", "enable 2, enable 8"],
    ["lib-htkP 1T", ""],
  ])("without a sequence of %s: %s", (notation, expected) => {
    const { estate, parent } = groupOf(notation, { spec: { sequenced: false } });
    expect(say("enable", toEnable(parent, estate))).toBe(expected);
  });

  test("a name listed twice is enabled once", () => {
    const { estate } = groupOf("1P 2P");
    expect(say("enable", toEnable(group("g", ["1", "1"]), estate))).toBe("enable 1");
  });

  test("a parked member that has been edited since is seen parked at its new generation first", () => {
    const { estate, parent } = groupOf("1P");
    const before = find(estate, "1");
    put(estate, next(before, { metadata: { ...before.metadata, generation: 2 } }));
    expect(toEnable(parent, estate)).toEqual([]);
  });

  test("a member that this parent has enabled is not enabled again when a re-applied file parks it", () => {
    const { estate, parent } = groupOf("1P 2P");
    const before = find(estate, "1");
    put(estate, next(before, { metadata: { ...before.metadata, annotations: { [ENABLED_BY]: parent.metadata.uid } } }));
    expect(toEnable(parent, estate)).toEqual([]);
  });

  test.each([
    ["aP: 1P; bP: 2P", "enable a"],
    ["aR: 1R; bP: 2P", ""],
    ["aD: 1D; bP: 2P", "enable b"],
    // the group's own status lags behind its chart
    ["aD: 1R; bP: 2P", ""],
    ["aD: 1D 2O; bP: 3P", ""],
  ])("a manifest over %s: %s", (notation, expected) => {
    const { estate, manifest } = siteOf(notation);
    expect(say("enable", toEnable(manifest, estate))).toBe(expected);
  });
});

describe("toRemove", () => {
  test.each([
    ["1D 2P 3R", "remove 3"],
    ["1D 2P 3T", ""],
    ["1D 2P 3X", "remove 2"],
    ["1D 2T 3X", ""],
    ["1X 2X", ""],
  ])("in a sequence of %s: %s", (notation, expected) => {
    const { parent, charts } = groupOf(notation);
    expect(say("remove", toRemove(parent, charts))).toBe(expected);
  });

  test("without a sequence all that do not go already", () => {
    const { parent, charts } = groupOf("1D 2T 3P", { spec: { sequenced: false } });
    expect(say("remove", toRemove(parent, charts))).toBe("remove 1, remove 3");
  });

  test("what was taken off the list goes after the members on it", () => {
    const { parent, charts } = groupOf("1D 2P");
    expect(say("remove", toRemove(parent, [chart("off"), ...charts]))).toBe("remove 2");
  });
});
