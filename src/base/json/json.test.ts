import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { canonicalJson, deepEqual, deepFreeze, isRecord } from "./json.ts";

test.each([
  ["sorts keys at every depth", { b: 1, a: { d: [], c: null } }, '{"a":{"c":null,"d":[]},"b":1}'],
  ["sorts by code unit, not by locale", { é: 1, z: 2, Z: 3, "10": 4, "9": 5 }, '{"10":4,"9":5,"Z":3,"z":2,"é":1}'],
  ["drops undefined members and writes undefined items as null", { a: undefined, b: [undefined, 1] }, '{"b":[null,1]}'],
  ["writes numbers as JSON does", [1, 1.0, 1e21, 0.1, -0], "[1,1,1e+21,0.1,0]"],
  ["keeps a member called __proto__", JSON.parse('{"__proto__":{"x":1}}'), '{"__proto__":{"x":1}}'],
  ["writes nothing as null", undefined, "null"],
])("canonicalJson %s", (_title, value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test("canonicalJson keeps the value, and equal values have one text", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(deepEqual(JSON.parse(text), value)).toBe(true);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
});

test.each([
  [{ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ a: 1 }, { a: 1, b: null }, false],
  [[1, 2], [2, 1], false],
  [[1], { 0: 1 }, false],
  [0, -0, true],
  [Number.NaN, Number.NaN, true],
  ["1", 1, false],
  [null, {}, false],
])("deepEqual(%j, %j) is %j, both ways", (a, b, equal) => {
  expect(deepEqual(a, b)).toBe(equal);
  expect(deepEqual(b, a)).toBe(equal);
});

test("none of them minds how deep a value is nested", () => {
  const deep = (): unknown => JSON.parse(`${"[".repeat(200_000)}1${"]".repeat(200_000)}`);
  const value = deepFreeze(deep());
  expect([deepEqual(value, deep()), canonicalJson(value).length]).toEqual([true, 400_001]);
});

test("deepFreeze freezes what an object holds", () => {
  const value = deepFreeze({ a: [{ b: 1 }] });
  expect(Object.isFrozen(value.a[0])).toBe(true);
});

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [[], false],
  [null, false],
  [undefined, false],
  ["a", false],
])("isRecord(%j) is %s", (value, expected) => {
  expect(isRecord(value)).toBe(expected);
});
