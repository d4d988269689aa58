import { expect, test } from "@jest/globals";
import { isRunning, ownIdentity } from "./process-identity.ts";

test("isRunning tells a process from a later one with its pid", () => {
  const own = ownIdentity();
  expect(isRunning(own)).toBe(true);
  expect(isRunning({ ...own, startTime: "1" })).toBe(false);
});
