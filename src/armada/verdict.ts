import type { ActualState, TargetState } from "./api/common.ts";

/** Something is wrong. */
const WRONG_REASONS = [
  "InstallError",
  "UpdateError",
  "UninstallError",
  "ReconcileError",
  "UnderlyingResourcesError",
  "WaitTimeout",
  "MemberFailed",
  "MemberConflict",
  "MemberAmbiguous",
  "ReleaseConflict",
  "SourceError",
  "InvalidSpec",
] as const;

/** It waits for a person, or for what happens outside the estate. */
export const ELSEWHERE_REASONS = [
  "WaitingForMember",
  "WaitingForDependency",
  "TooManyCharts",
  "AdoptionRequired",
  "OperationInProgress",
  "NamespaceTerminating",
  "ServiceAccountNotFound",
  "Suspended",
] as const;

/** Why an object is in its state: `status.reason`, the reason of its conditions and of its transition events. Each has its line in docs/reference.md. */
export const REASONS = [
  // wanted and so
  "UnderlyingResourcesReady",
  "MembersReady",
  "UninstallSuccessful",
  "Parked",
  "Unmanaged",
  "Library",
  "Superseded",
  // on the way
  "Installing",
  "Upgrading",
  "Uninstalling",
  "ResourcesNotReady",
  "RestoringResources",
  "MembersNotReady",
  "RemovingMembers",
  "UninstallingMembers",
  "TakingRelease",
  "Orphaning",
  "LettingGo",
  "Unlocking",
  "Restamping",
  // waiting for something else
  "WaitingForTurn",
  "WaitingForSource",
  ...ELSEWHERE_REASONS,
  ...WRONG_REASONS,
] as const;

export type Reason = (typeof REASONS)[number];

export const isWrong = (reason: Reason): boolean => WRONG_REASONS.some((wrong) => wrong === reason);

/** One clause each. `since`: RFC 3339; undefined: since the object is in its state. */
export type Waiting =
  /** Something must become so: `for <what>, since <time>; <what happens next>`. */
  | { readonly what: string; readonly next: string; readonly since?: string | undefined }
  /** Something is being done: `<doing> (since <time>); next: <what follows>`. */
  | { readonly doing: string; readonly next: string; readonly since?: string | undefined }
  /** Something went wrong: `<fault> (since <time>); <what happens next>`. */
  | { readonly fault: string; readonly next: string; readonly since?: string | undefined }
  /** A member says all of that itself: `<member>: <sentence>`. */
  | { readonly member: string; readonly sentence: string };

interface Common {
  readonly state: ActualState;
  readonly reason: Reason;
  /** One sentence: what is so, with the object and the error. */
  readonly message: string;
  /** Nothing but a change (or a rare retry) will help. */
  readonly stalled?: boolean;
}

/** Whether what is wanted is so; if not, what `waiting_for` says. */
type Satisfaction = { readonly satisfied: true; readonly waiting?: Waiting } | { readonly satisfied: false; readonly waiting: Waiting };

/** A row of the contract's state table, filled in: what an object is in, and why. `target`: what it is asked to be, in effect. */
export type Verdict = Common & Satisfaction & { readonly target: TargetState };

/** What a row finds. `satisfied`: false when absent. */
export type Finding = Common & (Satisfaction | { readonly satisfied?: undefined; readonly waiting: Waiting });

export const verdictOf = (target: TargetState, found: Finding): Verdict =>
  found.satisfied === undefined ? { ...found, target, satisfied: false } : { ...found, target };

/** Stopped by hand: everything stays as status says it was. `message` says what is not done. */
export const suspendedVerdict = (
  status: { readonly actual_state?: ActualState | undefined; readonly satisfied?: boolean | undefined } | undefined,
  target: TargetState,
  message: string,
): Verdict => ({
  state: status?.actual_state ?? "uninitialized",
  target,
  satisfied: status?.satisfied ?? false,
  reason: "Suspended",
  message,
  waiting: { what: "for spec.suspend to become false", next: "it will continue where it stopped" },
});
