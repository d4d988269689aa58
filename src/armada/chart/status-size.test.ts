import { describe, expect, test } from "@jest/globals";
import { HelmError } from "../../helm/driver.ts";
import { ApiError } from "../../runtime/api.ts";
import type { ArmadaChartStatus } from "../api/chart.ts";
import { unobservedReport } from "../status.ts";
import { STATUS_BYTES } from "../status-size.ts";
import { decideChart } from "./decide.ts";
import { isMarked } from "./objects/finished.ts";
import type { ChartObserved } from "./observed.ts";
import { reportChart } from "./report.ts";
import { broken } from "./testing/table.ts";
import { ARTIFACT, facts, named, NOW, outcome, released, seen } from "./testing/charts.ts";

const spec = {
  test: true,
  install: { a: 1 },
  wait: { labels: { a: "b" }, native: { enabled: true }, resources: [] },
  upgrade: { options: { recreate_pods: true }, pre: { create: [{}], delete: [{}], update: [{}] }, post: { create: [{}] } },
} as const;
const types = ["Irreconcilable", "Pending", "Initializing", "Error", "Running", "Deployed", "Failed"];
const jobs = Array.from({ length: 400 }, (_, index) => seen(`Job ${"j".repeat(249)}${String(index).padStart(4, "0")}`, "ready", { completed: true }));

/** Everything that a status can hold, each as large as it gets, all of `text`. */
const worst = (text: string, over: Partial<ChartObserved>, fails: boolean): ArmadaChartStatus => {
  const entry = { action: "upgrade", result: "failed", message: text, generation: 1, inputs_digest: "sha256.x", reason: "HookFailed" } as const;
  const conditions = types.map((type) => ({ type, status: "False" as const, message: text, lastTransitionTime: "2026-03-01T11:00:00Z" }));
  const before = { release: { spec_digest: facts(named({ spec })).specDigest }, history: [1, 2, 3, 4, 5].map(() => entry), conditions };
  const of = named({ spec, status: { ...before, warnings: Array.from({ length: 20 }, () => text) } });
  const dependency = { ...ARTIFACT, name: text, version: text, digest: `sha256.${"0".repeat(40)}`, source: { resolved: text, fetchedAtMs: 0 } };
  const source = { state: "ready", artifact: ARTIFACT, dependencies: Array.from({ length: 100 }, () => dependency) } as const;
  const observed = facts(of, { ...released(of, "1 deployed"), source, objects: jobs, owners: ["g".repeat(253), "h".repeat(253)], ...over });
  const error = new HelmError(text, { reason: "Rejected", class: "terminal", warnings: Array.from({ length: 20 }, () => text) });
  const outcomes = fails ? [outcome(of, observed, { type: "upgrade", because: "its inputs changed" }, error)] : [];
  return reportChart(of, { observed, outcomes, decision: decideChart(of, observed, outcomes) }).status;
};

const failure = { class: "terminal", reason: "NotFound" } as const;
const texts = [
  ["words", "it broke ".repeat(2_000)],
  ["what JSON escapes", '"\\'.repeat(4_000)],
  ["control characters", "\u0001".repeat(9_000)],
  ["characters of several bytes", "ü€".repeat(4_000)],
] as const;

describe.each(texts)("the largest status, of %s, is below 32 KiB and forgets no Job that is done:", (_, text) => {
  test.each([
    ["helm failed for good", {}, true, "failed"],
    ["helm failed for good, and the source is stale", { source: broken, inputsDigest: undefined }, true, "failed"],
    [
      "the source is stale for a long reason",
      { source: { state: "failed", failure: { ...failure, message: text }, retryAtMs: NOW }, inputsDigest: undefined },
      false,
      "deployed",
    ],
    ["an object has failed", { objects: [...jobs, seen("Job x", "failed")], podProblems: [text, text, text] }, false, "failed"],
    ["the record is damaged", { damaged: text }, false, "error"],
  ] as const)("%s", (_title, over, fails, state) => {
    const status = worst(text, over, fails);
    expect(status.actual_state).toBe(state);
    expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThan(STATUS_BYTES);
    expect(jobs.filter(({ object }) => !isMarked(status.release?.finished ?? [], object, "site"))).toEqual([]);
  });

  test("nothing can be looked at", () => {
    const of = named({ spec, status: worst(text, {}, true) });
    const { status } = unobservedReport(of, new ApiError(text, { status: 403, reason: "Forbidden" }), { nowMs: NOW, target: "deployed" });
    expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThan(STATUS_BYTES);
  });
});

test("a message of 4 KiB stays whole where there is room", () => {
  const text = "it broke ".repeat(450);
  const of = named();
  const observed = facts(of, released(of, "1 failed"));
  const install = { type: "install", replace: false, because: "first installation" } as const;
  const outcomes = [outcome(of, observed, install, new HelmError(text, { reason: "Rejected", class: "terminal" }))];
  const { status } = reportChart(of, { observed, outcomes, decision: decideChart(of, observed, outcomes) });
  expect(status.conditions?.find(({ type }) => type === "Failed")?.message).toBe(`helm install failed: ${text}`);
});
