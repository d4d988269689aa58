import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import type { ChildResult } from "../../base/process/process.ts";
import { failureOf } from "./outcome.ts";

const stderr = readFileSync(new URL("../testing/fixtures/3.22/impersonation-refused.txt", import.meta.url), "utf8");
const child: ChildResult = { exitCode: 1, stdout: "", stderr, durationMs: 1, aborted: false, timedOut: false };
const asIs = (text: string): string => text;

test.each([
  [
    "an account that the operator may not impersonate is named",
    { namespace: "team-a", name: "default" },
    'the operator may not act as ServiceAccount "default" in namespace "team-a": grant it the right to impersonate it, or name another account in spec.service_account',
  ],
  ["where no account is used helm's words stay", undefined, "Kubernetes cluster unreachable: unknown"],
])("failureOf: %s", (_title, account, message) => {
  expect(failureOf(child, asIs, { timeoutMs: 1000, valuesBytes: 0, account })).toMatchObject({ message, reason: "Forbidden", class: "terminal" });
});
