import type { Outcome } from "../../../runtime/reconcile/kind.ts";
import type { Parent } from "../../estate/estate.ts";
import type { StoreEstate } from "../../estate/store-estate.ts";
import { describeParentAction, type ParentAction } from "../action.ts";
import type { ParentDecision } from "../context.ts";
import { decideParent } from "../decide.ts";
import { parentFacts } from "../observe.ts";

/** When these tests take place: 2026-03-01T12:00:00Z. */
export const NOW = 1_772_366_400_000;

/** Looks and decides, as the kernel does. */
export const decide = (parent: Parent, estate: StoreEstate, outcomes: readonly Outcome<ParentAction>[] = [], nowMs = NOW): ParentDecision =>
  decideParent(parent, parentFacts(parent, estate, nowMs), outcomes);

/** `state Reason`, `*` when satisfied, `!` when stalled, and the actions: `running MembersNotReady: enable 2`. */
export const said = ({ verdict, actions }: ParentDecision): string => {
  const marks = `${verdict.satisfied ? "*" : ""}${verdict.stalled === true ? "!" : ""}`;
  const effects = actions.map((action) => describeParentAction(action).replace(/Armada\w+ /, "")).join(", ");
  return `${verdict.state} ${verdict.reason}${marks}${effects === "" ? "" : `: ${effects}`}`;
};
