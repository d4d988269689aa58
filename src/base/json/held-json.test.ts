import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { HELD_VALUES, HeldJson, holdLarge, MAX_DEPTH, parseHolding } from "./held-json.ts";
import { canonicalJson, deepEqual, deepFreeze } from "./json.ts";

const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
const wide = (count: number): unknown => Array.from({ length: count }, (_, index) => ({ [`k"${String(index)}`]: "[{" }));
const inSpec = (values: unknown): { readonly spec: { readonly values: unknown; readonly other: number } } => {
  const object = { metadata: { name: "x" }, spec: { values, other: 1 } };
  holdLarge(object);
  return object;
};

test.each([
  ["small", { a: [1, { b: 2 }] }],
  ["at the limit of depth", nested(MAX_DEPTH)],
  ["text, however long", "x".repeat(1_000_000)],
])("what is %s stays as it is", (_title, values) => {
  expect(inSpec(values)).toEqual({ metadata: { name: "x" }, spec: { values, other: 1 } });
});

test.each([
  ["many values", wide(HELD_VALUES), 2],
  ["many values in depth", { a: nested(40), b: wide(HELD_VALUES) }, 41],
  ["a list of numbers", Array.from({ length: HELD_VALUES + 1 }, (_, index) => index), 1],
])("%s are held as text, and come back whole", (_title, values, depth) => {
  const { spec } = inSpec(values);
  const held = spec.values;
  if (!(held instanceof HeldJson)) throw new Error("it is not held");
  expect([held.depth, held.isTooDeep, spec.other]).toEqual([depth, false, 1]);
  expect(JSON.parse(held.json)).toEqual(values);
  expect(held.canonical()).toBe(canonicalJson(values));
});

test.each([
  ["a little too deep", nested(MAX_DEPTH + 1), MAX_DEPTH + 1],
  ["as deep as an API server takes", nested(9_985), 9_985],
  ["deep and large", { a: nested(700), b: wide(HELD_VALUES) }, 701],
  ["deeper than the engine writes", { a: nested(200_000), b: wide(HELD_VALUES) }, 200_001],
])("what is %s is not kept, but how deep it was", (_title, values, depth) => {
  expect(inSpec(values).spec.values).toMatchObject({ depth, isTooDeep: true, json: "{}" });
});

test.each([
  ["many values", wide(HELD_VALUES), 2],
  ["depth", nested(2_000), 2_000],
  ["both", { a: nested(700), b: wide(HELD_VALUES) }, 701],
])("what has %s is taken out of a text before that is parsed", (_title, values, depth) => {
  const text = JSON.stringify({ metadata: { name: 'a"{' }, spec: { before: ["{"], values, after: { a: [1] } }, pad: "x".repeat(100_000) });
  const object = parseHolding(text, 2);
  const event = parseHolding(`{"type":"ADDED","object":${text}}`, 3);
  const expected = { metadata: { name: 'a"{' }, spec: { before: ["{"], after: { a: [1] }, values: { depth } } };
  expect([object, event]).toMatchObject([expected, { type: "ADDED", object: expected }]);
  if (depth <= MAX_DEPTH) expect(object).toMatchObject({ spec: { values: { json: JSON.stringify(values) } } });
});

test("any object is parsed as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify({ spec: { values: value, value: [value] }, list: [{ value }], pad: "x".repeat(100_000) });
      expect(parseHolding(text, 2)).toEqual(JSON.parse(text));
      expect(parseHolding(text, 3)).toEqual(JSON.parse(text));
    }),
    { numRuns: 30 },
  );
});

test("two are equal when what they hold is", async () => {
  const [one, same, other] = [wide(HELD_VALUES), wide(HELD_VALUES), wide(HELD_VALUES + 1)].map((values) => deepFreeze(inSpec(values)));
  expect([deepEqual(one, same), deepEqual(one, other)]).toEqual([true, false]);
});

test("prepared or not, the canonical text is the same", async () => {
  const values = { b: wide(HELD_VALUES), a: 1 };
  const held = new HeldJson(JSON.stringify(values), 3);
  await held.prepare();
  expect([held.canonical(), held.json]).toEqual([canonicalJson(values), canonicalJson(values)]);
});

test("metadata, and members that are lists, are seen to", () => {
  const labels = Object.fromEntries(Array.from({ length: HELD_VALUES + 1 }, (_, index) => [`l${String(index)}`, ""]));
  const object = { metadata: { labels }, items: wide(HELD_VALUES) };
  holdLarge(object);
  expect(object.metadata.labels).toEqual(labels);
  expect(object.items).toBeInstanceOf(HeldJson);
});
