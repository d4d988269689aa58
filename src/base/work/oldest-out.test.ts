import { expect, test } from "@jest/globals";
import { OldestOut } from "./oldest-out.ts";

test.each([
  ["a b", "a b", []],
  ["a b c", "b c", ["a"]],
  ["a b a c", "a c", ["b"]],
  ["a b -a c", "b c", []],
  ["a a a a", "a", []],
  ["a b c d e", "d e", ["a", "b", "c"]],
])("of %s, two at most, there are %s", (notation, kept, gone) => {
  const map = new OldestOut<string, number>(2);
  const out = notation.split(" ").flatMap((name, at) => {
    if (!name.startsWith("-")) return map.set(name, at) ?? [];
    map.delete(name.slice(1));
    return [];
  });
  expect([[...map.keys()].join(" "), out]).toEqual([kept, gone]);
  expect([...map.entries()].map(([key, at]) => [key, map.get(key) === at, map.has(key)])).toEqual(kept.split(" ").map((key) => [key, true, true]));
  expect(map.size).toBe(kept.split(" ").length);
});

test("an empty map has nothing", () => {
  const map = new OldestOut<string, number>(1);
  map.set("a", 1);
  map.clear();
  expect([map.size, map.has("a"), map.get("a")]).toEqual([0, false, undefined]);
});
