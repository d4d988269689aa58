import { expect, test } from "@jest/globals";
import { didYouMean } from "./did-you-mean.ts";

test.each([
  ["dbug", " (did you mean debug?)"],
  ["debgu", " (did you mean debug?)"],
  ["warning", " (did you mean warn?)"],
  ["INFO", ""],
  ["loud", ""],
  ["", ""],
])("of %j it makes %j", (word, expected) => {
  expect(didYouMean(word, ["debug", "info", "warn", "error"])).toBe(expected);
});

test("the nearest is named", () => {
  expect(didYouMean("sequence", ["sequenced", "stepbystep", "sequences2"])).toBe(" (did you mean sequenced?)");
});
