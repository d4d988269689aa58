import { cutUtf8 } from "../../base/text.ts";
import type { ReleaseObject } from "./manifest.ts";
import type { Readiness } from "./verdict.ts";

export interface Assessed {
  readonly object: ReleaseObject;
  readonly readiness: Readiness;
}

export type Unready = Exclude<Readiness, { readonly state: "ready" }>;

/** What the objects of a release come to together. */
export type Summary =
  | { readonly ready: true }
  | {
      readonly ready: false;
      /** The first object that failed. */
      readonly failed?: { readonly object: ReleaseObject; readonly reason: string; readonly message: string };
      /** The first object that is not ready, failed ones first. */
      readonly first: { readonly object: ReleaseObject; readonly readiness: Unready };
      readonly unready: number;
      readonly total: number;
      /** The first three, then how many more; at most 1000 bytes, which an event note holds. */
      readonly message: string;
    };

const NAMED = 3;
const MESSAGE_BYTES = 1000;
const ORDER: Readonly<Record<Unready["state"], number>> = { failed: 0, missing: 1, progressing: 2 };

/** Ready when every object is; no objects at all are ready, too. */
export const summarize = (assessed: readonly Assessed[]): Summary => {
  const unready = assessed
    .flatMap(({ object, readiness }) => (readiness.state === "ready" ? [] : [{ object, readiness }]))
    .sort((a, b) => ORDER[a.readiness.state] - ORDER[b.readiness.state]);
  const [first] = unready;
  if (first === undefined) return { ready: true };
  const { object, readiness } = first;
  const failure = readiness.state === "failed" ? { failed: { object, reason: readiness.reason, message: readiness.message } } : {};
  return {
    ready: false,
    ...failure,
    first,
    unready: unready.length,
    total: assessed.length,
    message: messageFor(unready.map((item) => item.readiness.message)),
  };
};

const messageFor = (messages: readonly string[]): string => {
  const more = messages.length - NAMED;
  const named = messages.slice(0, NAMED).join("; ");
  const hint = more > 0 ? ` and ${more} more` : "";
  return cutUtf8(named, MESSAGE_BYTES - hint.length, "…") + hint;
};
