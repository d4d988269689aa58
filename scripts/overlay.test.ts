import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ownEnvironment } from "../src/base/process/environment.ts";
import { run } from "../src/base/process/process.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "overlay-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

const overlay = async (...args: readonly string[]): Promise<string> => {
  const limits = { timeoutMs: 30_000, graceMs: 1000, maxOutputBytes: 100_000, parentDeathSignal: true };
  const script = join(import.meta.dirname, "overlay.ts");
  const command = ["--", script, "--folder", folder, "--flavour", "tenants", ...args];
  const { exitCode, stdout, stderr } = await run(process.execPath, command, { env: ownEnvironment(), ...limits }, new AbortController().signal);
  return `${String(exitCode)} ${stdout}${stderr}`;
};

test("a folder is made anew for another list, and what is not of it stays", async () => {
  expect(await overlay("--watch-namespaces", "a,b", "--operator-namespace", "ops")).toBe(`0 Made. Next: kubectl apply --server-side -k ${folder}\n`);
  await writeFile(join(folder, "notes.txt"), "mine");
  await overlay("--watch-namespaces", "b,c");
  expect(await readdir(join(folder, "namespaces"))).toEqual(["b", "c"]);
  expect(await readdir(folder)).toEqual(["cluster.yaml", "kustomization.yaml", "namespaces", "notes.txt", "watched"]);
  const text = await readFile(join(folder, "kustomization.yaml"), "utf8");
  expect(text).toMatch(/^# Made by `npm run overlay -- --folder .* --watch-namespaces b,c`; do not edit\.$/m);
});

test.each(["kustomization.yaml", "notes.txt"])("a folder in which something else is, %s, is left alone", async (file) => {
  await writeFile(join(folder, file), "resources: []\n");
  expect(await overlay("--watch-namespaces", "a")).toBe(
    `1 Cannot make "${folder}": it holds files that this command has not made; name another folder\n`,
  );
  expect(await readdir(folder)).toEqual([file]);
});
