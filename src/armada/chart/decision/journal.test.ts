import { describe, expect, test } from "@jest/globals";
import { HelmError } from "../../../helm/driver.ts";
import type { ArmadaChartStatus } from "../../api/chart.ts";
import { HISTORY_MAX, type HistoryEntry } from "../../api/history.ts";
import { chartJournal, lastFailure } from "./journal.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { actionsOf, facts, named, NOW, outcome, ready, released, seen as assessed } from "../testing/charts.ts";

const hook = new HelmError("the hook failed", { reason: "HookFailed", class: "transient" });
const { upgrade, unlock, restore, prune } = actionsOf(named());
const digest = ready(named()).inputsDigest;

/** An attempt at what is wanted now. */
const entry = (result: HistoryEntry["result"], over: Partial<HistoryEntry> = {}): HistoryEntry => ({
  action: "upgrade",
  result,
  generation: 1,
  inputs_digest: digest,
  ...over,
});

const after = (status: ArmadaChartStatus, ...errors: readonly unknown[]) => {
  const of = named({ status });
  const observed = facts(of, released(of, "2 failed once"));
  return chartJournal(
    of,
    observed,
    errors.map((error) => outcome(of, observed, upgrade, error)),
  );
};

describe("chartJournal", () => {
  test("of a chart nobody has looked at is empty", () => {
    expect(chartJournal(named(), facts(named()), [])).toEqual({ failures: 0, nextRetryMs: undefined, history: [], warnings: [] });
  });

  test("an attempt that went well is written down with what it was made of", () => {
    expect(after({}, undefined)).toEqual({
      failures: 0,
      nextRetryMs: undefined,
      warnings: [],
      history: [
        {
          action: "upgrade",
          result: "succeeded",
          revision: 2,
          generation: 1,
          inputs_digest: digest,
          chart_version: "1.2.3",
          started_at: "2026-03-01T11:59:58Z",
          finished_at: "2026-03-01T12:00:00Z",
        },
      ],
    });
  });

  test("a failed one says why", () => {
    expect(after({}, hook)).toMatchObject({
      failures: 1,
      history: [{ result: "failed", reason: "HookFailed", class: "transient", message: "the hook failed" }],
    });
  });

  test("one that was told to stop is called cancelled", () => {
    const cancelled = new HelmError("told to stop", { reason: "Cancelled", class: "transient" });
    expect(after({}, cancelled).history[0]?.result).toBe("cancelled");
  });

  test.each([
    ["grow with each in a row", { failures: 3, history: [entry("failed")] }, 4],
    ["begin anew after a success", { failures: 0, history: [entry("succeeded")] }, 1],
    ["begin anew with other inputs", { failures: 3, history: [entry("failed", { inputs_digest: "sha256.old" })] }, 1],
    ["begin anew with another spec", { failures: 3, history: [entry("failed", { generation: 0 })] }, 1],
  ] as const)("failures %s", (_, status, expected) => {
    expect(after(status, hook).failures).toBe(expected);
  });

  test("a success ends a back-off", () => {
    const status = { failures: 3, next_retry_time: "2026-03-01T12:10:00Z", history: [entry("failed")] } as const;
    expect(after(status, undefined)).toMatchObject({ failures: 0, nextRetryMs: undefined });
  });

  test.each([
    ["the spec has changed", { generation: 0 }],
    ["the inputs have changed", { inputs_digest: "sha256.old" }],
  ])("failures and back-off count no more when %s", (_, over) => {
    const status = { failures: 3, next_retry_time: "2026-03-01T12:10:00Z", history: [entry("failed", over)] } as const;
    expect(after(status)).toMatchObject({ failures: 0, nextRetryMs: undefined });
  });

  test("a source that cannot be read for a while resets nothing", () => {
    const of = named({ status: { failures: 3, next_retry_time: "2026-03-01T12:10:00Z", history: [entry("failed")] } });
    expect(chartJournal(of, { ...facts(of) }, []).failures).toBe(3);
  });

  test("an effect other than helm is written down only when it fails", () => {
    const of = named();
    const seen = facts(of);
    expect(chartJournal(of, seen, [outcome(of, seen, unlock)]).history).toEqual([]);
    expect(chartJournal(of, seen, [outcome(of, seen, unlock, new Error("no"))]).history).toMatchObject([{ action: "unlock", result: "failed" }]);
  });

  test("keeps the newest five", () => {
    const history = [1, 2, 3, 4, 5].map((revision) => entry("succeeded", { revision }));
    const { history: kept } = after({ history }, hook);
    expect(kept).toHaveLength(HISTORY_MAX);
    expect(kept.map(({ result, revision }) => `${result} ${String(revision)}`)).toEqual([
      "failed 2",
      "succeeded 1",
      "succeeded 2",
      "succeeded 3",
      "succeeded 4",
    ]);
  });

  test("warnings are those of the last helm run", () => {
    const of = named({ status: { warnings: ["old"] } });
    const observed = facts(of);
    const run = { ...outcome(of, observed, upgrade), warnings: ["new"] };
    expect(chartJournal(of, observed, []).warnings).toEqual(["old"]);
    expect(chartJournal(of, observed, [run, outcome(of, observed, unlock)]).warnings).toEqual(["new"]);
  });
});

describe("what failed and is so without it", () => {
  const of = named();
  const map = desiredObject("v1", "ConfigMap", { name: "a" });
  const error = new Error("no");
  test.each([
    ["a put-back, while the object is missing", "restore", { objects: [assessed("ConfigMap a", "missing")] }, 1],
    ["no put-back, once nothing is missing", "restore", { objects: [assessed("ConfigMap a", "ready")] }, 0],
    ["no put-back of what nobody waits for", "restore", { objects: [assessed("ConfigMap a", "missing", { ignored: true })] }, 0],
    ["a removal, while there are leftovers", "prune", { leftovers: [map] }, 1],
    ["a removal, while there are orphaned objects", "prune", { orphanedObjects: [map] }, 1],
    ["no removal, once nothing is left", "prune", {}, 0],
  ] as const)("counts %s", (_, type, over, failures) => {
    const observed = facts(of, { ...released(of, "1 deployed"), ...over });
    const journal = chartJournal(of, observed, [outcome(of, observed, type === "prune" ? prune(map) : restore(map), error)]);
    expect([journal.failures, journal.nextRetryMs === undefined]).toEqual([failures, failures === 0]);
  });
});

describe("lastFailure", () => {
  const of = named();
  test.each([
    ["none yet", undefined, false],
    ["went well", entry("succeeded"), false],
    ["failed on what is wanted now", entry("failed"), true],
    ["was cancelled on what is wanted now", entry("cancelled"), true],
    ["failed on other inputs", entry("failed", { inputs_digest: "sha256.old" }), false],
    ["failed on another spec", entry("failed", { generation: 7 }), false],
  ])("an attempt that %s counts: %p", (_, last, counts) => {
    const journal = { failures: 1, nextRetryMs: NOW, warnings: [], history: last === undefined ? [] : [last] };
    expect(lastFailure(journal, of, facts(of))).toEqual(counts ? last : undefined);
  });
});
