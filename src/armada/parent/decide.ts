import { listed } from "../../base/text.ts";
import type { Outcome } from "../../runtime/reconcile/kernel.ts";
import { isObserved, isTerminating, memberKind, nameOf, type Member, type Parent } from "../estate/estate.ts";
import { validateSpec } from "../api/validate.ts";
import { isPausing, isRequested } from "../attempts.ts";
import { suspendedVerdict } from "../verdict.ts";
import type { ParentAction } from "./action.ts";
import { BATCH, decision, type Context, type ParentDecision, type Row } from "./context.ts";
import { parentJournal } from "./journal.ts";
import { leaving, removing, uninstalling } from "./leaving-rows.ts";
import type { ObservedMember, ParentObserved } from "./observed.ts";

/** An earlier effect failed: wait for its back-off, saying what the API server said. */
const failing: Row = (context) => {
  const { journal, observed, requested } = context;
  if (requested || journal.failure === undefined || !isPausing(journal.nextRetryMs, observed.nowMs)) return undefined;
  const message = journal.failure.message;
  return decision(
    context,
    {
      state: "error",
      reason: "ReconcileError",
      message,
      stalled: journal.failure.class === "terminal",
      waiting: { what: `for the API server to accept: ${message}`, next: "tried again with back-off" },
    },
    [],
    { wakeAtMs: journal.nextRetryMs },
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
    waiting: { what: `for its turn in ${parent}`, next: "then it is enabled" },
  });
};

/** Stored before the CRD had a rule that it breaks. */
const invalid: Row = (context) => {
  const [problem] = validateSpec(context.parent.kind, context.parent);
  if (problem === undefined) return undefined;
  const waiting = { what: "for a change of its spec", next: problem };
  return decision(context, { state: "error", reason: "InvalidSpec", message: problem, stalled: true, waiting });
};

/** Active: own the members, let go of dropped ones, enable those whose turn it is; and sum up. */
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

const summary = (context: Context): ParentDecision => {
  const { observed, parent } = context;
  const foreign = observed.members.find(({ tie }) => tie?.tie === "foreign");
  if (foreign?.tie?.tie === "foreign") {
    const message = `${memberKind(parent)} ${foreign.name} is controlled by ${foreign.tie.by}, so it is neither enabled nor removed: take that owner reference off, or take the name off the list`;
    return decision(context, {
      state: "error",
      reason: "MemberConflict",
      message,
      stalled: true,
      waiting: { what: `for ${foreign.name} to lose its foreign controller`, next: message },
    });
  }
  const ambiguous = observed.crossNamespace
    ? observed.members.find(({ member, namesakes }) => member === undefined && namesakes.length > 1)
    : undefined;
  if (ambiguous !== undefined) return notUnique(context, ambiguous);
  const nameless = observed.enable.flatMap(({ metadata }) => observed.members.find(({ name }) => name === metadata.name)?.tooLong ?? [])[0];
  if (nameless !== undefined) {
    const waiting = { what: `for a shorter name: ${nameless}`, next: "then it is enabled" };
    return decision(context, { state: "error", reason: "InvalidSpec", message: nameless, stalled: true, waiting });
  }
  const missing = observed.members.find(({ member }) => member === undefined);
  if (missing !== undefined) {
    const elsewhere =
      missing.namesakes.length === 0 ? "" : ` (${missing.namesakes.join(", ")} is in another namespace: that needs --cross-namespace=allow)`;
    const what = `${memberKind(parent)} ${missing.name} to be created${elsewhere}`;
    return decision(context, {
      state: "pending",
      reason: "WaitingForMember",
      message: `waiting for ${what}`,
      waiting: { what: `for ${what}`, next: "then it goes on by itself" },
    });
  }
  return memberStates(context);
};

const notUnique = (context: Context, { name, namesakes }: ObservedMember): ParentDecision => {
  const message = `${memberKind(context.parent)} ${name} is not in this namespace and there are several elsewhere: ${listed(namesakes)}; give the one you mean a unique name`;
  return decision(context, {
    state: "error",
    reason: "MemberAmbiguous",
    message,
    stalled: true,
    waiting: { what: `for ${name} to be unambiguous`, next: message },
  });
};

const memberStates = (context: Context): ParentDecision => {
  const { observed } = context;
  const failed = observed.members.find(({ member, done }) => !done && member !== undefined && hasFailed(member))?.member;
  if (failed !== undefined) {
    const { actual_state: state, reason } = failed.status ?? {};
    const why = readyMessage(failed) ?? "";
    const message = `${nameOf(failed)} is ${state ?? "failed"} (${reason ?? "no reason"}): ${why}`;
    return decision(context, {
      state: "error",
      reason: "MemberFailed",
      message,
      waiting: { what: `for ${nameOf(failed)} to recover`, next: "then the sequence goes on by itself" },
    });
  }
  const open = observed.members.find(({ done }) => !done)?.member;
  if (open === undefined) return allDone(context);
  const message = `${nameOf(open)}: ${readyMessage(open) ?? "not seen yet"}`;
  return decision(context, {
    state: "running",
    reason: "MembersNotReady",
    message,
    waiting: { what: `for ${message}`, next: "then it goes on by itself" },
  });
};

/** What a member says of the generation before this one is no news. A suspended one says so of any. */
const isNews = (member: Member): boolean => isObserved(member) || member.status?.reason === "Suspended";

const hasFailed = (member: Member): boolean => isNews(member) && ["failed", "error"].includes(member.status?.actual_state ?? "");

const readyMessage = (member: Member): string | undefined => {
  if (member.status === undefined) return undefined;
  // Its own words are of the time before it was on an active parent's list.
  const { actual_state: state, reason } = member.status;
  if (isObserved(member) && state === "uninitialized" && reason !== "Suspended") return "parked, and to be enabled next";
  return isNews(member) ? member.status.conditions?.find(({ type }) => type === "Ready")?.message : "it has changed and is being looked at";
};

const allDone = (context: Context): ParentDecision => {
  const skipped = context.observed.members.filter((entry) => entry.skipped).map(({ name }) => name);
  const aside = skipped.length === 0 ? "" : `; skipped because somebody set them to uninstalled: ${skipped.join(", ")}`;
  return decision(context, { state: "deployed", satisfied: true, reason: "MembersReady", message: `every member is deployed${aside}` });
};

const ROWS: readonly Row[] = [failing, removing, suspended, invalid, uninstalling, parked, active];

/** What to do with a group or a manifest, and what to say of it. Pure. */
export const decideParent = (parent: Parent, observed: ParentObserved, outcomes: readonly Outcome<ParentAction>[]): ParentDecision => {
  const requested = isRequested(parent) && outcomes.length === 0;
  const context: Context = { parent, observed, journal: parentJournal(parent, outcomes), requested };
  for (const row of ROWS) {
    const found = row(context);
    if (found !== undefined) return found;
  }
  throw new Error("no row of the decision matched");
};
