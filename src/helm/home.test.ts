import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHelmHome, removeKubeCache } from "./home.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "helm-home-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test("the folders are private and the discovery cache is in memory", async () => {
  const memoryDir = join(folder, "shm");
  mkdirSync(memoryDir);
  const { home, kubeCache } = await createHelmHome({ stateDir: join(folder, "state"), memoryDir });
  expect(kubeCache.startsWith(memoryDir)).toBe(true);
  expect([modeOf(home), modeOf(kubeCache)]).toEqual([0o700, 0o700]);
});

test("the cache of an earlier process is removed at the next start, and its own at an orderly stop", async () => {
  const options = { stateDir: join(folder, "state"), memoryDir: folder };
  const first = await createHelmHome(options);
  const second = await createHelmHome(options);
  expect([existsSync(first.kubeCache), existsSync(second.kubeCache)]).toEqual([false, true]);
  await removeKubeCache(second);
  expect(existsSync(second.kubeCache)).toBe(false);
});

test("without memory the discovery cache is below the state folder", async () => {
  const { home, kubeCache } = await createHelmHome({ stateDir: folder, memoryDir: join(folder, "absent") });
  expect(kubeCache).toBe(join(home, "kube-cache"));
  expect(modeOf(kubeCache)).toBe(0o700);
});
