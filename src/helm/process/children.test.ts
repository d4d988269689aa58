import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ChildNotes, reapLeftoverChildren, type Processes } from "./children.ts";

let stateDir = "";
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "helm-children-"));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

const live = new AbortController().signal;
/** The operator that is asked to reap, and one that is gone. */
const PARENT = 100;
const GONE = 99;
const release = { namespace: "blog", name: "blog-1" };

/** Processes by pid → start time; those in `deaf` outlive SIGTERM. */
const fakeProcesses = (alive: Map<number, string>, deaf: readonly number[] = []) => {
  const signals: string[] = [];
  const processes: Processes = {
    startTimeOf: (pid) => alive.get(pid),
    signal: (pid, name) => {
      signals.push(`${name} ${pid}`);
      if (name === "SIGKILL" || !deaf.includes(pid)) alive.delete(pid);
    },
  };
  return { processes, signals };
};

test("a child is noted while it runs, readable by nobody else", () => {
  const { processes } = fakeProcesses(
    new Map([
      [PARENT, "10"],
      [4711, "100"],
    ]),
  );
  const notes = new ChildNotes(stateDir, processes, PARENT);
  notes.add(4711, "install", release);
  const file = join(stateDir, "children", "4711.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    pid: 4711,
    startTime: "100",
    verb: "install",
    ...release,
    parent: { pid: PARENT, startTime: "10" },
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  notes.remove(4711);
  notes.remove(4711);
  expect(readdirSync(join(stateDir, "children"))).toEqual([]);
});

test("a note that cannot be written is no reason to stop", () => {
  const { processes } = fakeProcesses(new Map([[4711, "100"]]));
  const notes = new ChildNotes(stateDir, processes, PARENT);
  rmSync(join(stateDir, "children"), { recursive: true });
  expect(() => notes.add(4711, "install", release)).not.toThrow();
});

/** Notes of an operator that is gone by the time they are read. */
const left = (alive: Map<number, string>, processes: Processes, pids: readonly number[], verb: string): void => {
  alive.set(GONE, "9");
  const notes = new ChildNotes(stateDir, processes, GONE);
  for (const pid of pids) notes.add(pid, verb, release);
  alive.delete(GONE);
};

test("what an earlier process left is ended, a reused pid is not, and no note is left", async () => {
  const alive = new Map([
    [4711, "100"],
    [4712, "200"],
    [4713, "300"],
  ]);
  const { processes, signals } = fakeProcesses(alive);
  left(alive, processes, [4711, 4712, 4713], "upgrade");
  alive.set(4712, "999");
  alive.delete(4713);
  writeFileSync(join(stateDir, "children", "x.json"), "{half");
  writeFileSync(join(stateDir, "children", "y.json"), '{"pid":1}');
  const ended = await reapLeftoverChildren(stateDir, { clock: new ManualClock(), processes, graceMs: 10_000 }, live);
  expect(ended).toEqual([{ pid: 4711, startTime: "100", verb: "upgrade", ...release, parent: { pid: GONE, startTime: "9" } }]);
  expect(signals).toEqual(["SIGTERM 4711"]);
  expect(readdirSync(join(stateDir, "children"))).toEqual([]);
});

test("a child that ignores SIGTERM is killed after the grace", async () => {
  const alive = new Map([[4711, "100"]]);
  const { processes, signals } = fakeProcesses(alive, [4711]);
  left(alive, processes, [4711], "install");
  const clock = new ManualClock();
  const reaped = reapLeftoverChildren(stateDir, { clock, processes, graceMs: 200 }, live);
  await clock.advance(150);
  expect(signals).toEqual(["SIGTERM 4711"]);
  await clock.advance(50);
  await expect(reaped).resolves.toHaveLength(1);
  expect(signals).toEqual(["SIGTERM 4711", "SIGKILL 4711"]);
});

test("an operator that lives keeps its helm and its notes, unless its pid is another program's by now", async () => {
  const alive = new Map([
    [PARENT, "10"],
    [4711, "100"],
  ]);
  const { processes, signals } = fakeProcesses(alive);
  new ChildNotes(stateDir, processes, PARENT).add(4711, "upgrade", release);
  const reap = () => reapLeftoverChildren(stateDir, { clock: new ManualClock(), processes, graceMs: 10_000 }, live);
  await expect(reap()).resolves.toEqual([]);
  expect([signals, readdirSync(join(stateDir, "children"))]).toEqual([[], ["4711.json"]]);
  alive.set(PARENT, "11");
  await expect(reap()).resolves.toHaveLength(1);
  expect([signals, readdirSync(join(stateDir, "children"))]).toEqual([["SIGTERM 4711"], []]);
});

test("a state folder without notes holds nothing to end", async () => {
  const { processes } = fakeProcesses(new Map());
  await expect(reapLeftoverChildren(stateDir, { clock: new ManualClock(), processes, graceMs: 1 }, live)).resolves.toEqual([]);
});
