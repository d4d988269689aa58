import { expect, test } from "@jest/globals";
import { microTime, rfc3339 } from "./clock.ts";

test("rfc3339 gives whole seconds, microTime six digits", () => {
  expect(rfc3339(1_700_000_000_123)).toBe("2023-11-14T22:13:20Z");
  expect(microTime(1_700_000_000_123)).toBe("2023-11-14T22:13:20.123000Z");
});
