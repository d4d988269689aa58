import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { atOnce } from "../../base/work/turns.ts";
import { occurrencesIn } from "./occurrences.ts";

test("a form occurs where a search finds it, and nowhere else", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 200 }), fc.array(word), (text, forms) => {
      const occurs = atOnce(occurrencesIn(text));
      for (const form of [...forms, text.slice(3, 60), `${text.slice(5)}b`]) {
        if (form !== "") expect([form, occurs(form)]).toEqual([form, text.includes(form)]);
      }
    }),
  );
});
