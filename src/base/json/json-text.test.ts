import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { canonicalJson } from "./json.ts";
import { canonicalText, tokensOf } from "./json-text.ts";

/** The text, and how many steps it took. */
const written = (text: string): readonly [string, number] => {
  const writing = canonicalText(text);
  for (let steps = 0; ; steps++) {
    const next = writing.next();
    if (next.done === true) return [next.value, steps];
  }
};

test("a text is told in order", () => {
  expect([...tokensOf('{"a\\":":[1.50,"b,]",null],"c":{}}')]).toEqual(["{", '"a\\":":', "[", "1.50", '"b,]"', "null", "]", '"c":', "{", "}", "}"]);
});

test.each([
  ["keys in any order", '{"b":1,"a":{"d":[],"c":{}}}'],
  ["a key that another begins with", '{"a b":1,"a":2,"a!":3,"a\\"":4}'],
  ["characters outside the first plane, which a server sorts elsewhere", '{"\uffee":1,"\u{1f600}":2}'],
  ["numbers and escapes in another form", '[1.50,1e3,-0,"\\u003c","\\/"]'],
  ["a value of its own", '"x"'],
  ["keys that are numbers", '{"10":1,"9":2,"__proto__":3}'],
])("%s", (_title, text) => {
  expect(written(text)[0]).toBe(canonicalJson(JSON.parse(text)));
});

test("any text becomes what its value is written as, with blanks or without", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(written(JSON.stringify(value))[0]).toBe(canonicalJson(value));
      expect(written(JSON.stringify(value, undefined, 0).replaceAll("}", " }"))[0]).toBe(
        canonicalJson(JSON.parse(JSON.stringify(value).replaceAll("}", " }"))),
      );
    }),
  );
});

test.each([
  ["objects", `[${Array<string>(100_000).fill("{}").join(",")}]`],
  ["strings", JSON.stringify(Array.from({ length: 100_000 }, (_, index) => `v${String(index)}`))],
  ["members", JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`v${String(index)}`, index])))],
])("100,000 %s are written in many steps", (_title, text) => {
  expect(written(text)[1]).toBeGreaterThan(100);
});

test("what is no JSON is an error", () => {
  expect(() => written("[1,oops]")).toThrow(SyntaxError);
});
