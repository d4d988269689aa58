import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { longestAt, orderedForms } from "./forms.ts";

test("the longest form that stands there is found, or the longest that fits", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 30 }), fc.uniqueArray(word), fc.nat(9), (text, words, most) => {
      const forms = orderedForms(new Map(words.map((form) => [form, `.${form}`])));
      for (let start = 0; start < text.length; start++) {
        const there = words.filter((form) => form.length <= most && text.startsWith(form, start));
        const longest = there.toSorted((one, other) => other.length - one.length)[0];
        expect(longestAt(text, start, forms, (end) => end - start <= most)?.text).toBe(longest);
      }
    }),
  );
});
