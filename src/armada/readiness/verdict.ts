import { cutUtf8, oneLine } from "../../base/text.ts";
import type { DynamicObject } from "../../runtime/object.ts";
import { type ConditionFacts, numberOf, statusOf } from "./fields.ts";
import type { ReleaseObject } from "./manifest.ts";

/** Whether an object of a release has come to what its manifest asks for. Messages are one sentence: `Deployment web: 0 of 1 pods available`. */
export type Readiness =
  | { readonly state: "ready" }
  | { readonly state: "progressing"; readonly message: string }
  /** It does not get better by waiting, though somebody may still mend it: it is judged anew on every change. */
  | { readonly state: "failed"; readonly reason: string; readonly message: string }
  | { readonly state: "missing"; readonly message: string };

export interface AssessOptions {
  /**
   * How volumes of a storage class are bound; `undefined` asks for the cluster's default class. Without it, or when it does not know, a claim that
   * waits for its first consumer cannot be told from one that waits for a volume, and counts as not ready.
   */
  readonly bindingMode?: (storageClassName: string | undefined) => "Immediate" | "WaitForFirstConsumer" | undefined;
  /** The object was ready in this revision before: pods that an autoscaler or a drain ends then do not make it unready while they terminate. */
  readonly wasReady?: boolean;
}

/** Judges one kind. `live` exists and is not being deleted. */
export type Rule = (live: DynamicObject, desired: ReleaseObject, options: AssessOptions) => Readiness;

const MESSAGE_BYTES = 600;

const sentence = (object: DynamicObject, what: string): string =>
  `${object.kind} ${object.metadata.name}: ${cutUtf8(oneLine(what), MESSAGE_BYTES, "…")}`;

export const ready: Readiness = { state: "ready" };

export const progressing = (object: DynamicObject, what: string): Readiness => ({ state: "progressing", message: sentence(object, what) });

export const failed = (object: DynamicObject, reason: string, what: string): Readiness => ({
  state: "failed",
  reason,
  message: sentence(object, what),
});

/** `reason: message` of a condition, as far as it says anything. */
export const because = (condition: ConditionFacts | undefined): string => [condition?.reason, condition?.message].filter(Boolean).join(": ");

/** The verdict while the object's controller has not seen its newest spec. */
export const unobserved = (object: DynamicObject): Readiness | undefined => lagging(object, observedGeneration(object) ?? 0);

/** The same for kinds that may keep no observed generation at all. */
export const unobservedIfKept = (object: DynamicObject): Readiness | undefined =>
  lagging(object, observedGeneration(object) ?? Number.POSITIVE_INFINITY);

const observedGeneration = (object: DynamicObject): number | undefined => numberOf(statusOf(object)["observedGeneration"]);

const lagging = (object: DynamicObject, observed: number): Readiness | undefined =>
  observed < (object.metadata.generation ?? 0) ? progressing(object, "its newest spec has not been observed yet") : undefined;
