import { expect, test } from "@jest/globals";
import type { Node } from "../../armada/estate/estate.ts";
import { chart, group, manifest } from "../../armada/testing/estate.ts";
import { lineOf, withRelativeTimes } from "./lines.ts";

const base = { observedGeneration: 1, satisfied: false } as const;
const done = { ...base, satisfied: true, actual_state: "deployed" } as const;
const running = { ...base, actual_state: "running", reason: "Installing" } as const;
const ready = (message: string) => [{ type: "Ready", status: "False", message }] as const;
const told = "helm install is running, since 2026-03-01T12:00:00Z; next: wait for its objects to become ready";

const g = group("g", ["a", "b"], { status: { ...running, reason: "MembersNotReady", progress: "1/2", waiting_for: `for ArmadaChart b: ${told}` } });
const estate: readonly Node[] = [chart("a", { status: done }), chart("b", { status: { ...running, waiting_for: told } }), g];

test.each<readonly [string, Node, string]>([
  ["nobody has looked at", chart("a"), "ArmadaChart a has no status yet"],
  ["is as wanted", chart("a", { status: { ...done, reason: "UnderlyingResourcesReady" } }), "ArmadaChart a is deployed"],
  ["is parked", chart("a", { status: { ...done, actual_state: "uninitialized", reason: "Parked" } }), "ArmadaChart a is uninitialized (Parked)"],
  ["says what goes on", chart("b", { status: { ...running, waiting_for: told } }), `ArmadaChart b is running (Installing): ${told}`],
  [
    "waits for something",
    chart("b", { status: { ...running, waiting_for: "for Deployment b; will fail" } }),
    "ArmadaChart b is running (Installing), waiting for Deployment b; will fail",
  ],
  [
    "has failed",
    chart("b", {
      status: {
        ...running,
        actual_state: "failed",
        reason: "InstallError",
        next_retry_time: "2026-03-01T12:00:00Z",
        conditions: ready("no such kind"),
      },
    }),
    "ArmadaChart b is failed (InstallError): no such kind; next retry at 2026-03-01T12:00:00Z",
  ],
  ["was edited a moment ago", chart("a", { metadata: { generation: 2 }, status: done }), "ArmadaChart a is deployed"],
  ["has members, of which one is not ready", g, "ArmadaChartGroup g is running (MembersNotReady), 1 of 2 members, waiting for ArmadaChart b"],
  [
    "has groups, of which one is not ready",
    manifest("m", ["g"], {
      status: { ...running, reason: "MembersNotReady", progress: "0/1", waiting_for: `for ArmadaChartGroup g: ArmadaChart b: ${told}` },
    }),
    "ArmadaManifest m is running (MembersNotReady), 0 of 1 members, waiting for ArmadaChartGroup g",
  ],
  [
    "has a member that is not followed",
    group("h", ["a", "x"], { status: { ...running, reason: "MembersNotReady", progress: "1/2", waiting_for: "for ArmadaChart x: parked" } }),
    "ArmadaChartGroup h is running (MembersNotReady), 1 of 2 members, waiting for ArmadaChart x: parked",
  ],
  [
    "has not seen yet that its last member is ready",
    group("h", ["a"], { status: { ...running, reason: "MembersNotReady", progress: "0/1", waiting_for: "for ArmadaChart a: pods" } }),
    "ArmadaChartGroup h is running (MembersNotReady), 0 of 1 members",
  ],
  [
    "has a member that has failed",
    group("g", ["b"], {
      status: { ...base, actual_state: "error", reason: "MemberFailed", progress: "0/1", waiting_for: "for ArmadaChart b to recover" },
    }),
    "ArmadaChartGroup g is in error (MemberFailed), 0 of 1 members, waiting for ArmadaChart b to recover",
  ],
])("an object that %s is one line", (_, node, expected) => {
  expect(lineOf(node, estate)).toBe(expected);
});

test.each([
  ["for Job x, since 2026-03-01T11:59:48Z; then", "for Job x, since 12 s ago; then"],
  ["helm install is running (since 2026-03-01T11:50:00Z); next", "helm install is running (since 10 min ago); next"],
  ["helm install is running (since 2026-03-01T11:59:59Z); next", "helm install is running; next"],
  ["for Job x, since 2026-03-01T12:00:00Z; then", "for Job x; then"],
  ["next retry at 2026-03-01T12:00:08Z, and at once", "next retry in 8 s, and at once"],
  ["considered dead at 2026-03-01T15:00:00Z", "considered dead in 3 h"],
  ["nothing of the kind: 2026-03-01", "nothing of the kind: 2026-03-01"],
])("at noon %j is told as %j", (line, expected) => {
  expect(withRelativeTimes(line, Date.parse("2026-03-01T12:00:00Z"))).toBe(expected);
});
