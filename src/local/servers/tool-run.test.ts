import { expect, test } from "@jest/globals";
import { ownEnvironment } from "../../base/process/environment.ts";
import { runToEnd, type ToolRun } from "./tool-run.ts";

const env = ownEnvironment();
const shell = (script: string, more: Partial<ToolRun> = {}): Promise<string> =>
  runToEnd("sh", ["-c", script], { env, ...more }, new AbortController().signal);

test("what a program prints, without the space around it", async () => {
  expect(await shell("echo; echo one; echo two")).toBe("one\ntwo");
  expect(await shell("pwd", { cwd: "/" })).toBe("/");
});

test("as much as a list of all that an example applies", async () => {
  expect(await shell("head -c 1000000 /dev/zero | tr '\\0' x")).toHaveLength(1_000_000);
});

test.each([
  ["its command line", {}, "sh -c echo no >&2; exit 3: no"],
  ["what is shown of it", { shown: "kubectl get act" }, "kubectl get act: no"],
])("a failure is told by %s and its own words", async (_, more, sentence) => {
  await expect(shell("echo no >&2; exit 3", more)).rejects.toThrow(new Error(sentence));
});
