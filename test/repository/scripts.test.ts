import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { ownEnvironment } from "../../src/base/process/environment.ts";
import { run } from "../../src/base/process/process.ts";
import { read } from "./tree.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read("package.json"));

/** Test files that `npm run SCRIPT -- WORDS` would run. */
const listed = async (script: string, ...words: readonly string[]): Promise<readonly string[]> => {
  const [, ...args] = (manifest.scripts[script] ?? "").split(" ");
  const options = { env: ownEnvironment(), cwd: root, timeoutMs: 120_000, graceMs: 1_000, maxOutputBytes: 1 << 20, parentDeathSignal: true };
  const { stdout } = await run(process.execPath, [...args, ...words, "--listTests"], options, new AbortController().signal);
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
