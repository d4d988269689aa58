import type { ArmadaChart } from "../../api/chart.ts";
import type { TargetState } from "../../api/common.ts";
import { effectiveTarget, isActive, nameOf, type Estate } from "../../estate/estate.ts";
import { ownerNames } from "../../estate/owner-names.ts";
import { nameWhenEnabled } from "../../estate/release-name.ts";
import { removalTurn, turn, type Purpose, type Turn } from "../../estate/turn.ts";

/** What the other objects of the estate make of a chart. */
export interface EstateFacts {
  readonly target: TargetState;
  /** Names of active parents that list the chart. */
  readonly activeParents: readonly string[];
  readonly owners: readonly string[];
  /** Of a parked chart without a release: what that will be called; undefined while it is not known. */
  readonly nameWhenEnabled: string | undefined;
  readonly turns: Readonly<Record<Purpose, Turn>>;
  /** Other charts may have it in their charts/. */
  readonly hasDependents: boolean;
}

export const estateFacts = (chart: ArmadaChart, estate: Estate, nowMs: number): EstateFacts => {
  const target = effectiveTarget(chart, estate);
  return {
    target,
    activeParents: estate
      .parentsListing(chart)
      .filter((parent) => isActive(parent, estate))
      .map((parent) => nameOf(parent, chart)),
    owners: ownerNames(chart, estate),
    nameWhenEnabled: target === "uninitialized" ? nameWhenEnabled(chart, estate) : undefined,
    turns: { install: turn(chart, "install", estate), upgrade: turn(chart, "upgrade", estate), remove: removalTurn(chart, estate, nowMs) },
    hasDependents: estate.dependents(chart).length > 0,
  };
};
