import { cutUtf8 } from "../../base/text.ts";
import type { Readiness } from "./verdict.ts";

/** What the objects of a release that are not ready come to together. */
export interface Summary {
  /** What the first object that failed has to say. */
  readonly failed?: string;
  /** Failed ones first: three, then how many more; at most 1000 bytes, which an event note holds. */
  readonly message: string;
}

type Unready = Exclude<Readiness, { readonly state: "ready" }>;

const NAMED = 3;
const MESSAGE_BYTES = 1000;
const ORDER: Readonly<Record<Unready["state"], number>> = { failed: 0, missing: 1, progressing: 2 };

/** Undefined when every object is ready; no objects at all are ready, too. */
export const summarize = (assessed: readonly { readonly readiness: Readiness }[]): Summary | undefined => {
  const unready = assessed
    .flatMap(({ readiness }) => (readiness.state === "ready" ? [] : [readiness]))
    .sort((a, b) => ORDER[a.state] - ORDER[b.state]);
  const [first] = unready;
  if (first === undefined) return undefined;
  return { ...(first.state === "failed" ? { failed: first.message } : {}), message: messageFor(unready.map(({ message }) => message)) };
};

const messageFor = (messages: readonly string[]): string => {
  const more = messages.length - NAMED;
  const named = messages.slice(0, NAMED).join("; ");
  const hint = more > 0 ? ` and ${more} more` : "";
  return cutUtf8(named, MESSAGE_BYTES - hint.length, "…") + hint;
};
