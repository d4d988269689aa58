import { backoffMs } from "../runtime/backoff.ts";
import { isApiError } from "../runtime/api.ts";
import { classOf } from "../runtime/error-class.ts";
import { messageOf, type ErrorClass } from "../base/errors.ts";
import type { KubeObject } from "../runtime/object.ts";
import { REQUESTED_AT } from "./names.ts";

/** The longest pause, also that of a terminal error: rare, because only a change helps. */
const RETRY_MAX_MS = 600_000;
/** What is waited for is asked for at a steady pace: it is not made worse by being asked. */
const WAITING_MS = 10_000;
/** Status keeps times in whole seconds, rounded up. */
const SECOND_MS = 1_000;

/** Failed attempts in a row, as status keeps them. */
export interface Attempts {
  readonly failures: number;
  /** Wall-clock milliseconds; undefined when nothing is to be retried. */
  readonly nextRetryMs: number | undefined;
}

export interface Failure {
  readonly class: ErrorClass;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** Of an effect. An error nobody recognised is transient. */
export const failureOf = (error: unknown): Failure => ({
  class: classOf(error, "transient"),
  reason: error instanceof Error && "reason" in error && typeof error.reason === "string" ? error.reason : "Unknown",
  message: messageOf(error),
  ...(isApiError(error) ? { retryAfterMs: error.retryAfterMs } : {}),
});

/** Attempts after one more failure at `nowMs`. `random` in [0, 1). */
export const afterFailure = (before: number, failure: Failure, nowMs: number, random: () => number): Attempts => {
  const failures = before + 1;
  const backOffMs = backoffMs(failures, { baseMs: 1000, maxMs: RETRY_MAX_MS, random });
  const delay = { waiting: WAITING_MS, transient: backOffMs, terminal: RETRY_MAX_MS }[failure.class];
  return { failures, nextRetryMs: nowMs + Math.min(Math.max(delay, failure.retryAfterMs ?? 0), RETRY_MAX_MS) };
};

/** Whether the pause until `nextRetryMs` goes on. One longer than any there is was begun before the clock was set back: it is over. */
export const isPausing = (nextRetryMs: number | undefined, nowMs: number): nextRetryMs is number =>
  nextRetryMs !== undefined && nowMs < nextRetryMs && nextRetryMs - nowMs <= RETRY_MAX_MS + SECOND_MS;

/** A person asks to act now: the annotation differs from the value that status recorded. */
export const isRequested = ({
  metadata,
  status,
}: KubeObject & { readonly status?: { readonly reconcile_requested_at?: string | undefined } }): boolean => {
  const asked = metadata.annotations?.[REQUESTED_AT];
  return asked !== undefined && asked !== status?.reconcile_requested_at;
};
