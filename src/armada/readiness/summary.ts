import { cutUtf8, listed } from "../../base/text.ts";
import type { Readiness } from "./verdict.ts";

/** What the objects of a release that are not ready come to together. */
export interface Summary {
  /** What the first object that failed has to say. */
  readonly failed?: string;
  /** Failed ones first: three, those of which the same is said together, then how many more; at most 1000 bytes, which an event note holds. */
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
  const alike = [...Map.groupBy(messages.map(partsOf), ({ what }) => what)];
  const shown = alike.slice(0, NAMED).map(([what, same]) => listed(same.map(({ name }) => name)) + what);
  const more = alike.slice(NAMED).reduce((sum, [, same]) => sum + same.length, 0);
  const hint = more > 0 ? ` and ${more} more` : "";
  return cutUtf8(shown.join("; "), MESSAGE_BYTES - hint.length, "…") + hint;
};

/** The object that a message begins with, and what is said of it: `Deployment web: 0 of 1 pods available`. */
const partsOf = (message: string): { readonly name: string; readonly what: string } => {
  const end = message.indexOf(": ");
  return end < 0 ? { name: message, what: "" } : { name: message.slice(0, end), what: message.slice(end) };
};
