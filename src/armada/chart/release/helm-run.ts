import type { HelmResult, HelmRunListener } from "../../../helm/driver.ts";

/** What the pass works on is no longer wanted; the operator itself goes on. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

export interface HelmRunDeps {
  /** Called when helm's process is there. */
  readonly onStart: () => void;
  /** Called with how many others go before it when there is no free place, and with undefined when there is. */
  readonly onWait?: ((before: number | undefined) => void) | undefined;
  /** Whether helm waits in a hook now, from a fresh read. */
  readonly waitsInHook: (signal: AbortSignal) => Promise<boolean>;
  /** Whether the release's record is still what it was before helm started, from a fresh read: then helm has changed nothing. */
  readonly isUntouched: (signal: AbortSignal) => Promise<boolean>;
  /** Calls back whenever the release's record changes; returns the way to stop. */
  readonly onRecordChange: (listener: () => void) => () => void;
  /** Aborts when the operator stops: also while a pass that was superseded before leaves its helm to finish. */
  readonly stop?: AbortSignal;
  /** After how long, from now, helm is ended when the operator stops, or has lost its Lease: before that can expire. */
  readonly stopGraceMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Charts that are no trouble are rendered sooner: 100 edits in a second do not keep helm from its work. */
const RENDER_MS = 3_000;

/**
 * Runs helm so that an abort of `signal` gives up a run that has no place yet, and otherwise lets work finish. {@link Superseded} (a newer spec,
 * deletion) ends a wait at once: helm that waits in a hook gets SIGTERM, and so does one that has not written a record after {@link RENDER_MS}: it
 * renders what nobody wants any more. With any other reason the operator itself must end: its helm may finish what is wanted all the same, hooks too,
 * and none outlives `stopGraceMs`.
 */
export const runHelm = async (
  start: (options: HelmRunListener, signal: AbortSignal) => Promise<HelmResult>,
  { onStart, onWait, waitsInHook, isUntouched, onRecordChange, stop, stopGraceMs, sleep }: HelmRunDeps,
  signal: AbortSignal,
): Promise<HelmResult> => {
  const child = new AbortController();
  const over = new AbortController();
  let started = false;
  let waited = false;
  const end = (): void => child.abort(signal.reason);
  const look = (): void => {
    if (signal.reason instanceof Superseded && started)
      void waitsInHook(over.signal).then(
        (waits) => waits && end(),
        () => undefined,
      );
  };
  const endSoon = (): void => void sleep(stopGraceMs(), over.signal).then(end, () => undefined);
  const endRender = async (): Promise<void> => {
    try {
      await sleep(RENDER_MS, over.signal);
      if (await isUntouched(over.signal)) end();
    } catch {
      // It has ended, or nobody knows: it goes on.
    }
  };
  const onAbort = (): void => {
    if (!started) return end();
    if (!(signal.reason instanceof Superseded)) return endSoon();
    look();
    void endRender();
  };
  const unsubscribe = onRecordChange(look);
  signal.addEventListener("abort", onAbort, { once: true });
  stop?.addEventListener("abort", endSoon, { once: true });
  if (signal.aborted) onAbort();
  try {
    const told = (): void => {
      started = true;
      onStart();
      if (waited) onWait?.(undefined);
    };
    const waiting = (before: number): void => {
      waited = true;
      onWait?.(before);
    };
    return await start({ onStart: told, onWait: waiting }, child.signal);
  } finally {
    over.abort();
    unsubscribe();
    stop?.removeEventListener("abort", endSoon);
    signal.removeEventListener("abort", onAbort);
  }
};
