import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { ownEnvironment } from "../../src/base/process/environment.ts";
import { run, type ChildResult } from "../../src/base/process/process.ts";
import { read } from "./tree.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read("package.json"));

/** Runs `npm run SCRIPT -- WORDS` without npm. */
const ended = (script: string, ...words: readonly string[]): Promise<ChildResult> => {
  const [, ...args] = (manifest.scripts[script] ?? "").split(" ");
  const options = { env: ownEnvironment(), cwd: root, timeoutMs: 120_000, graceMs: 1_000, maxOutputBytes: 1 << 20, parentDeathSignal: true };
  return run(process.execPath, [...args, ...words], options, new AbortController().signal);
};

/** Test files that it would run. */
const listed = async (script: string, ...words: readonly string[]): Promise<readonly string[]> => {
  const { stdout } = await ended(script, ...words, "--listTests");
  return stdout.split("\n").flatMap((line) => (line.endsWith(".test.ts") ? [posix.relative(root, line)] : []));
};

test.each([
  ["unit", ["base/time/clock"], ["src/base/time/clock.test.ts"]],
  ["unit", ["--testPathPatterns", "base/time/clock"], ["src/base/time/clock.test.ts"]],
  ["acceptance", ["charts/failure"], ["test/acceptance/charts/failure.test.ts"]],
])(
  "npm run %s -- %p runs what it names",
  async (script, words, expected) => {
    expect(await listed(script, ...words)).toEqual(expected);
  },
  120_000,
);

test.each([
  [["--bogus"], "error: unknown option '--bogus'; --help lists what there is\n"],
  [["charts/removal"], "error: too many arguments. Expected 0 arguments but got 1: charts/removal; --help lists what there is\n"],
])("npm run control-plane -- %p is refused in one sentence, and boots nothing", async (words, sentence) => {
  expect(await ended("control-plane", ...words)).toMatchObject({ exitCode: 2, stdout: "", stderr: sentence });
});
