import { rfc3339 } from "../base/time/clock.ts";
import { deepEqual } from "../base/json/json.ts";
import { cutUtf8 } from "../base/text.ts";

/** `metav1.Condition`, and two members that older readers of these objects know. Names are camelCase on the wire. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  /** CamelCase, for programs and filters. */
  readonly reason: string;
  /** For people; at most {@link MAX_MESSAGE_BYTES}. */
  readonly message: string;
  /** When `status` last changed, RFC 3339. */
  readonly lastTransitionTime: string;
  /** `metadata.generation` the condition was computed from. */
  readonly observedGeneration: number;
  readonly resourceName?: string;
  readonly resourceVersion?: number;
}

/** Of a condition's message, in UTF-8. */
export const MAX_MESSAGE_BYTES = 4_096;

/**
 * The conditions with `next` in them: at its old place when its type was there, otherwise at the end. `now` is milliseconds since the epoch;
 * it becomes the transition time only when the status differs. Returns the same array when nothing changed.
 */
export const setCondition = (conditions: readonly Condition[], next: Omit<Condition, "lastTransitionTime">, now: number): readonly Condition[] => {
  const index = conditions.findIndex(({ type }) => type === next.type);
  const old = conditions[index];
  const lastTransitionTime = old !== undefined && old.status === next.status ? old.lastTransitionTime : rfc3339(now);
  const condition = { ...next, message: cutUtf8(next.message, MAX_MESSAGE_BYTES, "… (cut)"), lastTransitionTime };
  if (deepEqual(old, condition)) return conditions;
  return old === undefined ? [...conditions, condition] : conditions.with(index, condition);
};
