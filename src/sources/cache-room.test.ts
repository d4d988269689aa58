import { describe, expect, test } from "@jest/globals";
import { Holders, onDisk, toMakeRoom } from "./cache-room.ts";

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

test("a holder uses one thing at a time, and none when its work has ended, however it ended", async () => {
  const holders = new Holders();
  holders.hold("a", "one");
  holders.hold("b", "one");
  holders.hold("a", "two");
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
