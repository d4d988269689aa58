import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { ArmadaChart, ArmadaChartStatus } from "../api/chart.ts";
import { REQUESTED_AT } from "../names.ts";
import { desiredObject } from "../readiness/testing/objects.ts";
import { isHelmRun } from "./action.ts";
import type { ChartDecision } from "./decision/context.ts";
import { decideChart } from "./decide.ts";
import { ChartModel } from "./testing/fake-cluster.ts";
import { identityOf } from "./objects/identity.ts";
import type { ObservedObject } from "./objects/observed-object.ts";
import type { ChartObserved } from "./observed.ts";
import { reportChart } from "./report.ts";
import { released, facts, named, NOW, ready, seen } from "./testing/charts.ts";

const text = fc.oneof(
  { weight: 9, arbitrary: fc.constant("it broke") },
  { weight: 1, arbitrary: fc.constantFrom("x".repeat(6_000), "ü€".repeat(3_000)) },
);

const readiness = fc.constantFrom("ready", "progressing", "missing", "failed" as const);
const object: fc.Arbitrary<ObservedObject> = fc
  .record({ state: readiness, kind: fc.constantFrom("Deployment", "Job", "Service"), name: fc.nat(60), finished: fc.boolean(), message: text })
  .map(({ state, kind, name, finished, message }) => {
    const base = seen(`${kind} ${"n".repeat(name)}${String(name)}`, state, {
      done: finished && state === "missing" ? "gone" : kind === "Job" ? "there" : "no",
    });
    return base.readiness.state === "ready" ? base : { ...base, readiness: { ...base.readiness, message: `${kind}: ${message}` } };
  });

const release = fc.option(
  fc
    .record({
      revision: fc.integer({ min: 1, max: 9 }),
      status: fc.constantFrom(
        "deployed",
        "failed",
        "superseded",
        "uninstalling",
        "uninstalled",
        "pending-install",
        "pending-upgrade",
        "pending-rollback",
      ),
      words: fc.subarray(["other", "foreign", "once"]),
    })
    .map(({ revision, status, words }) => [revision, status, ...words].join(" ")),
  { nil: undefined },
);

const failedSource = fc.record({ message: text, class: fc.constantFrom("terminal", "transient" as const) }).map(({ message, class: cls }) => ({
  state: "failed" as const,
  retryAtMs: NOW + 10_000,
  failure: { class: cls, reason: "NotFound", message },
}));

const spec = fc.record(
  {
    target_state: fc.constantFrom("deployed", "uninitialized", "uninstalled" as const),
    suspend: fc.boolean(),
    wait: fc.record({ timeout: fc.constantFrom(0, 30, 900) }),
    test: fc.boolean(),
  },
  { requiredKeys: [] },
);

const ownership = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ of: "ours" as const }) },
  { weight: 1, arbitrary: fc.constant({ of: "nobody" as const }) },
  { weight: 1, arbitrary: fc.constant({ of: "chart" as const, name: "other" }) },
);

const turn = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ ready: true as const }) },
  { weight: 1, arbitrary: fc.constant({ ready: false as const, waitingFor: "ArmadaChart a" }) },
);

/** A chart that may have been looked at before, and whatever may be seen of it. */
const situation = fc
  .record({
    spec,
    terminating: fc.boolean(),
    requested: fc.boolean(),
    recorded: fc.boolean(),
    release,
    ownership,
    objects: fc.array(object, { maxLength: 6 }),
    source: fc.oneof(
      { weight: 5, arbitrary: fc.constant({ state: "ready" as const }) },
      { weight: 1, arbitrary: failedSource },
      { weight: 1, arbitrary: fc.constant({ state: "reading" as const }) },
      { weight: 1, arbitrary: fc.constant({ state: "waiting" as const, missing: "there is no ArmadaChart x", retryAtMs: NOW + 10_000 }) },
    ),
    hasDependents: fc.boolean(),
    turns: fc.record({ install: turn, upgrade: turn, remove: turn }),
    activeParents: fc.subarray(["ArmadaChartGroup g"]),
    damaged: fc.option(text, { nil: undefined, freq: 9 }),
    unstamped: fc.boolean(),
    leftover: fc.boolean(),
    effects: fc.array(
      fc.record({ type: fc.constantFrom("restore", "prune" as const), times: fc.integer({ min: 1, max: 12 }), agoMs: fc.nat(700_000) }),
      {
        maxLength: 3,
      },
    ),
    orphaned: fc.boolean(),
    pods: fc.subarray(["Pod a-1", "Pod a-2"]),
    failures: fc.array(text, { maxLength: 4 }),
    warnings: fc.array(text, { maxLength: 30 }),
    heals: fc.boolean(),
  })
  .map((given) => {
    const of: ArmadaChart = named({
      spec: given.spec,
      metadata: {
        ...(given.terminating ? { deletionTimestamp: "2026-03-01T11:00:00Z" } : {}),
        annotations: { ...(given.requested ? { [REQUESTED_AT]: "now" } : {}) },
      },
    });
    const chart = given.recorded ? of : { ...of, metadata: { ...of.metadata, annotations: given.requested ? { [REQUESTED_AT]: "now" } : {} } };
    const leaving = given.terminating || chart.spec.target_state === "uninstalled";
    const ours = given.release !== undefined && given.ownership.of === "ours";
    const withRelease = given.release === undefined ? {} : { ...released(chart, given.release), ownership: given.ownership };
    const contents: Partial<ChartObserved> = ours
      ? {
          objects: given.objects,
          damaged: given.damaged,
          pods: given.pods,
          unstamped: given.unstamped && !leaving && given.release?.includes("deployed") === true,
          leftovers: given.leftover ? [desiredObject("v1", "ConfigMap")] : [],
          effects: new Map(
            given.effects.flatMap(({ type, times, agoMs }, index) => {
              const one = given.objects[index]?.object ?? (given.leftover ? desiredObject("v1", "ConfigMap") : undefined);
              return one === undefined ? [] : [[identityOf(one), { type, times, atMs: NOW - agoMs, by: undefined }]];
            }),
          ),
        }
      : { orphanedObjects: given.orphaned && leaving && given.release === undefined ? [desiredObject("v1", "Service")] : [] };
    const source: Partial<ChartObserved> = leaving
      ? { source: { state: "unread" } }
      : given.source.state !== "ready"
        ? { source: given.source }
        : { source: ready(chart) };
    const observed = facts(chart, {
      turns: given.turns,
      hasDependents: given.hasDependents,
      activeParents: given.activeParents,
      ...withRelease,
      ...contents,
      ...source,
    });
    return { ...given, chart, observed, leaving, ours };
  });

const STATUS_BYTES = 32 * 1024;

/** What must hold of every single pass. */
const check = (decision: ChartDecision, status: ArmadaChartStatus): void => {
  expect(decision.actions.filter(isHelmRun).length).toBeLessThanOrEqual(1);
  if (decision.actions.some(isHelmRun)) expect(decision.actions).toHaveLength(1);
  if (status.satisfied === true) expect(status.waiting_for).toBeUndefined();
  else expect(status.waiting_for).toMatch(/^(?:for \S[^]*, since \d{4}-[^]*; |\S[^]* \(since \d{4}-[^]*\); next: )\S/);
  expect(status.actual_state === "deployed" && decision.actions.length > 0).toBe(false);
  expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThan(STATUS_BYTES);
};

/** Looks, says, acts and looks again as the kernel does, until nothing happens any more though time passes. */
const run = (model: ChartModel, heals: boolean): { readonly last: ChartDecision; readonly effects: number; readonly status: ArmadaChartStatus } => {
  let effects = 0;
  let wakes = 0;
  let healed = !heals;
  let outcomes: ReturnType<ChartModel["perform"]>[] = [];
  for (;;) {
    const { chart, observed } = model;
    const decision = decideChart(chart, observed, outcomes);
    const pass = { observed, decision, outcomes };
    const report = reportChart(chart, pass);
    expect(reportChart(chart, pass)).toEqual(report);
    const { status } = report;
    check(decision, status);
    model.chart = { ...chart, status };
    outcomes = decision.actions.map((action) => model.perform(action));
    effects += outcomes.length;
    if (effects > 40) throw new Error(`no end in sight: ${JSON.stringify(decision)}`);
    if (outcomes.length > 0) continue;
    if (!healed) {
      healed = true;
      model.heal();
    } else if (decision.wakeAtMs !== undefined && wakes < 12) {
      wakes += 1;
      healed = !heals;
      model.see({ nowMs: Math.max(model.observed.nowMs, decision.wakeAtMs) });
    } else return { last: decision, effects, status };
  }
};

test("from whatever is seen, a chart comes to rest; every pass on the way runs helm at most once, says what it waits for, and stays below 32 KiB", () => {
  fc.assert(
    fc.property(situation, ({ chart, observed, failures, warnings, heals }) => {
      const model = new ChartModel(chart, observed, { failures, warnings });
      const { last } = run(model, heals);
      expect(last.actions).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test("when nothing stands in its way, it comes to what is asked for", () => {
  fc.assert(
    fc.property(situation, (given) => {
      const { chart, observed } = given;
      const turns = { install: { ready: true }, upgrade: { ready: true }, remove: { ready: true } } as const;
      const source = given.leaving ? observed.source : ready(chart);
      const clear: ChartObserved = {
        ...observed,
        ...facts(chart),
        ...{ objects: observed.objects, record: observed.record, leftovers: observed.leftovers },
      };
      fc.pre(given.ours || given.release === undefined);
      fc.pre(!observed.objects.some(({ readiness: { state } }) => state === "failed"));
      const model = new ChartModel(
        { ...chart, spec: { ...chart.spec, suspend: false } },
        {
          ...clear,
          turns,
          source,
          pods: observed.pods,
          orphanedObjects: observed.orphanedObjects,
          ownership: observed.ownership,
          activeParents: [],
        },
        given,
      );
      const { last, status } = run(model, true);
      if (chart.metadata.deletionTimestamp !== undefined) expect(last.gone).toBe(true);
      else expect([status.satisfied, status.actual_state]).toEqual([true, chart.spec.target_state ?? "deployed"]);
    }),
    { numRuns: 300 },
  );
});

test("at rest, more looks run nothing, and the status they find is the one they would write", () => {
  fc.assert(
    fc.property(situation, ({ chart, observed, failures, warnings, heals }) => {
      const model = new ChartModel(chart, observed, { failures, warnings });
      const { observed: world } = (run(model, heals), model);
      const look = (of: ArmadaChart) => reportChart(of, { observed: world, decision: decideChart(of, world, []), outcomes: [] });
      // A sentence may speak of what the status before said, once.
      const settled: ArmadaChart = { ...model.chart, status: look(model.chart).status };
      expect(decideChart(settled, world, []).actions).toEqual([]);
      expect(look(settled)).toMatchObject({ status: settled.status ?? {}, events: [] });
    }),
    { numRuns: 300 },
  );
});
