import type { ErrorClass } from "../base/errors.ts";

export type SourceReason =
  | "NotFound"
  | "NotAllowed"
  | "Unsupported"
  | "InvalidChart"
  | "TooLarge"
  | "Unreadable"
  | "Unauthorized"
  | "Unreachable"
  | "TimedOut"
  | "DigestMismatch"
  | "VerificationFailed";

/** A chart cannot be had. `message` names the field, the value and the remedy. Made by the functions below, one for each kind of fault. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly reason: SourceReason;
  readonly class: ErrorClass;

  constructor(message: string, options: { reason: SourceReason; class: ErrorClass; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = options.reason;
    this.class = options.class;
  }
}

/** Makes the error of one kind of fault. */
export type Fault = (message: string, cause?: unknown) => SourceError;

const fault =
  (reason: SourceReason, errorClass: ErrorClass): Fault =>
  (message, cause) =>
    new SourceError(message, { reason, class: errorClass, cause });

/** What is named is not there. */
export const notFound = fault("NotFound", "terminal");
/** Nobody may ask for that, or the server redirects to where nobody is led. */
export const notAllowed = fault("NotAllowed", "terminal");
/** A type of source, a protocol or a format that is not known here. */
export const unsupported = fault("Unsupported", "terminal");
/** It is not a chart, or not one that helm would take. */
export const invalidChart = fault("InvalidChart", "terminal");
/** More than a limit allows. */
export const tooLarge = fault("TooLarge", "terminal");
/** The same, of what may be raised for all charts. */
export const chartTooLarge = (what: string, bytes: number, maxBytes: number): SourceError =>
  tooLarge(`${what} has ${bytes} bytes, the limit is ${maxBytes} (--max-chart-size): make it smaller or raise the limit`);
/** What is in use leaves too little room; that passes. */
export const noRoom = fault("TooLarge", "transient");
/** The operator's own disk, or content that was cut off or is gone from a cache. */
export const unreadable = fault("Unreadable", "transient");
/** The server answers as no server does that has the content. */
export const noContent = fault("Unreadable", "terminal");
/** The server refuses who asks, or the Secret holds what it cannot use. */
export const unauthorized = fault("Unauthorized", "terminal");
/** The Secret with credentials is not there, or may not be read: somebody may create it any moment. */
export const noCredentials = fault("Unauthorized", "transient");
/** The server does not answer, or not as expected. */
export const unreachable = fault("Unreachable", "transient");
export const timedOut = fault("TimedOut", "transient");
/** It does not match its digest. */
export const digestMismatch = fault("DigestMismatch", "terminal");
/** A signature, a certificate or a host key is not good. */
export const verificationFailed = fault("VerificationFailed", "terminal");
/** The Secret with public keys does not hold them, or may not be read: somebody may put them there any moment. */
export const noPublicKeys = fault("VerificationFailed", "transient");

/** The same fault in other words. */
export const reworded = (error: SourceError, message: string): SourceError =>
  new SourceError(message, { reason: error.reason, class: error.class, cause: error });

/** `charts/` of a chart does not hold what `SourceSpec.holds` asks for. */
export class ChartsLacking extends Error {
  override readonly name = "ChartsLacking";
  readonly names: readonly string[];

  /** `cause`: why its Chart.yaml, which names one of them, does not bring it there. */
  constructor(names: readonly string[], cause?: SourceError) {
    super(`charts/ does not contain ${names.map((name) => JSON.stringify(name)).join(", ")}`, { cause });
    this.names = names;
  }
}
