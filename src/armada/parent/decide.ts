import { ceilSecond, rfc3339 } from "../../base/time/clock.ts";
import { trimEnd } from "../../base/text.ts";
import type { Outcome } from "../../runtime/reconcile/kind.ts";
import { isTerminating, type Member, type Parent } from "../estate/estate.ts";
import { validateSpec } from "../api/validate.ts";
import { isPausing, isRequested } from "../attempts.ts";
import { suspendedVerdict } from "../verdict.ts";
import type { ParentAction } from "./action.ts";
import { BATCH, decision, type Context, type ParentDecision, type Row } from "./context.ts";
import { leaving, removing, uninstalling } from "./leaving-rows.ts";
import { summary } from "./member-rows.ts";
import type { ObservedMember, ParentObserved } from "./observed.ts";
import { retryOf } from "./retry.ts";

/** An earlier effect failed: wait for its back-off, saying what the API server said. */
const failing: Row = (context) => {
  const { retry, observed, requested } = context;
  if (requested || retry.failure === undefined || !isPausing(retry.nextRetryMs, observed.nowMs)) return undefined;
  const { message, class: kind } = retry.failure;
  return decision(
    context,
    {
      state: "error",
      reason: "ReconcileError",
      message,
      stalled: kind === "terminal",
      waiting: { fault: message, next: `next try at ${rfc3339(ceilSecond(retry.nextRetryMs))}` },
    },
    [],
    { wakeAtMs: retry.nextRetryMs },
  );
};

const suspended: Row = ({ parent, observed }) =>
  parent.spec.suspend === true
    ? {
        verdict: suspendedVerdict(parent.status, observed.target, "spec.suspend is true: its members are left as they are until it is false"),
        actions: [],
      }
    : undefined;

const parked: Row = (context) => {
  const { observed } = context;
  if (observed.target !== "uninitialized") return undefined;
  const [parent] = observed.activeParents;
  if (parent === undefined) {
    const message = "parked: spec.target_state is uninitialized and no active parent lists it; members are left as they are";
    return decision(context, { state: "uninitialized", reason: "Parked", satisfied: true, message });
  }
  return decision(context, {
    state: "uninitialized",
    reason: "WaitingForTurn",
    message: `parked until ${parent} enables it`,
    waiting: { what: `for its turn in ${parent}`, next: "it will be enabled then" },
  });
};

/** Stored before the CRD had a rule that it breaks. */
const invalid: Row = (context) => {
  const [problem] = validateSpec(context.parent.kind, context.parent);
  if (problem === undefined) return undefined;
  const waiting = { what: `for its spec to be corrected: ${trimEnd(problem, ".")}`, next: "its members are left as they are until then" };
  return decision(context, { state: "error", reason: "InvalidSpec", message: problem, stalled: true, waiting });
};

/** Active: own the members, disown dropped ones, enable those whose turn it is; and sum up. */
const active: Row = (context) => {
  const { observed } = context;
  const actions: readonly ParentAction[] = [
    // Member by member, so that helm starts on the first while the last is still being adopted.
    ...observed.members.flatMap((entry) => [...adoption(entry), ...enabling(entry, observed.enable)]),
    ...leaving(context),
  ];
  return { ...summary(context), actions: actions.slice(0, BATCH) };
};

const adoption = ({ member, tie }: ObservedMember): readonly ParentAction[] => {
  if (member === undefined || isTerminating(member)) return [];
  if (tie?.tie === "free") return [{ type: "adopt", member, controller: tie.controller }];
  return tie?.tie === "owned" && tie.lead ? [{ type: "promote", member }] : [];
};

const enabling = ({ member, tie, tooLong }: ObservedMember, enable: readonly Member[]): readonly ParentAction[] =>
  member !== undefined && tie?.tie !== "foreign" && tooLong === undefined && enable.some(({ metadata }) => metadata.uid === member.metadata.uid)
    ? [{ type: "enable", member }]
    : [];

const ROWS: readonly Row[] = [failing, removing, suspended, invalid, uninstalling, parked, active];

/** What to do with a group or a manifest, and what to say of it. Pure. */
export const decideParent = (parent: Parent, observed: ParentObserved, outcomes: readonly Outcome<ParentAction>[]): ParentDecision => {
  const requested = isRequested(parent) && outcomes.length === 0;
  const context: Context = { parent, observed, retry: retryOf(parent, outcomes), requested };
  for (const row of ROWS) {
    const found = row(context);
    if (found !== undefined) return found;
  }
  throw new Error("no row of the decision matched");
};
