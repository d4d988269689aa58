import { expect, test } from "@jest/globals";
import type { Node } from "../../armada/estate/estate.ts";
import { chart, group } from "../../armada/testing/estate.ts";
import { sentenceOf } from "./sentence.ts";

const base = { observedGeneration: 1, actual_state: "running", satisfied: false, reason: "ResourcesNotReady" } as const;
const failed = { ...base, actual_state: "failed", reason: "InstallError", waiting_for: "for helm install to succeed" } as const;
const ready = (message: string) => [{ type: "Ready", status: "False", message }] as const;

const at = (node: Node, spokenFor = false) => sentenceOf(node, { nowMs: Date.parse("2026-03-01T12:00:00Z"), spokenFor });

test.each<readonly [string, Node, string, string]>([
  [
    "waits for something, since when, and what comes next",
    chart("a", { status: { ...base, waiting_for: "for Job x, since 2026-03-01T11:59:48Z; will fail at 2026-03-01T12:05:00Z" } }),
    "waiting for Job x (12 s)",
    "waiting for Job x (12 s); will fail in 5 min",
  ],
  [
    "says what goes on",
    chart("a", { status: { ...base, waiting_for: "helm install is running (since 2026-03-01T11:50:00Z); next: wait for its objects" } }),
    "helm install is running (10 min)",
    "helm install is running (10 min); next: wait for its objects",
  ],
  [
    "has just begun",
    chart("a", { status: { ...base, waiting_for: "for Job x, since 2026-03-01T11:59:59Z; then it goes on" } }),
    "waiting for Job x",
    "waiting for Job x; then it goes on",
  ],
  ["says no time", chart("a", { status: { ...base, waiting_for: "for Job x" } }), "waiting for Job x", "waiting for Job x"],
  [
    "has failed, and is tried again",
    chart("a", { status: { ...failed, conditions: ready("no such\nkind"), next_retry_time: "2026-03-01T12:00:08Z" } }),
    "no such kind; next try in 8 s",
    "no such kind; next try in 8 s",
  ],
  [
    "has failed, and is being tried again",
    chart("a", { status: { ...failed, conditions: ready("no such kind"), next_retry_time: "2026-03-01T11:59:59Z" } }),
    "no such kind; next try now",
    "no such kind; next try now",
  ],
  ["has failed without a message", chart("a", { status: failed }), "waiting for helm install to succeed", "waiting for helm install to succeed"],
])("what an object %s", (_, node, short, long) => {
  expect(at(node)).toEqual({ short, long });
});

test("what is as wanted, waits for its turn, or has not been looked at, says nothing beside its state", () => {
  const done = { ...base, actual_state: "deployed", satisfied: true } as const;
  const later = { ...base, reason: "WaitingForTurn", waiting_for: "for its turn in g" } as const;
  expect([chart("a", { status: done }), chart("a", { status: later }), chart("a")].map((node) => at(node))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("a parent leaves to its members what they say, and says what it alone knows", () => {
  const of = (reason: string) => group("g", ["a"], { status: { ...base, reason, waiting_for: "for ArmadaChart a" } });
  expect([at(of("MembersNotReady"), true), at(of("MembersNotReady"))?.short, at(of("MemberAmbiguous"), true)?.short]).toEqual([
    undefined,
    "waiting for ArmadaChart a",
    "waiting for ArmadaChart a",
  ]);
});
