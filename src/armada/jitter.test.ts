import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { jitterOf } from "./jitter.ts";

test("jitter is in [0, 1) and the same for the same object and attempt", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), (uid, attempt) => {
      const value = jitterOf(uid, attempt)();
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
      expect(jitterOf(uid, attempt)()).toBe(value);
    }),
  );
});

test("two objects, and two attempts, wait different times", () => {
  const values = ["a", "b", "c"].flatMap((uid) => [0, 1, 2].map((attempt) => jitterOf(uid, attempt)()));
  expect(new Set(values).size).toBe(values.length);
});
