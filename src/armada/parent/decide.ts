import type { Decision, Outcome } from "../../runtime/kernel.ts";
import { prefixRefusal } from "../api/refuse.ts";
import { validateSpec } from "../api/validate.ts";
import { isManifest, isObserved, isTerminating, memberKind, nameOf, type Member, type Parent } from "../estate.ts";
import { isPausing } from "../journal.ts";
import { suspendedVerdict, type Reason, type Verdict } from "../verdict.ts";
import type { ParentAction } from "./action.ts";
import { parentJournal, type ParentJournal } from "./journal.ts";
import type { ObservedMember, ParentObserved } from "./observed.ts";

export type ParentDecision = Decision<ParentAction, Verdict>;

interface Context {
  readonly parent: Parent;
  readonly observed: ParentObserved;
  readonly journal: ParentJournal;
}

type Row = (context: Context) => ParentDecision | undefined;

const decision = (
  { observed }: Context,
  rest: Omit<Verdict, "target" | "satisfied"> & { readonly satisfied?: boolean; readonly reason: Reason },
  actions: readonly ParentAction[] = [],
  more: { readonly gone?: boolean; readonly wakeAtMs?: number | undefined } = {},
): ParentDecision => ({ verdict: { target: observed.target, satisfied: false, ...rest }, actions, ...more });

/** An earlier effect failed: wait for its back-off, saying what the API server said. */
const failing: Row = (context) => {
  const { journal, observed } = context;
  if (journal.failure === undefined || !isPausing(journal.nextRetryMs, observed.nowMs)) return undefined;
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

const removing: Row = (context) => {
  const { parent, observed } = context;
  if (!isTerminating(parent)) return undefined;
  if (!observed.removalTurn.ready) {
    const { waitingFor: what, untilMs } = observed.removalTurn;
    return decision(
      context,
      {
        state: "running",
        reason: "WaitingForTurn",
        message: `waits for its turn to be removed: ${what}`,
        waiting: { what: `for ${what}`, next: "then its members are removed" },
      },
      [],
      { wakeAtMs: untilMs },
    );
  }
  const owned = [...observed.members, ...observed.dropped].filter(({ member, tie }) => member !== undefined && tie?.tie === "owned");
  const shared = owned.filter(({ tie }) => tie?.tie === "owned" && !tie.alone).flatMap(({ member }) => member ?? []);
  const left = owned.filter(({ tie }) => tie?.tie === "owned" && tie.alone).flatMap(({ member }) => member ?? []);
  if (owned.length === 0) {
    return decision(
      context,
      {
        state: "uninstalled",
        reason: "UninstallSuccessful",
        message: "every member it alone owned is gone",
        waiting: { what: "for its finalizer to be removed", next: "then the object is gone" },
      },
      [],
      { gone: true },
    );
  }
  const names = left.map(nameOf);
  const shown = `${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${String(names.length - 3)} more` : ""}`;
  return decision(
    context,
    {
      state: "running",
      reason: "RemovingMembers",
      message: `removing its members: ${shown}`,
      waiting: { what: `for ${shown} to be gone`, next: "then this object goes" },
    },
    [
      ...shared.map((member): ParentAction => ({ type: "release", member })),
      ...observed.remove.map((member): ParentAction => ({ type: "remove", member })),
    ],
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

const refusal = (context: Context, problem: string | undefined): ParentDecision | undefined =>
  problem === undefined
    ? undefined
    : decision(context, {
        state: "error",
        reason: "InvalidSpec",
        message: problem,
        stalled: true,
        waiting: { what: "for a change of its spec", next: problem },
      });

/** Stored before the CRD had a rule that it breaks. */
const invalid: Row = (context) => refusal(context, validateSpec(context.parent.kind, context.parent)[0]);

/** A prefix would have to travel to groups that this manifest enables, which it cannot yet. */
const refused: Row = (context) => {
  const { parent, observed } = context;
  if (!isManifest(parent)) return undefined;
  const parkedGroups = observed.members.filter(({ parked: waits }) => waits).map(({ name }) => name);
  return refusal(context, prefixRefusal(parent, parkedGroups));
};

/** Effects of one look: with hundreds of members the status keeps up with what has been done. */
const BATCH = 20;

/** Active: own the members, let go of dropped ones, enable those whose turn it is; and sum up. */
const active: Row = (context) => {
  const { observed } = context;
  const actions: readonly ParentAction[] = [
    // Member by member, so that helm starts on the first while the last is still being adopted.
    ...observed.members.flatMap((entry) => [...adoption(entry), ...enabling(entry, observed.enable)]),
    ...observed.dropped.flatMap(({ member }): readonly ParentAction[] =>
      member === undefined || isTerminating(member) ? [] : [{ type: "release", member }],
    ),
  ];
  return { ...summary(context), actions: actions.slice(0, BATCH) };
};

const adoption = ({ member, tie }: ObservedMember): readonly ParentAction[] =>
  member === undefined || isTerminating(member) || tie?.tie !== "free" ? [] : [{ type: "adopt", member, controller: tie.controller }];

const enabling = ({ member, tie }: ObservedMember, enable: readonly Member[]): readonly ParentAction[] =>
  member !== undefined && tie?.tie !== "foreign" && enable.some(({ metadata }) => metadata.uid === member.metadata.uid)
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
  const missing = observed.members.find(({ member }) => member === undefined);
  if (missing !== undefined) {
    const what = `${memberKind(parent)} ${missing.name} to be created`;
    return decision(context, {
      state: "pending",
      reason: "WaitingForMember",
      message: `waiting for ${what}`,
      waiting: { what: `for ${what}`, next: "then it goes on by itself" },
    });
  }
  return memberStates(context);
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
  return isNews(member) ? member.status.conditions?.find(({ type }) => type === "Ready")?.message : "it has changed and is being looked at";
};

const allDone = (context: Context): ParentDecision => {
  const skipped = context.observed.members.filter((entry) => entry.skipped).map(({ name }) => name);
  const aside = skipped.length === 0 ? "" : `; skipped because somebody set them to uninstalled: ${skipped.join(", ")}`;
  return decision(context, { state: "deployed", satisfied: true, reason: "MembersReady", message: `every member is deployed${aside}` });
};

const ROWS: readonly Row[] = [failing, removing, suspended, invalid, parked, refused, active];

/** What to do with a group or a manifest, and what to say of it. Pure. */
export const decideParent = (parent: Parent, observed: ParentObserved, outcomes: readonly Outcome<ParentAction>[]): ParentDecision => {
  const context: Context = { parent, observed, journal: parentJournal(parent, outcomes) };
  for (const row of ROWS) {
    const found = row(context);
    if (found !== undefined) return found;
  }
  throw new Error("no row of the decision matched");
};
