import { expect, test } from "@jest/globals";
import { isRunning, ownIdentity, parseStartTime } from "./process-identity.ts";

const stat = (name: string, state: string): string => `42 (${name}) ${state} 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 165004 9 10`;

test.each([
  ["an ordinary name", stat("etcd", "S"), "165004"],
  ["a name with blanks and brackets", stat("a) S (b", "R"), "165004"],
  ["a zombie, which no longer runs", stat("etcd", "Z"), undefined],
])("parseStartTime of %s", (_, text, expected) => {
  expect(parseStartTime(text)).toBe(expected);
});

test("isRunning tells a process from a later one with its pid", () => {
  const own = ownIdentity();
  expect(isRunning(own)).toBe(true);
  expect(isRunning({ ...own, startTime: "1" })).toBe(false);
});
