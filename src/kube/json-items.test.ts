import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { splitList } from "./json-items.ts";

const rejoined = async (text: string): Promise<unknown> => {
  const parts = await splitList(text);
  if (parts === undefined) return undefined;
  const rest: unknown = JSON.parse(parts.rest);
  return { rest, items: parts.items.map((item): unknown => JSON.parse(item)) };
};

test.each([
  ["no items", '{"items":[],"kind":"L"}', { rest: { items: [], kind: "L" }, items: [] }],
  ["items before and behind the metadata", '{"metadata":{"items":[1]},"items": [ {"a":"],{"} , 2 ]\n}', { items: [{ a: "],{" }, 2] }],
  ["items that are null", '{"items":null}', undefined],
  ["a text as value, called items", '{"kind":"items","x":[1]}', undefined],
])("a list with %s", async (_title, text, expected) => {
  const parts = await rejoined(text);
  if (expected === undefined) expect(parts).toBeUndefined();
  else expect(parts).toMatchObject(expected);
});

test("any list is what it was, in parts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.jsonValue(), async (items, metadata) => {
      const before: unknown = JSON.parse(JSON.stringify({ metadata, items }));
      expect(await rejoined(JSON.stringify({ metadata, items }))).toEqual({
        rest: Object.assign({}, before, { items: [] }),
        items: JSON.parse(JSON.stringify(items)),
      });
    }),
  );
});
