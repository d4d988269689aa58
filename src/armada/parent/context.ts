import type { Decision } from "../../runtime/reconcile/kind.ts";
import type { Member, Parent } from "../estate/estate.ts";
import { verdictOf, type Finding, type Verdict } from "../verdict.ts";
import type { MemberAction, ParentAction } from "./action.ts";
import type { ObservedMember, ParentObserved } from "./observed.ts";
import type { Retry } from "./retry.ts";

export type ParentDecision = Decision<ParentAction, Verdict>;

export interface Context {
  readonly parent: Parent;
  readonly observed: ParentObserved;
  readonly retry: Retry;
  /** Somebody asked to act now, and nothing has been tried since. */
  readonly requested: boolean;
}

export type Row = (context: Context) => ParentDecision | undefined;

/** A verdict with the target filled in, and what to do. */
export const decision = (
  { observed }: Context,
  found: Finding,
  actions: readonly ParentAction[] = [],
  more: { readonly gone?: boolean; readonly wakeAtMs?: number | undefined } = {},
): ParentDecision => ({ verdict: verdictOf(observed.target, found), actions, ...more });

/** Effects of one look: with hundreds of members the status keeps up with what has been done. */
export const BATCH = 20;

/** The same action on each. */
export const onEach = (type: "remove" | "uninstall", members: readonly Member[]): readonly MemberAction[] =>
  members.map((member) => ({ type, member }));

/** Our mark goes; who enabled a member that others own too leaves that to one of them, or a re-applied file would park it. */
export const disowning = (entries: readonly ObservedMember[]): readonly MemberAction[] =>
  entries.flatMap(({ member, enabler }): readonly MemberAction[] => (member === undefined ? [] : [{ type: "disown", member, enabler }]));

/** Our mark is on it and no other live parent's. */
export const isAlone = ({ tie }: ObservedMember): boolean => tie?.tie === "owned" && tie.alone;
