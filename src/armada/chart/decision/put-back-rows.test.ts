import { describe, expect, test } from "@jest/globals";
import type { ReleaseRecord } from "../../../helm/release.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { identityOf } from "../objects/identity.ts";
import { EffectMemory, pauseMs, type ObjectEffect } from "../objects/effects.ts";
import type { ChartObserved } from "../observed.ts";
import { asked, decide } from "../testing/table.ts";
import { named, NOW, released, said, seen } from "../testing/charts.ts";

const BY = "its metadata.ownerReferences name ConfigMap gone (uid 1), which does not exist";
const effect = (words: string, agoMs = 0): ObjectEffect => {
  const [type, times] = words.split(" ");
  return { type: type === "prune" ? "prune" : "restore", times: Number(times), atMs: NOW - agoMs, by: Number(times) > 1 ? BY : undefined };
};
const effects = (of: Readonly<Record<string, ObjectEffect>>) =>
  new Map(Object.entries(of).map(([name, each]) => [identityOf(desiredObject("v1", "ConfigMap", { name })), each]));
const decided = (over: Partial<ChartObserved>, metadata = {}) => decide({ release: "1 deployed", metadata, over });

describe("an object that was put back", () => {
  const missing = [seen("ConfigMap a", "missing")];
  const there = [seen("ConfigMap a", "ready")];
  test.each([
    ["for the first time is put back at once", missing, {}, "running RestoringResources: restore ConfigMap a"],
    ["once has a pause, and is deployed meanwhile", there, { a: effect("restore 1", 0) }, "deployed UnderlyingResourcesReady*"],
    ["once and is gone at once waits for its pause", missing, { a: effect("restore 1", 900) }, "running RestoringResources"],
    ["once and is gone later", missing, { a: effect("restore 1", 1_000) }, "running RestoringResources: restore ConfigMap a"],
    ["twice counts only when it stays", there, { a: effect("restore 2", 1_900) }, "running RestoringResources"],
    ["twice and has stayed", there, { a: effect("restore 2", 2_000) }, "deployed UnderlyingResourcesReady*"],
    ["five times has failed, gone or not", there, { a: effect("restore 5", 100) }, "failed UnderlyingResourcesError!"],
    ["five times has failed, and is put back in its time", missing, { a: effect("restore 5", 15_999) }, "failed UnderlyingResourcesError!"],
    ["five times and its time has come", missing, { a: effect("restore 5", 16_000) }, "failed UnderlyingResourcesError!: restore ConfigMap a"],
    ["twenty times and has stayed for a minute", there, { a: effect("restore 20", 60_000) }, "deployed UnderlyingResourcesReady*"],
    [
      "five times holds up no other",
      [...missing, seen("Service b", "missing")],
      { a: effect("restore 5", 0) },
      "failed UnderlyingResourcesError!: restore Service b",
    ],
  ])("%s", (_, objects, past, expected) => {
    expect(said(decided({ objects, effects: effects(past) }))).toBe(expected);
  });

  test("five times waits for its namespace like any other: nothing is due, and nobody looks again at once", () => {
    const [one] = missing;
    const object = { ...desiredObject("v1", "ConfigMap", { name: "a" }), namespace: "far" };
    const past = new Map([[identityOf(object), effect("restore 5", 60_000)]]);
    const closed = [{ name: "far", state: "terminating" }] as const;
    const decision = decided({ objects: one === undefined ? [] : [{ ...one, object }], effects: past, closed });
    expect([said(decision), decision.wakeAtMs]).toEqual(["running RestoringResources", NOW + 10_000]);
    expect(decision.verdict.message).toContain("namespace far to finish terminating");
  });

  test("names who deletes it, and is looked at when its time has come", () => {
    const decision = decided({ objects: missing, effects: effects({ a: effect("restore 6", 2_000) }) });
    expect(decision.verdict.message).toBe(`ConfigMap a was put back 6 times, but another client keeps deleting what is put back: ${BY}`);
    expect(decision.wakeAtMs).toBe(NOW + 30_000);
  });

  test("is put back at once on request", () => {
    expect(said(decided({ objects: missing, effects: effects({ a: effect("restore 9", 0) }) }, asked))).toContain(": restore ConfigMap a");
    expect(said(decided({ objects: there, effects: effects({ a: effect("restore 9", 0) }) }, asked))).toBe("deployed UnderlyingResourcesReady*");
  });
});

describe("the operator that contradicts itself stops, and says both sentences", () => {
  const leftovers = [desiredObject("v1", "ConfigMap", { name: "a" })];
  test.each([
    [
      "an object that it removed is wanted",
      { objects: [seen("ConfigMap a", "missing")], effects: effects({ a: effect("prune 1", 600_000) }) },
      "ConfigMap a was removed because only a failed revision had it; ConfigMap a is missing, and revision 1 has it",
    ],
    [
      "an object that it put back is to go",
      { leftovers, effects: effects({ a: effect("restore 1", 600_000) }) },
      "ConfigMap a was put back because revision 1 has it; ConfigMap a is to be removed, because only a failed revision had it",
    ],
  ])("%s", (_, over, sentences) => {
    const decision = decided(over);
    expect([said(decision), decision.verdict.message]).toEqual([
      "failed ReconcileError!",
      `the operator's decisions contradict each other, so it leaves the object unchanged: ${sentences}`,
    ]);
  });

  test("not when it removes again what comes again, ever more rarely", () => {
    expect(said(decided({ leftovers, effects: effects({ a: effect("prune 3", 3_999) }) }))).toBe("running RestoringResources");
    expect(said(decided({ leftovers, effects: effects({ a: effect("prune 3", 4_000) }) }))).toBe("running RestoringResources: prune ConfigMap a");
  });
});

describe("what was done to an object", () => {
  const object = desiredObject("v1", "ConfigMap", { name: "a", namespace: "site" });
  const record = (revision: number): ReleaseRecord => released(named(), `${String(revision)} deployed`).record;
  const timesOf = (memory: EffectMemory, at: ReleaseRecord) => memory.of(at.release, at.newest.secret.uid).get(identityOf(object))?.times;

  test("is counted in a row, for one revision, until a quarter of an hour has passed", () => {
    const memory = new EffectMemory();
    expect([0, 1_000, 800_000, 1_700_000, 1_700_001].map((ms) => memory.note(record(1), "restore", object, ms).times)).toEqual([1, 2, 3, 1, 2]);
    expect(memory.note(record(1), "prune", object, 1_700_002).times).toBe(1);
    expect(timesOf(memory, record(2))).toBeUndefined();
    expect(memory.note(record(2), "restore", object, 1_700_003).times).toBe(1);
  });

  test("is remembered with who undoes it, and forgotten with the release", () => {
    const memory = new EffectMemory();
    memory.note(record(1), "restore", object, 0);
    memory.blame(record(1), object, BY);
    expect(memory.note(record(1), "restore", object, 1).by).toBe(BY);
    memory.forget(record(1).release);
    expect(timesOf(memory, record(1))).toBeUndefined();
  });

  test("pauses from a second to ten minutes", () => {
    expect([1, 2, 5, 30].map((times) => pauseMs({ ...effect("restore 1"), times }))).toEqual([1_000, 2_000, 16_000, 600_000]);
  });
});
