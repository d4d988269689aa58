import type { ReleaseObject } from "../../readiness/manifest.ts";
import type { Readiness } from "../../readiness/verdict.ts";

/** An object of the newest revision's manifest, and what was seen of it. */
export interface ObservedObject {
  readonly object: ReleaseObject;
  readonly readiness: Readiness;
  /** Its chart, or an annotation on the object itself, says that nobody waits for it. */
  readonly ignored: boolean;
  /**
   * Of a Job or bare Pod. `there`: it exists and has done its work. `gone`: it was seen done in this revision and is gone since; it counts as
   * done and is never put back.
   */
  readonly done: "no" | "there" | "gone";
}

/** What keeps a release from being ready: not an object that is done, nor one that nobody waits for. */
export const isOpen = ({ ignored, readiness, done }: ObservedObject): boolean => done !== "gone" && !ignored && readiness.state !== "ready";

/** It is not there, and should be. */
export const isMissing = (seen: ObservedObject): boolean => isOpen(seen) && seen.readiness.state === "missing";
