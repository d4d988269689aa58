import { setTimeout as delay } from "node:timers/promises";

/** The one source of time. Tests inject a manual clock; nothing else reads `Date.now` or sets a timer. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic milliseconds: for durations and for "which came first" inside one process. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Node takes a longer time, and one below zero, for a millisecond, and says so on stderr. */
export const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      let leftMs = Math.max(0, ms);
      do {
        await delay(Math.min(leftMs, LONGEST_MS), undefined, { signal });
        leftMs -= LONGEST_MS;
      } while (leftMs > 0);
    } catch {
      signal.throwIfAborted();
    }
  },
};

/** Monotonic milliseconds since this machine started: the same in every process on it. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** RFC 3339 with whole seconds, the precision of `metav1.Time`: `2026-11-21T07:37:30Z`. */
export const rfc3339 = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** The next whole second: what {@link rfc3339} says without being early. */
export const ceilSecond = (ms: number): number => Math.ceil(ms / 1000) * 1000;

/** RFC 3339 with six fractional digits, as `metav1.MicroTime` demands: `2026-11-21T07:37:30.123000Z`. */
export const microTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000Z`;
