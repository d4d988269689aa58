import { describe, expect, test } from "@jest/globals";
import { YamlError } from "../base/json/yaml.ts";
import { ApiError } from "../runtime/api.ts";
import type { ArmadaChartStatus } from "./api/chart.ts";
import { REQUESTED_AT } from "./names.ts";
import { unobservedReport, commonStatus, isMinor, transitionEvent, type ReportFacts } from "./status.ts";
import { chart } from "./testing/estate.ts";
import type { Verdict } from "./verdict.ts";

const NOW = 1_772_366_400_000;
const running: Verdict = {
  state: "running",
  target: "deployed",
  satisfied: false,
  reason: "ResourcesNotReady",
  message: "Deployment web: 0 of 1 pods available",
  waiting: { what: "for Deployment web", next: "will fail at 12:15" },
};
const deployed: Verdict = {
  state: "deployed",
  target: "deployed",
  satisfied: true,
  reason: "UnderlyingResourcesReady",
  message: "every object is ready",
};
const failed: Verdict = { ...running, state: "failed", reason: "InstallError", stalled: true };

const facts = (verdict: Verdict, over: Partial<ReportFacts> = {}): ReportFacts => ({
  nowMs: NOW,
  verdict,
  attempts: { failures: 0, nextRetryMs: undefined },
  owners: [],
  settled: true,
  extra: {},
  ...over,
});
const of = (status?: ArmadaChartStatus, generation = 1, annotations: Readonly<Record<string, string>> = {}) =>
  chart("blog", { status, metadata: { generation, annotations } });

/** `Ready=False/Reason` of each condition, in order. */
const shown = (status: ReturnType<typeof commonStatus>): string => status.conditions.map(({ type, status: value }) => `${type}=${value}`).join(" ");

describe("commonStatus", () => {
  test.each([
    [running, "Ready=False Reconciling=True Stalled=False Running=True"],
    [deployed, "Ready=True Reconciling=False Stalled=False Deployed=True"],
    [failed, "Ready=False Reconciling=False Stalled=True Failed=True"],
    [{ ...failed, state: "error" }, "Ready=False Reconciling=False Stalled=True Irreconcilable=True Error=True"],
    [{ ...running, state: "pending" }, "Ready=False Reconciling=True Stalled=False Pending=True"],
    [{ ...deployed, state: "uninitialized" }, "Ready=True Reconciling=False Stalled=False Initializing=True"],
    [{ ...deployed, state: "uninstalled" }, "Ready=True Reconciling=False Stalled=False"],
  ] as const satisfies readonly (readonly [Verdict, string])[])(
    "of $state has the conditions of kstatus and the legacy one of the state",
    (verdict, expected) => {
      expect(shown(commonStatus(of(), facts(verdict)))).toBe(expected);
    },
  );

  test("keeps a legacy condition that was true, as false", () => {
    const before = commonStatus(of(), facts(running));
    expect(shown(commonStatus(of(before), facts(deployed)))).toBe("Ready=True Reconciling=False Stalled=False Running=False Deployed=True");
  });

  test("moves a transition time only when the status of its condition changes", () => {
    const before = commonStatus(of(), facts(running));
    const later = commonStatus(of(before), facts({ ...running, message: "Deployment web: 0 of 2 pods available" }, { nowMs: NOW + 5_000 }));
    expect(new Set(later.conditions.map(({ lastTransitionTime }) => lastTransitionTime))).toEqual(new Set(["2026-03-01T12:00:00Z"]));
    const times = commonStatus(of(later), facts(deployed, { nowMs: NOW + 9_000 })).conditions.map(
      (c) => `${c.type} ${c.lastTransitionTime.slice(-3)}`,
    );
    expect(times).toEqual(["Ready 09Z", "Reconciling 09Z", "Stalled 00Z", "Running 09Z", "Deployed 09Z"]);
  });

  test("made twice from the same facts is the same, and never edits what it was given", () => {
    const before = commonStatus(of(), facts(running));
    const copy = structuredClone(before);
    const object = of(Object.freeze(before));
    expect(commonStatus(object, facts(running, { nowMs: NOW + 60_000 }))).toEqual(copy);
    expect(before).toEqual(copy);
  });

  test("leaves conditions of others alone", () => {
    const conditions = [
      { type: "Approved", status: "True", reason: "ByHand", message: "ok", lastTransitionTime: "2026-01-01T00:00:00Z", observedGeneration: 1 },
    ] as const;
    expect(commonStatus(of({ conditions }), facts(deployed)).conditions).toContainEqual(conditions[0]);
  });

  test("says what it waits for, since when, and what comes next; nothing when it is satisfied", () => {
    const before = commonStatus(of(), facts(running));
    expect(before.waiting_for).toBe("for Deployment web, since 2026-03-01T12:00:00Z; will fail at 12:15");
    expect(commonStatus(of(before), facts(deployed))).not.toHaveProperty("waiting_for");
  });

  test("says what is being done, since when, and what follows", () => {
    const waiting = { doing: "helm install is running", next: "wait for its objects to become ready" };
    expect(commonStatus(of(), facts({ ...running, waiting })).waiting_for).toBe(
      "helm install is running (since 2026-03-01T12:00:00Z); next: wait for its objects to become ready",
    );
  });

  test("says what is being done, and since when, if that is not since its state began", () => {
    const waiting = { doing: "helm install is running", next: "wait for its objects to become ready", since: "2026-03-01T11:00:00Z" };
    expect(commonStatus(of(), facts({ ...running, waiting })).waiting_for).toBe(
      "helm install is running (since 2026-03-01T11:00:00Z); next: wait for its objects to become ready",
    );
  });

  test("a wait is told as lasting since its state began, not since it was last looked at", () => {
    const before = commonStatus(of(), facts(running));
    const later = commonStatus(of(before), facts({ ...running, waiting: { what: "for Job x", next: "" } }, { nowMs: NOW + 60_000 }));
    expect(later.waiting_for).toBe("for Job x, since 2026-03-01T12:00:00Z; ");
  });

  test("extra conditions are there while they are true, and gone after", () => {
    const before = commonStatus(of(), facts(deployed, { extra: { SourceStale: "no chart there" } }));
    expect(shown(before)).toContain("SourceStale=True");
    expect(shown(commonStatus(of(before), facts(deployed)))).not.toContain("SourceStale");
  });

  test("the condition of the state names the release", () => {
    const { conditions } = commonStatus(of(), facts(deployed, { release: { name: "blog", revision: 3 } }));
    expect(conditions.find(({ type }) => type === "Deployed")).toMatchObject({ resourceName: "blog", resourceVersion: 3 });
    expect(conditions.find(({ type }) => type === "Ready")).not.toHaveProperty("resourceName");
  });

  test("tells of failures and the next attempt until it is satisfied", () => {
    const attempts = { failures: 2, nextRetryMs: NOW + 1_500 };
    expect(commonStatus(of(), facts(failed, { attempts }))).toMatchObject({ failures: 2, next_retry_time: "2026-03-01T12:00:02Z" });
    expect(commonStatus(of(), facts(deployed, { attempts }))).not.toHaveProperty("failures");
  });

  test("names the owners", () => {
    expect(commonStatus(of(), facts(deployed, { owners: ["a", "b"] })).owners).toBe("a, b");
    expect(commonStatus(of(), facts(deployed))).not.toHaveProperty("owners");
  });
});

describe("observedGeneration", () => {
  test("is that of the object, in every condition too", () => {
    const status = commonStatus(of(undefined, 7), facts(running));
    expect([status.observedGeneration, ...status.conditions.map(({ observedGeneration }) => observedGeneration)]).toEqual([7, 7, 7, 7, 7]);
  });

  test("stays while suspended: nobody has looked at the new spec", () => {
    expect(commonStatus(of({ observedGeneration: 3 }, 7), facts({ ...deployed, reason: "Suspended" })).observedGeneration).toBe(3);
  });
});

describe("ready_generation", () => {
  test.each([
    ["is set when the object is deployed", undefined, deployed, 4],
    ["stays when readiness is lost", 4, running, 4],
    ["stays old while a newer spec is on its way", 3, running, 3],
    ["is not set by suspension", 3, { ...deployed, reason: "Suspended" }, 3],
    ["is absent when it was never ready", undefined, running, undefined],
  ] as const satisfies readonly (readonly [string, number | undefined, Verdict, number | undefined])[])(
    "%s",
    (_, ready_generation, verdict, expected) => {
      const before = ready_generation === undefined ? {} : { ready_generation };
      expect(commonStatus(of(before, 4), facts(verdict)).ready_generation).toBe(expected);
    },
  );
});

describe("a request", () => {
  const asked = { [REQUESTED_AT]: "now" };
  test.each([
    ["is recorded when nothing is left to do", true, "now"],
    ["is not recorded while there is", false, "before"],
  ])("%s", (_, settled, expected) => {
    expect(commonStatus(of({ reconcile_requested_at: "before" }, 1, asked), facts(deployed, { settled })).reconcile_requested_at).toBe(expected);
  });
});

describe("transitionEvent", () => {
  test.each([
    ["the first look", undefined, running, "Normal ResourcesNotReady"],
    ["another state", { actual_state: "deployed", reason: "UnderlyingResourcesReady" }, running, "Normal ResourcesNotReady"],
    ["another reason", { actual_state: "running", reason: "Installing" }, running, "Normal ResourcesNotReady"],
    ["a failure", { actual_state: "running", reason: "Installing" }, failed, "Warning InstallError"],
    ["the same again", { actual_state: "running", reason: "ResourcesNotReady" }, { ...running, message: "other words" }, ""],
  ] as const)("of %s", (_, before, verdict, expected) => {
    expect(
      transitionEvent(before, verdict)
        .map(({ type, reason }) => `${type} ${reason}`)
        .join(),
    ).toBe(expected);
  });
});

describe("isMinor", () => {
  const before = commonStatus(of(), facts(running));
  test.each([
    ["another sentence", before, { ...running, message: "1 of 2", waiting: { what: "for x", next: "" } }, 1, true],
    ["the first look", undefined, running, 1, false],
    ["another state", before, { ...running, state: "pending" }, 1, false],
    ["another reason", before, { ...running, reason: "Installing" }, 1, false],
    ["satisfied now", before, { ...running, satisfied: true }, 1, false],
    ["stalled now", before, { ...running, stalled: true }, 1, false],
    ["another generation", before, running, 2, false],
  ] as const satisfies readonly (readonly [string, ArmadaChartStatus | undefined, Verdict, number, boolean])[])(
    "of %s",
    (_, status, verdict, generation, expected) => {
      expect(isMinor(status, verdict, generation)).toBe(expected);
    },
  );
});

test.each([
  ["a removal that fails", { ...running, reason: "UninstallError" }, "Warning"],
  ["one that goes on", { ...running, reason: "Uninstalling" }, "Normal"],
  ["what is failed", failed, "Warning"],
  ["what waits for a namespace", { ...running, state: "pending", reason: "NamespaceTerminating" }, "Normal"],
] as const satisfies readonly (readonly [string, Verdict, string])[])("the event of %s is a %s", (_, verdict, type) => {
  expect(transitionEvent(undefined, verdict)).toEqual([expect.objectContaining({ type })]);
});

describe("unobservedReport", () => {
  const api = (status: number): ApiError => new ApiError("secrets is\n forbidden", { status, reason: "Any" });
  const told = (error: Error, status?: ArmadaChartStatus) => unobservedReport(of(status), error, { nowMs: NOW, target: "deployed" });

  test.each([
    [api(403), "Stalled=True", "for the API server to allow the request: secrets is forbidden, since "],
    [api(503), "Stalled=False", "for the API server to accept the request: secrets is forbidden, since "],
    [new YamlError("line 3: bad"), "Stalled=True", "for a change of the data that is invalid: line 3: bad, since "],
  ])("of %s says what it waits for in one sentence", (error, stalled, sentence) => {
    const { status } = told(error);
    expect(status.conditions.map(({ type, status: value }) => `${type}=${value}`)).toContain(stalled);
    expect(status.waiting_for?.startsWith(sentence)).toBe(true);
    expect(status).toMatchObject({ actual_state: "error", reason: "ReconcileError", satisfied: false, observedGeneration: 1 });
  });

  test("keeps what the status knew, and tells of the error once", () => {
    const common = commonStatus(of(), facts(deployed, { extra: { SourceStale: "no chart there", Warnings: "unknown field" } }));
    const before = { ...common, release: { name: "blog", namespace: "site", revision: 4 } };
    const { status, events } = told(api(403), before);
    expect(status).toMatchObject({ release: before.release });
    const known = common.conditions.filter(({ type }) => ["SourceStale", "Warnings"].includes(type));
    expect(known).toHaveLength(2);
    expect(status.conditions).toEqual(expect.arrayContaining([...known]));
    expect(events).toEqual([{ type: "Warning", reason: "ReconcileError", note: "cannot be reconciled: secrets is forbidden" }]);
    expect(told(api(403), status)).toEqual({ status, events: [] });
  });
});
