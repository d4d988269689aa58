import { abortable } from "./abortable.ts";
import type { Clock } from "./clock.ts";

/**
 * Does `work` with a signal that aborts when the given one does, or after `ms` milliseconds with `reason`.
 * Rejects with that signal's reason as soon as it aborts, whether or not `work` heeds it.
 */
export const withDeadline = async <T>(
  { clock, ms, reason }: { readonly clock: Clock; readonly ms: number; readonly reason: Error },
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> => {
  signal.throwIfAborted();
  const bounded = new AbortController();
  const stop = (): void => bounded.abort(signal.reason);
  const timer = new AbortController();
  const expire = async (): Promise<void> => {
    await clock.sleep(ms, timer.signal);
    bounded.abort(reason);
  };
  signal.addEventListener("abort", stop, { once: true });
  expire().catch(() => undefined);
  try {
    return await abortable(work(bounded.signal), bounded.signal);
  } finally {
    timer.abort();
    signal.removeEventListener("abort", stop);
  }
};
