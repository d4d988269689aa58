import { describe, expect, test } from "@jest/globals";
import type { ArmadaChart, ArmadaChartStatus } from "../api/chart.ts";
import { REQUESTED_AT } from "../names.ts";
import { decideChart } from "./decide.ts";
import type { ReadySource } from "./facts/source-facts.ts";
import type { ChartObserved } from "./observed.ts";
import { reportChart } from "./report.ts";
import { broken } from "./testing/table.ts";
import { ARTIFACT, facts, named, NOW, ready, released, seen } from "./testing/charts.ts";

const report = (of: ArmadaChart, observed: ChartObserved) => reportChart(of, { observed, outcomes: [], decision: decideChart(of, observed, []) });

const sourceOf = (over: Partial<ChartObserved> = {}): ArmadaChartStatus["source"] => report(named(), facts(named(), over)).status.source;

const messages = (of: ArmadaChart, observed: ChartObserved) =>
  Object.fromEntries((report(of, observed).status.conditions ?? []).map(({ type, message }) => [type, message]));

const told = (of: ArmadaChart, observed: ChartObserved): readonly string[] =>
  report(of, observed).events.map(({ type, reason, note }) => `${type} ${reason}: ${note}`);

const settled = (of: ArmadaChart, observed: ChartObserved): ArmadaChart => ({ ...of, status: report(of, observed).status });

describe("status.source.dependencies", () => {
  const placing = (count: number): ReadySource =>
    ready(named(), { dependencies: Array.from({ length: count }, (_, at) => ({ ...ARTIFACT, name: `lib-${at}` })) });

  test("says what was placed", () => {
    expect(sourceOf({ source: placing(1) })?.dependencies).toEqual([
      { name: "lib-0", version: "1.2.3", digest: ARTIFACT.digest, resolved: ARTIFACT.source.resolved },
    ]);
  });

  test("is absent where nothing was, and has an end", () => {
    expect(sourceOf()).not.toHaveProperty("dependencies");
    expect(sourceOf({ source: placing(100) })?.dependencies).toHaveLength(10);
  });
});

test("status.source.digest is what a pin is compared with: the chart's own, whatever was placed in it", () => {
  const source = ready(named(), { artifact: { ...ARTIFACT, own: "sha256.own" } });
  expect([sourceOf({ source })?.digest, sourceOf()?.digest]).toEqual(["sha256.own", ARTIFACT.digest]);
});

describe("the condition SourceStale of a chart", () => {
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

  test.each([
    ["parked", { target_state: "uninitialized" }, "release none", "its source cannot be read, so it could not be deployed now: no chart there"],
    [
      "parked with a release of another spec",
      { target_state: "uninitialized" },
      "1 deployed other",
      "the release stays as it is, but: no chart there",
    ],
    ["a library", {}, "library", "its source cannot be read, so it could not be deployed now: no chart there"],
  ] as const)("say so of what is %s, once, and of nothing that is only missing", (_, spec, has, expected) => {
    const of = named({ spec, ...(has === "library" ? { status: { reason: "Library" } } : {}) });
    const observed = facts(of, { ...(has.startsWith("1") ? released(of, has) : {}), source: broken });
    expect(messages(of, observed)["SourceStale"]).toBe(expected);
    expect(told(of, observed)).toContain(`Warning SourceStale: ${expected}`);
    expect(told(settled(of, observed), observed)).toEqual([]);
    expect(report(of, observed).status).toMatchObject({ satisfied: true, actual_state: "uninitialized" });
    const missing = { ...observed, source: { state: "waiting", missing: "there is no ArmadaChart x", retryAtMs: NOW } } as const;
    expect(messages(of, missing)).not.toHaveProperty("SourceStale");
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
