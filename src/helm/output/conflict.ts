import type { BlockingObject } from "../driver.ts";

const PATTERN = /\b([A-Za-z]{1,63}) "([\w.:-]{1,253})" in namespace "([a-z0-9-]{0,63})" exists and cannot be imported into the current release/;

/** What the message of a `Conflict` speaks of; undefined when it names nothing. */
export const parseConflict = (message: string): BlockingObject | undefined => {
  const [, kind, name, namespace] = PATTERN.exec(message) ?? [];
  if (kind === undefined || name === undefined) return undefined;
  return { kind, name, ...(namespace === undefined || namespace === "" ? {} : { namespace }) };
};
