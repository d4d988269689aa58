import { expect, test } from "@jest/globals";
import { parseStartTime, startTimeOf } from "./start-time.mjs";

const stat = (name: string, state: string): string => `42 (${name}) ${state} 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 165004 9 10`;

test.each([
  ["an ordinary name", stat("etcd", "S"), "165004"],
  ["a name with blanks and brackets", stat("a) S (b", "R"), "165004"],
  ["a name that ends in a bracket", stat("a) b (c)", "S"), "165004"],
  ["a zombie, which no longer runs", stat("etcd", "Z"), undefined],
  ["a process that is dead", stat("etcd", "X"), undefined],
])("parseStartTime of %s", (_, text, expected) => {
  expect(parseStartTime(text)).toBe(expected);
});

test("this process has a start time, and pid 0 has none", () => {
  expect(startTimeOf(process.pid)).toMatch(/^\d+$/);
  expect(startTimeOf(0)).toBeUndefined();
});
