import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Processes } from "./children.ts";
import { createHelmHome, removeKubeCache, type HelmHome } from "./home.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "helm-home-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

/** Pids that live. */
const alive = new Set<number>();
const processes: Processes = { startTimeOf: (pid) => (alive.has(pid) ? "1" : undefined), signal: () => undefined };
const create = (options: { readonly stateDir: string; readonly memoryDir?: string }, ownPid = 7): Promise<HelmHome> => {
  alive.add(ownPid);
  return createHelmHome({ ...options, processes, ownPid });
};
afterEach(() => alive.clear());

test("the folders are private and the discovery cache is in memory", async () => {
  const memoryDir = join(folder, "shm");
  mkdirSync(memoryDir);
  const { home, kubeCache } = await create({ stateDir: join(folder, "state"), memoryDir });
  expect(kubeCache.startsWith(memoryDir)).toBe(true);
  expect([modeOf(home), modeOf(kubeCache)]).toEqual([0o700, 0o700]);
});

test.each([
  ["in memory", true],
  ["below the state folder", false],
])("a cache %s is removed at an orderly stop, or by the next process when its own is gone, and not before", async (_, inMemory) => {
  const options = { stateDir: join(folder, "state"), ...(inMemory ? { memoryDir: folder } : {}) };
  const first = await create(options, 1001);
  const second = await create(options, 1002);
  expect([existsSync(first.kubeCache), existsSync(second.kubeCache)]).toEqual([true, true]);
  alive.delete(1001);
  const third = await create(options, 1003);
  expect([existsSync(first.kubeCache), existsSync(second.kubeCache), existsSync(third.kubeCache)]).toEqual([false, true, true]);
  await removeKubeCache(second);
  expect([existsSync(second.kubeCache), readdirSync(join(options.stateDir, "kube-caches"))]).toEqual([false, [basename(third.kubeCacheNote)]]);
});

test("a note never leads out of the places of caches, and one that says nothing is dropped", async () => {
  const stateDir = join(folder, "state");
  mkdirSync(join(stateDir, "kube-caches"), { recursive: true });
  mkdirSync(join(folder, "elsewhere"));
  writeFileSync(join(stateDir, "kube-caches", "a.json"), JSON.stringify({ pid: 5, startTime: "1", path: join(folder, "elsewhere") }));
  writeFileSync(join(stateDir, "kube-caches", "b.json"), "{half");
  const { kubeCacheNote } = await create({ stateDir });
  expect([existsSync(join(folder, "elsewhere")), readdirSync(join(stateDir, "kube-caches"))]).toEqual([true, [basename(kubeCacheNote)]]);
});

test("without memory the discovery cache is below the state folder", async () => {
  const { home, kubeCache } = await create({ stateDir: folder, memoryDir: join(folder, "absent") });
  expect(dirname(kubeCache)).toBe(home);
  expect(modeOf(kubeCache)).toBe(0o700);
});
