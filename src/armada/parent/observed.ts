import type { TargetState } from "../api/common.ts";
import type { Member } from "../estate.ts";
import type { Turn } from "../turn.ts";

/** What a parent's relation to one member is. */
export type Tie =
  /** Our reference is on it. `alone`: no other live parent of ours has one. */
  | { readonly tie: "owned"; readonly alone: boolean }
  /** Not ours yet. `controller`: nobody controls it, so we shall. */
  | { readonly tie: "free"; readonly controller: boolean }
  /** Somebody that is not one of ours controls it. */
  | { readonly tie: "foreign"; readonly by: string };

export interface ObservedMember {
  readonly name: string;
  /** Undefined: not there. */
  readonly member: Member | undefined;
  readonly tie: Tie | undefined;
  /** Deployed at its current generation, a library, or set to `uninstalled` by somebody. */
  readonly done: boolean;
  /** Its effective target is `uninitialized`. */
  readonly parked: boolean;
  /** Somebody set it to `uninstalled`: skipped and shown. */
  readonly skipped: boolean;
}

/** Everything one pass over an ArmadaChartGroup or ArmadaManifest knows. */
export interface ParentObserved {
  readonly nowMs: number;
  readonly target: TargetState;
  readonly activeParents: readonly string[];
  readonly owners: readonly string[];
  readonly removalTurn: Turn;
  /** In the order of the list. */
  readonly members: readonly ObservedMember[];
  /** Members with our reference that are not on the list any more. */
  readonly dropped: readonly ObservedMember[];
  /** Members whose turn it is to be enabled, and to be removed. */
  readonly enable: readonly Member[];
  readonly remove: readonly Member[];
}
