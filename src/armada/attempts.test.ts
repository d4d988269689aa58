import { describe, expect, test } from "@jest/globals";
import { HelmError } from "../helm/driver.ts";
import { ApiError } from "../runtime/api.ts";
import { unreadable } from "../sources/errors.ts";
import { afterFailure, failureOf, isPausing } from "./attempts.ts";

const api = (status: number, reason: string, retryAfterMs?: number) => new ApiError("the server says no", { status, reason, retryAfterMs });

describe("failureOf", () => {
  test.each([
    ["an invalid object", api(422, "Invalid"), "terminal", "Invalid"],
    ["a bad request", api(400, "BadRequest"), "terminal", "BadRequest"],
    ["a namespace that goes", api(403, "NamespaceTerminating"), "waiting", "NamespaceTerminating"],
    ["missing rights", api(403, "Forbidden"), "terminal", "Forbidden"],
    ["an object too large", api(413, "RequestEntityTooLarge"), "terminal", "RequestEntityTooLarge"],
    ["a conflict", api(409, "Conflict"), "transient", "Conflict"],
    ["too many requests", api(429, "TooManyRequests"), "transient", "TooManyRequests"],
    ["a server that fails", api(503, "ServiceUnavailable"), "transient", "ServiceUnavailable"],
    ["no answer", api(0, "Unreachable"), "transient", "Unreachable"],
    ["helm, which knows", new HelmError("no", { reason: "RenderFailed", class: "terminal" }), "terminal", "RenderFailed"],
    ["a source, which knows", unreadable("no"), "transient", "Unreadable"],
    ["an error nobody knows", new TypeError("x is not a function"), "transient", "Unknown"],
    ["something thrown that is no error", "boom", "transient", "Unknown"],
  ])("%s is classed", (_, error, cls, reason) => {
    expect(failureOf(error)).toMatchObject({ class: cls, reason });
  });

  test("keeps what the server asks to wait", () => {
    expect(failureOf(api(429, "TooManyRequests", 7_000)).retryAfterMs).toBe(7_000);
  });

  test("says the cause too", () => {
    expect(failureOf(new Error("cannot read", { cause: new Error("disk full") })).message).toBe("cannot read: disk full");
  });
});

describe("afterFailure", () => {
  const transient = { class: "transient", reason: "R", message: "m" } as const;
  test.each([
    ["the first waits up to a second", 0, transient, 1_000],
    ["the third up to four", 2, transient, 4_000],
    ["never more than ten minutes", 40, transient, 600_000],
    ["a terminal one waits ten minutes", 0, { ...transient, class: "terminal" }, 600_000],
    ["what is waited for is asked for at a steady pace", 7, { ...transient, class: "waiting" }, 10_000],
    ["what the server asks is respected", 0, { ...transient, retryAfterMs: 30_000 }, 30_000],
    ["unless the back-off is longer", 9, { ...transient, retryAfterMs: 30_000 }, 512_000],
    ["and for ten minutes at most", 0, { ...transient, retryAfterMs: 3_600_000 }, 600_000],
  ] as const)("%s", (_, before, failure, expected) => {
    expect(afterFailure(before, failure, 5_000, () => 1)).toEqual({ failures: before + 1, nextRetryMs: 5_000 + expected });
  });

  test("half of it is chance", () => {
    expect(afterFailure(0, transient, 0, () => 0).nextRetryMs).toBe(500);
  });
});

test.each([
  ["none", undefined, false],
  ["one that lasts", 1, true],
  ["one that is over", 0, false],
  ["the longest there is, rounded up to a second", 600_999, true],
  ["one begun before the clock was set back by an hour", 3_600_000, false],
  ["one that nobody can read", Number.NaN, false],
])("a pause goes on: %s", (_, leftMs, expected) => {
  expect(isPausing(leftMs === undefined ? undefined : 5_000 + leftMs, 5_000)).toBe(expected);
});
