import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { systemClock } from "../../base/time/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { spawnLogged, type LoggedChild } from "../../base/process/long-lived.ts";
import { directoryPrefix, reapLeftovers } from "./leftovers.ts";
import { startTimeOf } from "../../base/process/start-time.mjs";
import { createRunDirectory, openRunRoot, ownerOf, recordDirectory, recordProcess } from "./run-directory.ts";

let root: string;
const children: LoggedChild[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "armada-operator-leftovers-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
  await rm(root, { recursive: true });
});

const sleeper = (): LoggedChild => {
  const child = spawnLogged({ command: "sleep", args: ["60"], env: { PATH: "/usr/bin:/bin" }, logFile: join(root, "log"), parentDeathSignal: true });
  children.push(child);
  return child;
};

const reap = () => reapLeftovers(root, { clock: systemClock, log: silentLogger }, new AbortController().signal);

/** A run whose owner's pid is now another process, or none. */
const deadRun = async (): Promise<string> => {
  const directory = join(root, `${process.pid}-1-0123abcd`);
  await mkdir(directory);
  return directory;
};

test("reapLeftovers ends the processes of a run whose owner is dead and removes its directories", async () => {
  const run = await deadRun();
  const child = sleeper();
  recordProcess(run, "etcd", child.pid);
  const data = join(root, `${directoryPrefix}data`);
  recordDirectory(run, data);
  await mkdir(data);
  expect(await reap()).toEqual({ processes: 1, runs: 1 });
  expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  expect([run, data].filter((path) => existsSync(path))).toEqual([]);
});

test("reapLeftovers leaves a run of a living owner alone", async () => {
  const run = createRunDirectory(root);
  const child = sleeper();
  recordProcess(run, "etcd", child.pid);
  expect(await reap()).toEqual({ processes: 0, runs: 0 });
  expect(startTimeOf(child.pid)).toBeDefined();
  expect(existsSync(run)).toBe(true);
});

test("reapLeftovers ends no process that only has the pid of one of ours", async () => {
  const run = await deadRun();
  const child = sleeper();
  await writeFile(join(run, "state.json"), JSON.stringify({ processes: [{ name: "etcd", pid: child.pid, startTime: "7" }], directories: [] }));
  expect(await reap()).toEqual({ processes: 0, runs: 1 });
  expect(startTimeOf(child.pid)).toBeDefined();
});

test("reapLeftovers removes no directory that a run cannot have made, and no folder that is no run", async () => {
  const run = await deadRun();
  const foreign = join(root, "home");
  await mkdir(foreign);
  recordDirectory(run, foreign);
  expect(await reap()).toEqual({ processes: 0, runs: 1 });
  expect(existsSync(foreign)).toBe(true);
});

test("a run directory names its owner", () => {
  expect(ownerOf(createRunDirectory(root))).toEqual({ pid: process.pid, startTime: startTimeOf(process.pid) });
  expect(ownerOf(join(root, "something-else"))).toBeUndefined();
});

test("openRunRoot falls back to the cache when XDG_RUNTIME_DIR cannot be written", async () => {
  expect(await openRunRoot({ XDG_RUNTIME_DIR: root, XDG_CACHE_HOME: root })).toBe(join(root, "armada-operator", "run"));
  const file = join(root, "file");
  await writeFile(file, "");
  expect(await openRunRoot({ XDG_RUNTIME_DIR: file, XDG_CACHE_HOME: join(root, "c") })).toBe(join(root, "c", "armada-operator", "run"));
});
