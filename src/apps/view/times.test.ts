import { expect, test } from "@jest/globals";
import { age, withRelativeTimes } from "./times.ts";

test.each([
  ["for Job x, since 2026-03-01T11:59:48Z; then", "for Job x, since 12 s ago; then"],
  ["helm install is running (since 2026-03-01T11:50:00Z); next", "helm install is running (since 10 min ago); next"],
  ["helm install is running (since 2026-03-01T11:59:59Z); next", "helm install is running; next"],
  ["for Job x, since 2026-03-01T12:00:00Z; then", "for Job x; then"],
  ["next try at 2026-03-01T12:00:08Z, and at once", "next try in 8 s, and at once"],
  ["considered dead at 2026-03-01T15:00:00Z", "considered dead in 3 h"],
  ["nothing of the kind: 2026-03-01", "nothing of the kind: 2026-03-01"],
])("at noon %j is told as %j", (line, expected) => {
  expect(withRelativeTimes(line, Date.parse("2026-03-01T12:00:00Z"))).toBe(expected);
});

test.each([
  ["2026-03-01T11:59:48Z", "12 s"],
  ["2026-03-01T11:57:00Z", "3 min"],
  ["2026-03-01T11:59:59Z", undefined],
  [undefined, undefined],
])("at noon what is so since %s is so for %s", (time, expected) => {
  expect(age(time, Date.parse("2026-03-01T12:00:00Z"))).toBe(expected);
});
