import { describe, expect, test } from "@jest/globals";
import { HelmError } from "../../helm/driver.ts";
import type { ArmadaChart } from "../api/chart.ts";
import { REQUESTED_AT } from "../names.ts";
import type { ChartAction } from "./action.ts";
import { decideChart } from "./decide.ts";
import type { ChartOutcome } from "./decision/journal.ts";
import type { ReadySource } from "./facts/source-facts.ts";
import type { ChartObserved } from "./observed.ts";
import { reportChart } from "./report.ts";
import { report, statusOf } from "./testing/reported.ts";
import { broken } from "./testing/table.ts";
import { actionsOf, ARTIFACT, facts, named, NOW, outcome, ready, released, seen } from "./testing/charts.ts";

const messages = (of: ArmadaChart, observed = facts(of, released(of, "1 deployed"))) =>
  Object.fromEntries((report(of, observed).status.conditions ?? []).map(({ type, message }) => [type, message]));

const told = (of: ArmadaChart, observed: ChartObserved, ...outcomes: readonly ChartOutcome[]): readonly string[] =>
  report(of, observed, outcomes).events.map(({ type, reason, note }) => `${type} ${reason}: ${note}`);

const settled = (of: ArmadaChart, observed: ChartObserved): ArmadaChart => ({ ...of, status: report(of, observed).status });

describe("status.source.dependencies", () => {
  const placing = (count: number): ReadySource =>
    ready(named(), { dependencies: Array.from({ length: count }, (_, at) => ({ ...ARTIFACT, name: `lib-${at}` })) });

  test("says what was placed", () => {
    expect(statusOf(undefined, { source: placing(1) }).source?.dependencies).toEqual([
      { name: "lib-0", version: "1.2.3", digest: ARTIFACT.digest, resolved: ARTIFACT.source.resolved },
    ]);
  });

  test("is absent where nothing was, and has an end", () => {
    expect(statusOf(undefined).source).not.toHaveProperty("dependencies");
    expect(statusOf(undefined, { source: placing(100) }).source?.dependencies).toHaveLength(10);
  });
});

test("status.source.digest is what a pin is compared with: the chart's own, whatever was placed in it", () => {
  const source = ready(named(), { artifact: { ...ARTIFACT, own: "sha256.own" } });
  expect([statusOf(undefined, { source }).source?.digest, statusOf(undefined).source?.digest]).toEqual(["sha256.own", ARTIFACT.digest]);
});

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

  test.each([
    ["deployed", {}, {}],
    ["not ready", {}, { objects: [seen("Deployment a", "progressing")] }],
    ["failed", {}, { objects: [seen("Job a", "failed")] }],
    ["missing an object", {}, { objects: [seen("Service a", "missing")] }],
    ["suspended", { suspend: true }, {}],
    ["parked", { target_state: "uninitialized" }, {}],
  ] as const)("say that a source is stale while what was made from it is %s, and it is looked for again", (_, spec, over) => {
    const { specDigest } = facts(named({ spec }));
    const of = named({ spec, status: { release: { spec_digest: specDigest } } });
    const observed = facts(of, { ...released(of, "1 deployed"), ...over, source: broken });
    expect(messages(of, observed)["SourceStale"]).toBe("the release stays as it is, but: no chart there");
    expect(decideChart(of, observed, []).wakeAtMs).toBeLessThanOrEqual(NOW + 60_000);
  });

  test("do not call a source stale from which nothing that runs was made", () => {
    const of = named({ status: { release: { spec_digest: "old" } } });
    const observed = facts(of, { ...released(of, "1 deployed"), source: broken });
    expect(messages(of, observed)).not.toHaveProperty("SourceStale");
  });
});

describe("events of a source", () => {
  const of = named({ status: { release: { spec_digest: facts(named()).specDigest } } });
  const healthy = facts(of, released(of, "1 deployed"));
  const stale = { ...healthy, source: broken };
  const later = { ...stale, source: { ...broken, failure: { ...broken.failure, message: "no server there" }, retryAtMs: NOW + 60_000 } };
  const sources = (before: ArmadaChart, observed: ChartObserved) => told(before, observed).filter((line) => line.includes(" Source"));

  test("tell once that it cannot be read, however often it is tried, also by the next operator", () => {
    expect(sources(of, stale)).toEqual(["Warning SourceStale: the release stays as it is, but: no chart there"]);
    expect(sources(settled(of, stale), later)).toEqual([]);
  });

  test("tell once that it can be read again", () => {
    const back = settled(of, stale);
    expect(sources(back, healthy)).toEqual(["Normal SourceRecovered: the source can be read again: version 1.2.3, sha256.0123"]);
    expect(sources(settled(back, healthy), healthy)).toEqual([]);
  });

  test("tell nothing while it is read again, and it stays stale", () => {
    const before = settled(of, stale);
    const reading: ChartObserved = { ...stale, source: { state: "reading" } };
    expect(sources(before, reading)).toEqual([]);
    expect(messages(before, reading)["SourceStale"]).toBe("the release stays as it is, but: no chart there");
    expect(messages(of, reading)).not.toHaveProperty("SourceStale");
  });

  test("a request is answered when the source has been read", () => {
    const asked = { ...of, metadata: { ...of.metadata, annotations: { ...of.metadata.annotations, [REQUESTED_AT]: "now" } } };
    expect(report(asked, { ...stale, source: { state: "reading" } }).status).not.toHaveProperty("reconcile_requested_at");
    expect(report(asked, healthy).status.reconcile_requested_at).toBe("now");
  });

  test("do not take a new spec for a recovery", () => {
    const other = { ...later, specDigest: "of another spec" };
    expect(sources(settled(of, stale), other)).toEqual(["Warning SourceError: no server there"]);
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
