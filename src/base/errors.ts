/**
 * What may be done about an error: `waiting` is over when something else has ended, and asked for at a steady pace; `transient` is retried with
 * back-off; `terminal` waits for a change. `runtime/error-class.ts` says which is which.
 */
export type ErrorClass = "waiting" | "transient" | "terminal";

/** The text of anything thrown, one line of cause after another, never a stack. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `: ${messageOf(error.cause)}`;
  return error.message.includes(cause.slice(2)) && cause !== "" ? error.message : `${error.message}${cause}`;
};

/** Marks a `switch` as exhaustive: the compiler refuses a call that can be reached. */
export const assertNever = (value: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
};
