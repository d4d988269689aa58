import { expect, test } from "@jest/globals";
import { MAX_MESSAGE_BYTES, setCondition, type Condition } from "./conditions.ts";

const now = 1_700_000_000_000;
const later = now + 60_000;
const base = { type: "Ready", status: "False", reason: "Waiting", message: "waiting", observedGeneration: 1 } as const;
const released: Condition = { ...base, type: "Released", status: "True", reason: "Installed", lastTransitionTime: "2023-01-01T00:00:00Z" };
const conditions = setCondition([released], base, now);

test("a new type goes to the end with the time it was set", () => {
  expect(conditions).toEqual([released, { ...base, lastTransitionTime: "2023-11-14T22:13:20Z" }]);
});

test.each([
  ["the same status keeps the time of transition", { ...base, reason: "Other", message: "other", observedGeneration: 2 }, "2023-11-14T22:13:20Z"],
  ["another status takes the new time", { ...base, status: "True" as const }, "2023-11-14T22:14:20Z"],
])("%s", (_title, next, lastTransitionTime) => {
  expect(setCondition(conditions, next, later)).toEqual([released, { ...next, lastTransitionTime }]);
});

test("an unchanged condition gives back the same array, and a given array is never edited", () => {
  expect(setCondition(conditions, { ...base }, later)).toBe(conditions);
  const before = structuredClone(conditions);
  setCondition(conditions, { ...base, status: "True" }, later);
  expect(conditions).toEqual(before);
});

test("a long message is cut by bytes, says so, and does not look like a change the next time", () => {
  const long = { ...base, message: "é".repeat(5_000) };
  const cut = setCondition([], long, now);
  const message = cut[0]?.message ?? "";
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  expect(message).toMatch(/^é+… \(cut\)$/);
  expect(setCondition(cut, long, later)).toBe(cut);
});
