import type { Serving } from "../runtime/api.ts";
import type { ReleaseLabels, ReleaseRef } from "./driver.ts";

/** The type of the Secrets in which helm keeps its records. */
export const RELEASE_SECRET = "helm.sh/release.v1";

/** helm's `release.Status`, as in the label `status` of a release Secret. */
export type ReleaseStatus =
  "unknown" | "deployed" | "uninstalled" | "superseded" | "failed" | "uninstalling" | "pending-install" | "pending-upgrade" | "pending-rollback";

/** One revision as the metadata of its Secret `sh.helm.release.v1.NAME.vN` tells it. */
export interface Revision {
  readonly revision: number;
  readonly status: ReleaseStatus;
  /** helm's label `modifiedAt` (Unix seconds) or, without it, `createdAt`; milliseconds here. */
  readonly modifiedAtMs: number;
  /** Our labels; undefined when absent or damaged, and `current` is false when they were carried over from another revision. */
  readonly labels: ReleaseLabels | undefined;
  readonly labelsCurrent: boolean;
  readonly secret: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

/** What the release Secrets say of one release, newest revision first. Never empty: no Secret, no record. */
export interface ReleaseRecord {
  readonly release: ReleaseRef;
  readonly newest: Revision;
  readonly revisions: readonly Revision[];
  /** Some kept revision has, or had, status `deployed` (`superseded` ones were deployed once). */
  readonly everDeployed: boolean;
}

/** The revision whose manifest helm compares with the new one, or deletes the objects of. */
export const baseOf = ({ newest, revisions }: ReleaseRecord, verb: "upgrade" | "uninstall"): Revision =>
  verb === "uninstall" ? newest : (revisions.find(({ status }) => status === "deployed") ?? newest);

/** Knows releases from a metadata watch on their Secrets; runs no helm. */
export interface ReleaseStore {
  /** From the watch; undefined when no Secret of that release is known. */
  read(release: ReleaseRef): ReleaseRecord | undefined;
  /** From the watch: releases whose newest Secret names the ArmadaChart of that uid as its owner. */
  ownedBy(uid: string): readonly ReleaseRef[];
  /** A fresh read, which also goes into the store. */
  refresh(release: ReleaseRef, signal: AbortSignal): Promise<ReleaseRecord | undefined>;
}

/** A decoded release: `release.Release` of helm, the parts that are used. */
export interface ReleaseContent {
  /** What the label of that same Secret says; helm writes label and `status` together, and reads `status`. */
  readonly labelled: ReleaseStatus;
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  readonly status: ReleaseStatus;
  readonly description: string;
  readonly chart: { readonly name: string; readonly version: string };
  /** Rendered objects, hooks not among them. */
  readonly manifest: string;
}

/** Bodies of release Secrets. Every method rejects with `ApiError`; 409 when a Secret is not what the record says any more. */
export interface ReleaseRecords {
  /** The newest revision's content, `damaged` with the sentence that says why it cannot be read, or undefined when its Secret is gone. Remembered by version. */
  read(record: ReleaseRecord, signal: AbortSignal): Promise<ReleaseContent | { readonly damaged: string } | undefined>;
  /** Names of hooks that helm has started and not seen the end of, from a fresh read. */
  hooksRunning(record: ReleaseRecord, signal: AbortSignal): Promise<readonly string[]>;
  /** Rendered hooks, as {@link ReleaseContent.manifest} has the other objects, from a fresh read; empty when there are none. */
  hooks(record: ReleaseRecord, signal: AbortSignal): Promise<string>;
  /** Rewrites a dead `pending-*` revision as `failed`. */
  unlock(record: ReleaseRecord, description: string, signal: AbortSignal): Promise<void>;
  /**
   * Rewrites the manifest that the verb goes on from without objects of kinds that are not served any more, and with the new version of those
   * that have moved; one sentence for each. Also rejects with what `serving` rejects with, and then changes nothing.
   */
  adapt(
    record: ReleaseRecord,
    options: {
      readonly verb: "upgrade" | "uninstall";
      readonly serving: (kind: { readonly apiVersion: string; readonly kind: string }) => Promise<Serving>;
    },
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** Rewrites the newest revision's manifest without some of its objects. */
  omit(record: ReleaseRecord, isOut: (body: Readonly<Record<string, unknown>>) => boolean, signal: AbortSignal): Promise<void>;
  /** Whether the newest revision was made from this chart folder and these values, by what the record holds. Rejects when the folder cannot be read. */
  madeFrom(record: ReleaseRecord, inputs: { readonly chartPath: string; readonly values: unknown }, signal: AbortSignal): Promise<boolean>;
  /** Puts labels on the newest revision. */
  relabel(record: ReleaseRecord, labels: ReleaseLabels, signal: AbortSignal): Promise<void>;
  /** Makes the label `status` of the newest revision say this. */
  relabelStatus(record: ReleaseRecord, status: ReleaseStatus, signal: AbortSignal): Promise<void>;
  /** Deletes all revisions, newest last. */
  purge(record: ReleaseRecord, signal: AbortSignal): Promise<void>;
}
