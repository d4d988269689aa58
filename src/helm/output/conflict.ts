import type { BlockingObject } from "../driver.ts";

const PATTERN = /\b([A-Za-z]{1,63}) "([\w.:-]{1,253})" in namespace "([a-z0-9-]{0,63})" exists and cannot be imported into the current release/;

const OTHERS = /current value is "/;
const LATE_WRITE = /; please apply your changes to the latest version and try again/g;

/** What to do about an object in helm's way; about what helm does by itself when it runs again, that it does. */
export const withRemedy = (message: string): string => {
  const said = message.replaceAll(LATE_WRITE, " since helm read it; helm will read it again");
  if (!said.includes("exists and cannot be imported into the current release")) return said;
  const remedy = OTHERS.test(said)
    ? "it belongs to another release: remove it from that one, or rename it in one of the two charts"
    : "delete it, or add the label and the annotations that are missing";
  return `${said}; ${remedy}`;
};

/** What the message of a `Conflict` speaks of; undefined when it names nothing. */
export const parseConflict = (message: string): BlockingObject | undefined => {
  const [, kind, name, namespace] = PATTERN.exec(message) ?? [];
  if (kind === undefined || name === undefined) return undefined;
  return { kind, name, ...(namespace === undefined || namespace === "" ? {} : { namespace }) };
};
