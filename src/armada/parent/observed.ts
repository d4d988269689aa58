import type { TargetState } from "../api/common.ts";
import type { Member } from "../estate/estate.ts";
import type { Turn } from "../estate/turn.ts";

/** What a parent's relation to one member is. */
export type Tie =
  /**
   * Our mark is on it. `alone`: no other live parent of ours has one. `lead`: nobody controls it any more, and we have been there the longest.
   */
  | { readonly tie: "owned"; readonly alone: boolean; readonly lead: boolean }
  /** Not ours yet. `controller`: nobody controls it, so we shall. */
  | { readonly tie: "free"; readonly controller: boolean }
  /** Somebody that is not one of ours controls it. */
  | { readonly tie: "foreign"; readonly by: string };

export interface ObservedMember {
  readonly name: string;
  /** Undefined: not there, or not to be told from others. */
  readonly member: Member | undefined;
  /** `namespace/name` of others with its name that count for something: see `Lookup`. */
  readonly namesakes: readonly string[];
  readonly tie: Tie | undefined;
  /** Of a member that may be disowned now: uid of the owner that stands for having enabled it then, after this parent. */
  readonly enabler: string | undefined;
  /** Deployed at its current generation, a library, or set to `uninstalled` by somebody. */
  readonly done: boolean;
  /** The same, or it is no more than looked at again because its file was applied once more. */
  readonly stillDone: boolean;
  /** Nothing of it is installed, at its current generation. */
  readonly uninstalled: boolean;
  /** Somebody set it to `uninstalled`: skipped and shown. */
  readonly skipped: boolean;
  /** One sentence: the name its release would get is too long, so it is not enabled. */
  readonly tooLong: string | undefined;
}

/** What its parent counts. */
export const isDeployed = ({ stillDone, skipped }: Pick<ObservedMember, "stillDone" | "skipped">): boolean => stillDone && !skipped;

/** Why the members of a terminating parent stay. */
export type Orphaning = "policy" | "cascade" | "crd";

/** Everything one pass over an ArmadaChartGroup or ArmadaManifest knows. */
export interface ParentObserved {
  readonly nowMs: number;
  /** Members may live in other namespaces. */
  readonly crossNamespace: boolean;
  readonly target: TargetState;
  readonly activeParents: readonly string[];
  readonly owners: readonly string[];
  readonly removalTurn: Turn;
  /** In the order of the list. */
  readonly members: readonly ObservedMember[];
  /** One sentence on those below it whose source cannot be read; undefined when there is none. */
  readonly unreadableSources: string | undefined;
  /** Members with our mark that are not on the list any more. */
  readonly dropped: readonly ObservedMember[];
  /** Members whose turn it is to be enabled; by a terminating parent to be removed; by one that is `uninstalled` to be uninstalled. */
  readonly enable: readonly Member[];
  readonly remove: readonly Member[];
  readonly uninstall: readonly Member[];
  /** Of a terminating parent: its members are disowned and not removed. */
  readonly orphaning: Orphaning | undefined;
  /** The API server is taking its references off at this moment (`--cascade=orphan`). */
  readonly beingOrphaned: boolean;
  /** Of a terminating parent: its sentinel still exists. */
  readonly sentinel: boolean;
}
