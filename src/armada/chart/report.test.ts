import { describe, expect, test } from "@jest/globals";
import { HelmError } from "../../helm/driver.ts";
import type { ArmadaChart } from "../api/chart.ts";
import type { ChartAction } from "./action.ts";
import { decideChart } from "./decide.ts";
import type { ChartOutcome } from "./decision/journal.ts";
import type { ChartObserved } from "./observed.ts";
import { reportChart } from "./report.ts";
import { report, statusOf } from "./testing/reported.ts";
import { actionsOf, facts, named, outcome, released, seen } from "./testing/charts.ts";

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
