import { expect, test } from "@jest/globals";
import { cut, fit, printable, widthOf, wrap } from "./text.ts";

test.each([
  ["blog-1", 6],
  ["▕██░▏", 5],
  ["準備中", 6],
  ["🚀 ok", 5],
  ["e\u0301", 1],
])("%s takes %d columns", (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test.each([
  ["abcdef", 6, "abcdef"],
  ["abcdef", 4, "abc…"],
  ["abcdef", 1, "…"],
  ["abcdef", 0, ""],
  ["準備中です", 6, "準備…"],
  ["準備中です", 5, "準備…"],
])("%s in %d columns is %j", (text, width, expected) => {
  expect(cut(text, width)).toBe(expected);
});

test("what is shorter is filled with blanks", () => {
  expect([fit("準備", 6), fit("abcdef", 4)]).toEqual(["準備  ", "abc…"]);
});

test("nothing that moves the cursor or turns the direction is printed", () => {
  expect(printable("a\u001b[2J\r\nb\u202ec\u2028d\u009be")).toBe("a [2J bc d e");
});

test.each([
  ["one two three", 9, 3, ["one two", "three"]],
  ["one two three", 7, 3, ["one two", "three"]],
  ["one two three four", 7, 2, ["one two", "three …"]],
  ["a-word-that-is-long b", 10, 3, ["a-word-tha", "t-is-long", "b"]],
  ["since (13 s) now", 9, 3, ["since", "(13 s)", "now"]],
  ["retry in 2 min", 10, 3, ["retry in", "2 min"]],
  ["準備中です", 4, 3, ["準備", "中で", "す"]],
  ["準備", 1, 3, ["…"]],
])("%j in %d columns and %d lines is %j", (text, width, lines, expected) => {
  expect(wrap(text, width, lines)).toEqual(expected);
});
