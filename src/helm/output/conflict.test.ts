import { expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseConflict } from "./conflict.ts";
import { parseFailure } from "./parse.ts";

const fixture = (name: string): Promise<string> => readFile(join(import.meta.dirname, "../testing/fixtures/3.22", name), "utf8");

test.each([
  ["other-release.txt", { kind: "ConfigMap", namespace: "t", name: "own1" }],
  ["foreign-existing.txt", { kind: "ConfigMap", namespace: "t", name: "foreign" }],
])("%s names the object in helm's way", async (file, expected) => {
  expect(parseConflict(parseFailure(await fixture(file), (text) => text).message)).toEqual(expected);
});

test("a kind without namespaces has none, and other messages name nothing", () => {
  const text = 'ClusterRole "all" in namespace "" exists and cannot be imported into the current release: invalid ownership metadata';
  expect(parseConflict(text)).toEqual({ kind: "ClusterRole", name: "all" });
  expect(parseConflict("helm failed without an error message")).toBeUndefined();
  expect(parseConflict(text.replace('"all"', '"(value of .names[0])"'))).toBeUndefined();
});
