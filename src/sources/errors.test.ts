import { expect, test } from "@jest/globals";
import * as errors from "./errors.ts";

test.each<[errors.Fault, errors.SourceReason, "terminal" | "transient"]>([
  [errors.notFound, "NotFound", "terminal"],
  [errors.notAllowed, "NotAllowed", "terminal"],
  [errors.unsupported, "Unsupported", "terminal"],
  [errors.invalidChart, "InvalidChart", "terminal"],
  [errors.tooLarge, "TooLarge", "terminal"],
  [errors.noRoom, "TooLarge", "transient"],
  [errors.unreadable, "Unreadable", "transient"],
  [errors.noContent, "Unreadable", "terminal"],
  [errors.unauthorized, "Unauthorized", "terminal"],
  [errors.noCredentials, "Unauthorized", "transient"],
  [errors.unreachable, "Unreachable", "transient"],
  [errors.timedOut, "TimedOut", "transient"],
  [errors.digestMismatch, "DigestMismatch", "terminal"],
  [errors.verificationFailed, "VerificationFailed", "terminal"],
  [errors.noPublicKeys, "VerificationFailed", "transient"],
])("fault %#: its reason is %3$s and its class %4$s", (fault, reason, errorClass) => {
  const cause = new Error("why");
  expect(fault("source.location is empty", cause)).toMatchObject({ message: "source.location is empty", reason, class: errorClass, cause });
  expect(fault("x")).not.toHaveProperty("cause");
});

test("a fault in other words keeps its reason and its class", () => {
  const cause = errors.unreachable("the server breaks off");
  expect(errors.reworded(cause, "source.location: the server breaks off")).toMatchObject({ reason: "Unreachable", class: "transient", cause });
});

test("a chart beyond the limit says what it has, and which flag raises the limit", () => {
  expect(errors.chartTooLarge("source.location", 9, 5).message).toBe(
    "source.location has 9 bytes, the limit is 5 (--max-chart-size): make it smaller or raise the limit",
  );
});
