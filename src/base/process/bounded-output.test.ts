import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { BoundedOutput } from "./bounded-output.ts";

const collect = (maxBytes: number, chunks: readonly string[]): BoundedOutput => {
  const output = new BoundedOutput(maxBytes);
  for (const chunk of chunks) output.push(Buffer.from(chunk));
  return output;
};

test.each([
  [10, ["hello"], "hello"],
  [10, ["hello", "world"], "helloworld"],
  [10, ["hello", " my ", "world"], "hello\n… (4 bytes left out)\nworld"],
  [4, ["abcdefgh"], "ab\n… (4 bytes left out)\ngh"],
  [0, ["abc"], "\n… (3 bytes left out)\n"],
])("of at most %d bytes of %j it keeps the ends", (maxBytes, chunks, text) => {
  const output = collect(maxBytes, chunks);
  expect(output.text()).toBe(text);
});

test("chunk boundaries do not matter, not even inside a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.nat(30)), (text, cuts) => {
      const output = new BoundedOutput(1000);
      let rest = Buffer.from(text);
      for (const cut of cuts) {
        output.push(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      output.push(rest);
      expect(output.text()).toBe(text);
    }),
  );
});
