import { expect, test } from "@jest/globals";
import { cutUtf8, listed, oneLine } from "./text.ts";

test.each([
  ["abcdef", 6, "abcdef"],
  ["abcdefg", 6, "abc…"],
  ["ééé", 6, "ééé"],
  ["éééé", 6, "é…"],
  ["aéééé", 7, "aé…"],
  ["😀😀", 7, "😀…"],
  ["😀😀", 6, "…"],
])("cutUtf8(%j, %d) is %j", (text, maxBytes, cut) => {
  expect(cutUtf8(text, maxBytes, "…")).toBe(cut);
});

test("oneLine joins lines with a space", () => {
  expect(oneLine("Error: a\n  b\r\n\nc\n")).toBe("Error: a b c");
});

test.each([
  [[], ""],
  [["a"], "a"],
  [["a", "b", "c"], "a, b, c"],
  [["a", "b", "c", "d", "e"], "a, b, c and 2 more"],
])("listed(%j) is %j", (names, expected) => {
  expect(listed(names)).toBe(expected);
});
