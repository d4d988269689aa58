import { expect, test } from "@jest/globals";
import { production, read } from "./tree.ts";

/** `path:line` of everything that matches. */
const places = (pattern: RegExp): readonly string[] =>
  production.flatMap((path) => {
    const text = read(path);
    return [...text.matchAll(pattern)].map(({ index }) => `${path}:${String(text.slice(0, index).split("\n").length)}`);
  });

test("an AbortSignal is the last parameter", () => {
  // Fields of types end in a semicolon.
  const wrong = places(/\b\w*[sS]ignal\??: AbortSignal(?: \| undefined)?(?: = [^,)]*)?,\s*[\w{[.]/g);
  expect(wrong.map((place) => `${place} has parameters after the signal: put it last`)).toEqual([]);
});

test("there is no mutable state at module level", () => {
  const wrong = places(
    /^(?:export )?(?:let |const \w+(?:: [^=]*)? = (?:new (?:Map|Set|WeakMap|WeakSet|OldestOut|SingleFlight)(?:<[^\n]*>)?\(\)|\[\];|\{\};))/gm,
  );
  expect(wrong.map((place) => `${place} keeps something for everybody: put it into a class, of which src/apps makes one`)).toEqual([]);
});
