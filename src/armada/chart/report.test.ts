import { describe, expect, test } from "@jest/globals";
import { HelmError } from "../../helm/driver.ts";
import type { ArmadaChart, ArmadaChartStatus } from "../api/chart.ts";
import { desiredObject } from "../readiness/testing/objects.ts";
import type { ChartAction } from "./action.ts";
import { decideChart } from "./decide.ts";
import type { ChartOutcome } from "./decision/journal.ts";
import type { ChartObserved } from "./observed.ts";
import { reportChart } from "./report.ts";
import { broken, terminating } from "./testing/table.ts";
import { actionsOf, facts, named, nobodys, others, outcome, ready, released, seen } from "./testing/charts.ts";

const report = (of: ArmadaChart, observed: ChartObserved, outcomes: readonly ChartOutcome[] = []) =>
  reportChart(of, { observed, outcomes, decision: decideChart(of, observed, outcomes) });

const statusOf = (
  notation: string | undefined,
  over: Partial<ChartObserved> = {},
  before?: ArmadaChartStatus,
  parts: Parameters<typeof named>[0] = {},
) => {
  const of = named({ ...parts, status: before });
  return report(of, facts(of, { ...(notation === undefined ? {} : released(of, notation)), ...over })).status;
};

const messages = (of: ArmadaChart, observed = facts(of, released(of, "1 deployed"))) =>
  Object.fromEntries((report(of, observed).status.conditions ?? []).map(({ type, message }) => [type, message]));

const told = (of: ArmadaChart, observed: ChartObserved, ...outcomes: readonly ChartOutcome[]): readonly string[] =>
  report(of, observed, outcomes).events.map(({ type, reason, note }) => `${type} ${reason}: ${note}`);

const settled = (of: ArmadaChart, observed: ChartObserved): ArmadaChart => ({ ...of, status: report(of, observed).status });

test("a helm that has no place yet is waited for, with how many go before it", () => {
  const of = named();
  const observed = facts(of, {});
  const decision = decideChart(of, observed, []);
  const { status } = reportChart(of, { observed, outcomes: [], decision, awaits: "for a free helm slot (3 before it)" });
  expect(status).toMatchObject({
    actual_state: "running",
    waiting_for: expect.stringMatching(/^for a free helm slot \(3 before it\), since .*; then helm install runs$/),
  });
});

describe("status.release", () => {
  test("of no release names only what it will be", () => {
    expect(statusOf(undefined).release).toEqual({ name: "blog", namespace: "site" });
  });

  test("of another chart's remembers who took it first, however often it is taken then", () => {
    const record = { record: released(named(), "3 deployed").record, ownership: { ...others, name: "ArmadaChart third" } };
    expect(statusOf(undefined, record, { release: { revision: 2 } }).release).toMatchObject({ superseded_by: "ArmadaChart third" });
    expect(statusOf(undefined, record, { release: { superseded_by: "ArmadaChart other" } }).release?.superseded_by).toBe("ArmadaChart other");
  });

  describe("of a release whose record has vanished", () => {
    const before = { release: { name: "blog", namespace: "site", revision: 3, ready_revision: 3 } };
    const orphanedObjects = [desiredObject("v1", "Service", { name: "a" })];
    test.each([
      ["is being deleted", { namespaceTerminating: true }, {}],
      ["is still there in part", { orphanedObjects }, { metadata: terminating }],
      ["is suspended", {}, { spec: { suspend: true } }],
      ["is parked", {}, { spec: { target_state: "uninitialized" } }],
      ["cannot be made anew: no source", { source: broken }, {}],
      ["cannot be made anew: its spec breaks a rule", { refusal: "no" }, {}],
      ["cannot be made anew: another chart comes first", { rival: "ArmadaChart other" }, {}],
    ] as const)("stays while it %s, so that what it had is looked for", (_, over, parts) => {
      expect(statusOf(undefined, { vanished: true, ...over }, before, parts).release).toEqual(before.release);
    });

    test("goes when nothing is left of it, or when it was removed by us", () => {
      const none = { name: "blog", namespace: "site" };
      expect(statusOf(undefined, { vanished: true }, before, { spec: { target_state: "uninstalled" } }).release).toEqual(none);
      expect(statusOf(undefined, { vanished: false }, before).release).toEqual(none);
    });
  });

  test("stays where a release may not live any more and nobody looks, until it is uninstalled", () => {
    const before = { release: { name: "blog", namespace: "site", revision: 3, spec_digest: "x" } };
    const refusal = "spec.namespace is not watched";
    expect(statusOf(undefined, { refusal }, before).release).toEqual(before.release);
    expect(statusOf(undefined, { refusal, target: "uninstalled" }, before).release).toEqual({ name: "blog", namespace: "site" });
    const taken = { refusal, record: released(named(), "3 deployed").record, ownership: others };
    expect(statusOf(undefined, taken, before).release).toMatchObject({ superseded_by: "ArmadaChart other" });
  });

  test("tells of ours what it is and what it was made of", () => {
    const { specDigest } = facts(named());
    expect(statusOf("3 deployed").release).toEqual({
      name: "blog",
      namespace: "site",
      revision: 3,
      chart: "x",
      chart_version: "1.2.3",
      inputs_digest: ready(named()).inputsDigest,
      spec_digest: specDigest,
      ready_revision: 3,
    });
  });

  test.each([nobodys, others])("tells no revision of one that is not ours, so that its name can still be changed: %p", (ownership) => {
    expect(statusOf("3 deployed", { ownership }).release).toEqual({ name: "blog", namespace: "site" });
  });

  test.each([
    ["stays that of the last release made from the spec", "2 deployed other", "old"],
    ["stays while helm has failed", "2 failed once", "old"],
    ["stays while a foreign revision runs", "2 deployed foreign", "old"],
    ["is that of the spec when what runs was made from it", "2 deployed", facts(named()).specDigest],
  ])("spec_digest %s", (_, notation, expected) => {
    expect(statusOf(notation, {}, { release: { spec_digest: "old" } }).release?.spec_digest).toBe(expected);
  });

  test.each([
    ["grows when every object is ready", "2 deployed", [seen("Job a", "ready")], 2],
    ["stays when one is not", "2 deployed", [seen("Job a", "progressing")], 1],
    ["stays when helm runs", "2 deployed other", [seen("Job a", "ready")], 1],
  ] as const)("ready_revision %s", (_, notation, objects, expected) => {
    expect(statusOf(notation, { objects }, { release: { ready_revision: 1 } }).release?.ready_revision).toBe(expected);
  });

  test("suspension makes no revision ready: somebody may run helm by hand meanwhile", () => {
    const of = named({ spec: { suspend: true }, status: { actual_state: "deployed", satisfied: true, release: { ready_revision: 1 } } });
    expect(report(of, facts(of, released(of, "2 deployed foreign"))).status.release?.ready_revision).toBe(1);
  });

  test("names Jobs and Pods that are done, there or gone", () => {
    const objects = [seen("Job a", "ready", { done: "there" }), seen("Job b", "missing", { done: "gone" }), seen("Job c", "progressing")];
    expect(statusOf("1 deployed", { objects }).release?.finished).toEqual(["Job a", "Job b"]);
  });
});

describe("ready_generation of a chart", () => {
  const wasReady = { ready_generation: 1 };
  test.each([
    ["stays when readiness is lost: an upgrade behind it is not held up", "1 deployed", "progressing", 1],
    ["ends when helm runs, for it is another release then", "1 deployed other", "ready", undefined],
    ["ends when a failed release is mended", "1 failed once", "ready", undefined],
  ] as const)("%s", (_, notation, state, expected) => {
    expect(statusOf(notation, { objects: [seen("Deployment a", state)] }, wasReady).ready_generation).toBe(expected);
  });

  test("is not ended by putting a deleted object back", () => {
    expect(statusOf("1 deployed", { objects: [seen("Service a", "missing")] }, wasReady).ready_generation).toBe(1);
  });
});

describe("conditions of a chart", () => {
  test("name fields that do nothing yet", () => {
    expect(messages(named({ spec: { test: true } }))["FieldsIgnored"]).toBe("spec.test does not run helm test yet.");
    expect(messages(named())).not.toHaveProperty("FieldsIgnored");
  });

  test("tell warnings of the last helm run", () => {
    const of = named({ status: { warnings: ["unknown field spec.x", "deprecated"] } });
    expect(messages(of)["Warnings"]).toBe("unknown field spec.x; deprecated");
  });

  test("repeat a warning as long as it is told, where there is room", () => {
    const warnings = ["x".repeat(512)];
    const of = named({ status: { warnings } });
    expect(report(of, facts(of)).status.warnings).toEqual(warnings);
    expect(messages(of)["Warnings"]).toBe(warnings[0]);
  });
});

describe("events of a chart", () => {
  const deployed = "Normal UnderlyingResourcesReady: release blog revision 2: every object is ready";
  const service = seen("Service a", "missing").object;
  const { install, upgrade, uninstall, unlock, restore, prune, purge } = actionsOf(named());

  test.each([
    [install, "Installed: helm install: release blog revision 2 (first installation)"],
    [upgrade, "Upgraded: helm upgrade: release blog revision 2 (its inputs changed)"],
    [uninstall, "Uninstalled: helm uninstall: release blog"],
    [unlock, "Unlocked: release blog revision 2 was locked by a helm process that no longer runs; marked failed"],
    [restore(service), "Restored: put back what was deleted: Service a; release blog stays at revision 2"],
    [prune(service), "Pruned: removed Service a"],
    [purge, "ReleaseGone: release blog was removed"],
  ] as const satisfies readonly (readonly [ChartAction, string])[])("tell of the effect %p", (action, expected) => {
    const of = named();
    const observed = facts(of, released(of, "2 deployed"));
    expect(told(of, observed, outcome(of, observed, action))).toEqual([`Normal ${expected}`, deployed]);
  });

  test("are silent when nothing has changed", () => {
    const of = named();
    const observed = facts(of, released(of, "2 deployed"));
    expect(told(settled(of, observed), observed)).toEqual([]);
  });

  test("tell of a failure once, as the transition it causes", () => {
    const of = named();
    const observed = facts(of, released(of, "1 failed"));
    const error = new HelmError("the hook failed", { reason: "HookFailed", class: "transient" });
    expect(told(of, observed, outcome(of, observed, install, error))).toEqual(["Warning InstallError: helm install failed: the hook failed"]);
  });

  test("tell each warning of the API server", () => {
    const of = named();
    const observed = facts(of, released(of, "2 deployed"));
    const run = { ...outcome(of, observed, upgrade), warnings: ["unknown field spec.x"] };
    expect(told(of, observed, run)[0]).toBe("Warning APIServerWarning: unknown field spec.x");
  });

  test("tell of a revision that somebody else made once", () => {
    const of = named();
    const observed = facts(of, released(of, "2 deployed foreign"));
    expect(told(of, observed)[0]).toBe(
      "Warning ForeignRevision: revision 2 of release blog was not made by this operator; applying the desired inputs again",
    );
    expect(told(settled(of, observed), observed)).toEqual([]);
  });
});
