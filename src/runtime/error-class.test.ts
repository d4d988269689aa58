import { describe, expect, test } from "@jest/globals";
import { ApiError } from "./api.ts";
import { answerOf, classOf, isTrouble } from "./error-class.ts";

const api = (status: number, reason = "Any"): ApiError => new ApiError("the server says no", { status, reason });
const classified = (value: unknown): Error => Object.assign(new Error("no"), { class: value, reason: "Any" });

describe("an answer of the API server", () => {
  test.each([
    [0, "Unreachable", "trouble", "transient"],
    [400, "BadRequest", "refusal", "terminal"],
    [401, "Unauthorized", "refusal", "transient"],
    [403, "Forbidden", "refusal", "terminal"],
    [403, "NamespaceTerminating", "refusal", "waiting"],
    [403, "QuotaExceeded", "refusal", "transient"],
    [404, "NotFound", "outdated", "transient"],
    [405, "MethodNotAllowed", "refusal", "terminal"],
    [406, "NotAcceptable", "refusal", "terminal"],
    [408, "Timeout", "trouble", "transient"],
    [409, "Conflict", "outdated", "transient"],
    [409, "AlreadyExists", "outdated", "transient"],
    [410, "Expired", "outdated", "transient"],
    [413, "RequestEntityTooLarge", "refusal", "terminal"],
    [415, "UnsupportedMediaType", "refusal", "terminal"],
    [422, "Invalid", "refusal", "terminal"],
    [429, "TooManyRequests", "trouble", "transient"],
    [500, "InternalError", "trouble", "transient"],
    [502, "Unknown", "trouble", "transient"],
    [503, "ServiceUnavailable", "trouble", "transient"],
    [504, "Timeout", "trouble", "transient"],
  ] as const)("%d %s is a %s, %s", (status, reason, answer, expected) => {
    const error = api(status, reason);
    expect([answerOf(error), classOf(error, "terminal"), classOf(error, "transient")]).toEqual([answer, expected, expected]);
    expect(isTrouble(error)).toBe(answer === "trouble");
  });
});

describe("anything else", () => {
  test.each(["waiting", "transient", "terminal"] as const)("that calls itself %s is", (own) => {
    expect([classOf(classified(own), "terminal"), classOf(classified(own), "transient")]).toEqual([own, own]);
  });

  test.each([
    ["a bug", new TypeError("x is not a function")],
    ["no class of ours", classified("first")],
    ["no error", "boom"],
  ])("%s is what the caller says of the unknown", (_, thrown) => {
    expect([classOf(thrown, "terminal"), classOf(thrown, "transient"), isTrouble(thrown)]).toEqual(["terminal", "transient", false]);
  });
});
