import { expect, test } from "@jest/globals";
import { changes, cutLine, cutLines, formatTable, printable } from "./table.ts";

const row = (key: string, ...cells: readonly string[]) => ({ key, cells, line: cells.join(" ") });

test("formatTable aligns columns and leaves nothing after the last", () => {
  expect(formatTable(["NAME", "STATE", "WAITING FOR"], [row("a", "blog-1", "deployed", ""), row("b", "b", "pending", "blog-1")])).toEqual([
    "NAME     STATE      WAITING FOR",
    "blog-1   deployed",
    "b        pending    blog-1",
  ]);
});

test("formatTable and printable let no control character through", () => {
  const hostile = row("a", "x\u001b[2J\n", "y");
  expect(formatTable(["A", "B"], [hostile])[1]).toBe("x [2J    y");
  expect(printable(hostile.line)).toBe("x [2J  y");
});

test("changes names rows whose line is new or different, and those that are gone", () => {
  const before = [row("a", "1"), row("b", "1"), row("c", "1")];
  expect(changes(before, [row("d", "1"), row("b", "2"), row("a", "1")])).toEqual({ changed: [row("d", "1"), row("b", "2")], gone: [row("c", "1")] });
  expect(changes(before, before)).toEqual({ changed: [], gone: [] });
});

test.each([
  ["abcdef", 6, "abcdef"],
  ["abcdef", 4, "abc…"],
  ["abcdef", 1, "…"],
])("cutLine(%j, %d) is %j", (line, width, expected) => {
  expect(cutLine(line, width)).toBe(expected);
});

test.each([
  [["a", "b", "c"], 3, ["a", "b", "c"]],
  [["a", "b", "c"], 2, ["a", "… and 2 more"]],
])("cutLines(%j, %d) is %j", (lines, height, expected) => {
  expect(cutLines(lines, height)).toEqual(expected);
});
