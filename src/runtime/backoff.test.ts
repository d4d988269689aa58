import { expect, test } from "@jest/globals";
import { backoffMs } from "./backoff.ts";

test.each([
  [0, 0, 0],
  [1, 500, 1_000],
  [2, 1_000, 2_000],
  [5, 8_000, 16_000],
  [10, 256_000, 512_000],
  [11, 300_000, 600_000],
  [5_000, 300_000, 600_000],
])("after %d failures backoffMs is between %d and %d ms", (failures, low, high) => {
  expect(backoffMs(failures, { random: () => 0 })).toBe(low);
  expect(backoffMs(failures, { random: () => 1 })).toBe(high);
});

test("backoffMs takes another base and another end", () => {
  expect(backoffMs(3, { baseMs: 10, maxMs: 25, random: () => 1 })).toBe(25);
});
