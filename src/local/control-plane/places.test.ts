import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { cacheRoot, findTool, makeInCache, readPins, toolNames, toolsCache } from "./places.mjs";
import { openRunRoot } from "./run-directory.ts";
import { findTools, tools } from "./tools.ts";

let root: string;
const pins = readPins();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "armada-operator-places-"));
});
afterEach(() => rm(root, { recursive: true }));

const put = async (folder: string, ...names: readonly string[]): Promise<string> => {
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(join(folder, name), "", { mode: 0o755 });
  return folder;
};

test("tools.json pins every tool that the control plane needs, and no other", () => {
  expect([...toolNames(pins)].sort()).toEqual([...tools].sort());
});

test("the cache is below XDG_CACHE_HOME, else HOME, and names every version", () => {
  expect(cacheRoot({ XDG_CACHE_HOME: "/x", HOME: "/h" })).toBe("/x/armada-operator");
  expect(cacheRoot({ HOME: "/h" })).toBe("/h/.cache/armada-operator");
  for (const { version } of Object.values(pins)) expect(toolsCache({ HOME: "/h" }, pins)).toContain(version);
});

test("a cache that cannot be written is told in one sentence, with the remedy", async () => {
  await writeFile(join(root, "armada-operator"), "");
  const run = join(root, "armada-operator", "run");
  const sentence = `Cannot write to ${run} (ENOTDIR): set XDG_CACHE_HOME to a folder that can be written`;
  expect(() => makeInCache(run)).toThrow(sentence);
  await expect(openRunRoot({ XDG_CACHE_HOME: root })).rejects.toThrow(sentence);
});

test("each tool is looked for by itself: ARMADA_TOOLS_DIR, KUBEBUILDER_ASSETS, the cache", async () => {
  const env = { ARMADA_TOOLS_DIR: join(root, "a"), KUBEBUILDER_ASSETS: join(root, "k"), XDG_CACHE_HOME: root };
  const cache = await put(toolsCache(env, pins), "etcd", "kwok", "helm");
  const assets = await put(env.KUBEBUILDER_ASSETS, "etcd", "kwok");
  const own = await put(env.ARMADA_TOOLS_DIR, "etcd");
  expect(findTool(env, pins, "etcd")).toEqual({ path: join(own, "etcd"), variable: "ARMADA_TOOLS_DIR" });
  expect(findTool(env, pins, "kwok")).toEqual({ path: join(assets, "kwok"), variable: "KUBEBUILDER_ASSETS" });
  expect(findTool(env, pins, "helm")).toEqual({ path: join(cache, "helm"), variable: undefined });
  expect(findTool(env, pins, "kubectl")).toBeUndefined();
});

test("findTools names what is missing and what to do", async () => {
  const env = { ARMADA_TOOLS_DIR: await put(join(root, "a"), ...tools.filter((tool) => tool !== "kwok" && tool !== "helm")), XDG_CACHE_HOME: root };
  expect(() => findTools(env)).toThrow(
    /^Cannot find kwok, helm in .*: run "node scripts\/setup\.mjs", or set ARMADA_TOOLS_DIR to a folder that holds them$/,
  );
  await put(env.ARMADA_TOOLS_DIR, "kwok", "helm");
  expect(findTools(env).kwok).toBe(join(root, "a", "kwok"));
});
