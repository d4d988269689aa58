import { expect, test } from "@jest/globals";
import type { ArmadaChart, ArmadaChartSpec, ArmadaChartStatus } from "../../api/chart.ts";
import { REQUESTED_AT } from "../../names.ts";
import type { ChartDecision } from "../decision/context.ts";
import { decideChart } from "../decide.ts";
import type { ChartObserved } from "../observed.ts";
import { facts, named, NOW, released, said } from "./charts.ts";

/** What is seen of a chart `blog` whose name is recorded, and nothing else tried yet. */
export interface Case {
  readonly spec?: Partial<ArmadaChartSpec>;
  readonly status?: ArmadaChartStatus;
  readonly metadata?: Partial<ArmadaChart["metadata"]>;
  /** As {@link released} reads it; absent: no release. */
  readonly release?: string;
  readonly over?: Partial<ChartObserved>;
}

export const decide = ({ spec, status, metadata, release, over }: Case): ChartDecision => {
  const of = named({ ...(spec === undefined ? {} : { spec }), ...(metadata === undefined ? {} : { metadata }), status });
  return decideChart(of, facts(of, { ...(release === undefined ? {} : released(of, release)), ...over }), []);
};

/** A row each: title, what is seen, and the decision in the notation of {@link said}. What is not satisfied must say what it waits for. */
export const table = (rows: readonly (readonly [title: string, given: Case, expected: string])[]): void => {
  test.each(rows)("%s", (_, given, expected) => {
    const decision = decide(given);
    expect(said(decision)).toBe(expected);
    if (!decision.verdict.satisfied) expect(waitsOf(decision)).toMatch(/^for .|\b(?:is|are) (?:being|running)\b|\bfailed: ./);
  });
};

/** What is waited for, what is being done, or what went wrong. */
export const waitsOf = ({ verdict: { waiting = { what: "", next: "" } } }: ChartDecision): string => {
  if ("doing" in waiting) return waiting.doing;
  if ("fault" in waiting) return waiting.fault;
  return "what" in waiting ? waiting.what : waiting.sentence;
};

/** Somebody asks to act now. */
export const asked = { annotations: { [REQUESTED_AT]: "now" } };
export const terminating = { deletionTimestamp: "2026-03-01T11:00:00Z" };

const notTurn = { ready: false, waitingFor: "ArmadaChart a to be ready" } as const;
/** Not its turn for anything. */
export const turns = { install: notTurn, upgrade: notTurn, remove: notTurn };

/** A source that cannot be read, for good; it will be retried in 15 s. */
export const broken = {
  state: "failed",
  failure: { class: "terminal", reason: "NotFound", message: "no chart there" },
  retryAtMs: NOW + 15_000,
} as const;
