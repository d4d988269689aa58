import { systemClock } from "../time/clock.ts";

/** Of work in one go, milliseconds: requests, watches and probes of others wait as long. */
const SLICE_MS = 10;

/** To be awaited between the steps of long work: lets everybody else have a turn when this work has had its slice. */
export const turns = (sliceMs = SLICE_MS): (() => Promise<void>) => {
  let since = systemClock.monotonic();
  return async () => {
    if (systemClock.monotonic() - since < sliceMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    since = systemClock.monotonic();
  };
};

/** Work in steps, all in one go. */
export const atOnce = <T>(work: Iterator<undefined, T>): T => {
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
};

/** Work in steps, with turns for others between them. */
export const inTurns = async <T>(work: Iterator<undefined, T>): Promise<T> => {
  const turn = turns();
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
    await turn();
  }
};

/** `work` on every item, at most `places` at once, results in the order of the items. The first failure is thrown, and no further item is begun. */
export const mapAtMost = async <T, R>(items: readonly T[], places: number, work: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results: R[] = [];
  const turn = turns();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const [item] = items.slice(index, index + 1);
      if (item === undefined) continue;
      results[index] = await work(item);
      await turn();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(places, items.length) }, worker));
  } finally {
    next = items.length;
  }
  return results;
};
