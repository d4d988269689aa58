import { systemClock } from "../../src/base/time/clock.ts";
import { messageOf } from "../../src/base/errors.ts";

const POLL_MS = 50;

/**
 * Polls `look` until it returns without throwing, and resolves with what it returns; `look` may hold assertions.
 * Rejects with its last error when it still throws after `withinMs` (default 30 s).
 */
export const eventually = async <T>(what: string, look: () => Promise<T> | T, withinMs = 30_000): Promise<T> => {
  const endMs = systemClock.monotonic() + withinMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (systemClock.monotonic() >= endMs) {
        throw new Error(`not within ${String(withinMs / 1000)} s: ${what}\n${messageOf(error)}`, { cause: error });
      }
    }
    await systemClock.sleep(POLL_MS, new AbortController().signal);
  }
};
