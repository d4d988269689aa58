import { describe, expect, test } from "@jest/globals";
import { Holders, onDisk, refuseBeyondShare, toMakeRoom, type Use } from "./room.ts";

const entries = new Map(
  [
    ["new", 3, 30],
    ["old", 5, 10],
    ["middle", 2, 20],
  ].map(([name, bytes, usedMs]) => [String(name), { bytes: Number(bytes), usedMs: Number(usedMs) }]),
);

describe("toMakeRoom", () => {
  test.each([
    ["nothing, while there is room", 10, [], 0, []],
    ["the entry used longest ago", 10, [], 1, ["old"]],
    ["as many as it takes", 10, [], 6, ["old", "middle"]],
    ["not what is held", 10, ["old"], 1, ["middle"]],
    ["everything, when it must be", 10, [], 10, ["old", "middle", "new"]],
    ["what is too much already", 4, [], 0, ["old", "middle"]],
  ])("takes %s", (_, maxBytes, held, bytes, expected) => {
    expect(toMakeRoom({ entries, held: new Set(held), bytes, maxBytes })).toEqual(expected);
  });

  test.each([
    ["what is larger than the cache", [], 11],
    ["what does not fit beside what is held", ["old"], 6],
  ])("refuses %s, and takes nothing", (_, held, bytes) => {
    const make = () => toMakeRoom({ entries, held: new Set(held), bytes, maxBytes: 10 });
    expect(make).toThrow(expect.objectContaining({ reason: "TooLarge", class: "transient", message: expect.stringContaining("--cache-size") }));
  });
});

describe("refuseBeyondShare", () => {
  const sizes = new Map(["a1", "a2", "a3", "b1", "b2", "c1"].map((name) => [name, { bytes: 2, usedMs: 0 }]));
  const usesIn = (notation: string): readonly Use[] => (notation === "" ? [] : notation.split(" ").map((name) => ({ name, account: name[0] })));
  const claim = (uses: string, name: string, maxBytes: number, account: string | undefined = name[0]) =>
    refuseBeyondShare({ entries: sizes, uses: usesIn(uses), name, account, maxBytes });

  test.each([
    ["the first", "", "a1", 4],
    ["as much as it leaves", "a1", "a2", 8],
    ["what is left beside others", "b1", "a1", 6],
    ["what somebody uses already", "b1 a1", "b1", 4],
    ["what is not there yet", "a1", "none", 4],
  ])("lets an account use %s", (_, uses, name, maxBytes) => {
    expect(() => claim(uses, name, maxBytes)).not.toThrow();
  });

  test.each([
    ["more than half when it is alone", "", "a1", 3],
    ["more than it would leave", "a1", "a2", 7],
    ["more than a third beside one as large", "b1", "a1", 5],
    ["what others have left for the next", "a1 b1", "a2", 8],
  ])("refuses an account %s", (_, uses, name, maxBytes) => {
    expect(() => claim(uses, name, maxBytes)).toThrow(
      expect.objectContaining({ reason: "TooLarge", class: "transient", message: expect.stringContaining('of namespace "a"') }),
    );
  });

  test("asks nobody's work to leave anything", () => {
    expect(() => refuseBeyondShare({ entries: sizes, uses: [], name: "a1", maxBytes: 1 })).not.toThrow();
  });

  test("leaves room for one more, however many there are", () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ name: String(at), bytes: 1, usedMs: 0 }));
    const small = new Map(many.map((entry) => [entry.name, entry]));
    const uses: Use[] = [];
    for (const account of ["x", "y", "z", "w"])
      for (const { name } of many) {
        if (uses.some((use) => use.name === name)) continue;
        try {
          refuseBeyondShare({ entries: small, uses, name, account, maxBytes: 30 });
          uses.push({ name, account });
        } catch {
          break;
        }
      }
    expect(uses.length).toBeLessThan(30);
    expect(() => refuseBeyondShare({ entries: small, uses, name: "49", account: "new", maxBytes: 30 })).not.toThrow();
  });
});

test("a holder uses one thing at a time, and none when its work has ended, however it ended", async () => {
  const holders = new Holders();
  holders.hold("a", { name: "one" });
  holders.hold("b", { name: "one" });
  holders.hold("a", { name: "two" });
  const failing = holders.during("three", () => {
    expect([...holders.names]).toEqual(["two", "one", "three"]);
    return Promise.reject(new Error("no"));
  });
  await expect(failing).rejects.toThrow("no");
  holders.release("b");
  expect([...holders.names]).toEqual(["two"]);
});

test.each([
  [0, 4096],
  [1, 4096],
  [4096, 4096],
  [4097, 8192],
])("%i bytes take %i on disk", (bytes, taken) => {
  expect(onDisk(bytes)).toBe(taken);
});
