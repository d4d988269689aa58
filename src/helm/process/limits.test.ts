import { expect, test } from "@jest/globals";
import type { ChildResult } from "../../base/process/process.ts";
import { HELM_LIMITS, limitEnvironment, limitError } from "./limits.ts";

const child = (part: Partial<ChildResult>): ChildResult => ({ stdout: "", stderr: "", aborted: false, timedOut: false, durationMs: 1000, ...part });

test.each([
  [
    "out of memory",
    child({ exitCode: 2, stderr: "W\nfatal error: runtime: out of memory\n\nruntime stack:" }),
    /it used more than 512 MiB of memory; reduce /,
  ],
  ["out of memory for a stack", child({ exitCode: 2, stderr: "runtime: failed to create new OS thread (have 5)" }), /512 MiB of memory/],
  [
    "out of memory in the garbage collector",
    child({ exitCode: 2, stderr: "SIGSEGV: segmentation violation\nPC=0x43725d m=5 sigcode=1 addr=0x0\n\ngoroutine 0 [idle]:" }),
    /512 MiB of memory/,
  ],
  ["killed after the time", child({ signal: "SIGKILL", durationMs: 121_000 }), /it used more than 120 s of CPU time; reduce /],
  ["killed a little sooner, with system calls beside", child({ signal: "SIGKILL", durationMs: 110_000 }), /120 s of CPU time/],
])("helm that is %s has run into a limit", (_title, result, message) => {
  expect(limitError(result, HELM_LIMITS)).toMatchObject({ reason: "LimitExceeded", class: "terminal", message: expect.stringMatching(message) });
});

test.each([
  ["a chart that says so", child({ exitCode: 1, stderr: "Error: execution error at (x): \nfatal error: runtime: out of memory" })],
  ["a fault of helm's own", child({ exitCode: 2, stderr: "panic: nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1]" })],
  ["killed sooner", child({ signal: "SIGKILL" })],
  ["told to end after the time", child({ signal: "SIGTERM", durationMs: 121_000 })],
])("and not %s", (_title, result) => {
  expect(limitError(result, HELM_LIMITS)).toBeUndefined();
});

test("helm's own limit is below, and it takes one CPU at a time", () => {
  expect(limitEnvironment(HELM_LIMITS)).toEqual({ GOMAXPROCS: "1", GOMEMLIMIT: "409MiB" });
});
