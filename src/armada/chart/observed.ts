import type { ReleaseRef } from "../../helm/driver.ts";
import type { ReleaseRecord } from "../../helm/release.ts";
import type { ChartArtifact } from "../../sources/source.ts";
import type { ActualState, TargetState } from "../api/common.ts";
import type { Failure } from "../attempts.ts";
import type { ObjectEffects } from "./objects/effects.ts";
import type { ReleaseObject } from "../readiness/manifest.ts";
import type { Readiness } from "../readiness/verdict.ts";
import type { Purpose, Turn } from "../estate/turn.ts";
import type { Claim } from "./release/claims.ts";
import type { Mislabelled } from "./release/record-status.ts";
import type { Writer } from "./release/writer.ts";

/** An object of the newest revision's manifest, and what was seen of it. */
export interface ObservedObject {
  readonly object: ReleaseObject;
  readonly readiness: Readiness;
  /** Its chart, or an annotation on the object itself, says that nobody waits for it. */
  readonly ignored: boolean;
  /** A Job or bare Pod that exists and has done its work. */
  readonly completed: boolean;
  /** A Job or bare Pod that was seen done in this revision and is gone since: it counts as done and is never put back. */
  readonly finished: boolean;
}

/** What keeps a release from being ready: not an object that is done, nor one that nobody waits for. */
export const isOpen = ({ ignored, readiness, finished }: ObservedObject): boolean => !finished && !ignored && readiness.state !== "ready";

export type SourceView =
  /** Nobody wants to know. */
  | { readonly state: "unread" }
  /** It takes its time, and nothing that was read before counts; the object is looked at again when it is there. */
  | { readonly state: "reading" }
  /** `dependencies`: what was placed in its charts/. */
  | { readonly state: "ready"; readonly artifact: ChartArtifact; readonly dependencies: readonly ChartArtifact[] }
  /** A dependency does not exist; the sentence says what to create. `retryAtMs`: wall clock, milliseconds. */
  | { readonly state: "waiting"; readonly missing: string; readonly retryAtMs: number }
  | { readonly state: "failed"; readonly failure: Failure; readonly retryAtMs: number };

/** Whom the newest release Secret names. */
export type Ownership =
  | { readonly of: "none" | "ours" }
  /** No owner label, or a chart that no longer exists. `agrees`: it was made from the chart and the values wanted. */
  | { readonly of: "nobody"; readonly agrees: boolean }
  | {
      readonly of: "chart";
      /** `ArmadaChart NAME`. */
      readonly name: string;
      /** It names the same chart: location and subpath. */
      readonly sameChart: boolean;
      /** Whether it keeps the release against a claim of this chart, and why. */
      readonly against: Claim;
      /** Its own state, and its words for it. */
      readonly state: ActualState | undefined;
      readonly message: string;
    };

/** Another chart of the same release. */
export interface Heir {
  readonly uid: string;
  /** `ArmadaChart NAME`. */
  readonly name: string;
}

/** `absent`: it does not exist, and the release does not bring it along. */
export interface ClosedNamespace {
  readonly name: string;
  readonly state: "terminating" | "absent";
}

/** Everything one pass over an ArmadaChart knows. */
export interface ChartObserved {
  /** Wall clock of the look, milliseconds. */
  readonly nowMs: number;
  /** Hold of this operator. */
  readonly epoch: string;
  readonly release: ReleaseRef;
  readonly target: TargetState;
  /** Names of active parents that list the chart. */
  readonly activeParents: readonly string[];
  readonly owners: readonly string[];
  readonly turns: Readonly<Record<Purpose, Turn>>;
  readonly source: SourceView;
  /** Other charts may have it in their charts/. */
  readonly hasDependents: boolean;
  /** Digests of the inputs wanted: with the chart's content, and of the spec alone. The first is absent while the source is. */
  readonly inputsDigest: string | undefined;
  readonly specDigest: string;
  /** Of ours: as its bodies tell it, whatever somebody has made of its labels. */
  readonly record: ReleaseRecord | undefined;
  /** The label of the newest Secret says something else. */
  readonly mislabelled: Mislabelled | undefined;
  readonly ownership: Ownership;
  /** Of a newest revision that is `pending-*`: what is known of the helm that wrote it. */
  readonly writer: Writer | undefined;
  /** One sentence: its release may not live where the spec says. */
  readonly refusal: string | undefined;
  /** It was enabled after it had been parked, and has not had its release since. */
  readonly claim: boolean;
  /** Without a record: the `ArmadaChart NAME` that comes first. */
  readonly rival: string | undefined;
  /** Of a chart that leaves: who had its release before, and still wants it. */
  readonly heir: Heir | undefined;
  /** Terminating because its CustomResourceDefinition is being deleted. */
  readonly losingItsApi: boolean;
  /** The newest Secret cannot be decoded; the sentence says so. */
  readonly damaged: string | undefined;
  readonly chartName: { readonly name: string; readonly version: string } | undefined;
  /** The object over which the last helm run failed, because it was another release's, is that no more. */
  readonly unblocked: boolean;
  /** The newest revision carries a digest of an unknown algorithm, and was made from the inputs wanted. */
  readonly unstamped: boolean;
  /** Of the newest revision, when its status is `deployed`, `uninstalled` or `uninstalling`. */
  readonly objects: readonly ObservedObject[];
  /** `Kind name` of pods of the manifest's workloads that still exist; looked up for removals only. */
  readonly pods: readonly string[];
  /** Why pods of workloads that are not ready do not start, one sentence each. */
  readonly podProblems: readonly string[];
  /**
   * Objects that exist with this release's annotations: of a failed newest revision, those that tries left of which none was deployed and that
   * can be made anew; otherwise those that only failed revisions had.
   */
  readonly leftovers: readonly ReleaseObject[];
  /** What was put back and removed since the newest revision was made. */
  readonly effects: ObjectEffects;
  /** Namespaces in which objects are missing and nothing can be made. */
  readonly closed: readonly ClosedNamespace[];
  /** A release that status knows has no record any more, and it was not this process that removed it. */
  readonly vanished: boolean;
  /** Objects that carry this release's annotations although no record is left; looked up after a record vanished, when its chart goes. */
  readonly orphanedObjects: readonly ReleaseObject[];
  /** Where orphanedObjects could not be looked for, and the kinds, one phrase each. */
  readonly unseen: readonly string[];
  readonly namespaceTerminating: boolean;
}

/** Of a decision that is only made when there is a record. */
export const mustHave = (record: ReleaseRecord | undefined): ReleaseRecord => {
  if (record === undefined) throw new Error("decided on a release record that was not observed");
  return record;
};
