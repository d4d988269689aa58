export interface BackoffOptions {
  /** After the first failure; default 1 s. */
  readonly baseMs?: number;
  /** Never more than this; default 10 min. */
  readonly maxMs?: number;
  /** In [0, 1); default `Math.random`. */
  readonly random?: () => number;
}

/**
 * How long to wait after the given number of failures in a row: it doubles from `baseMs` to `maxMs`, and the upper half of it is chance,
 * so that what failed together does not come back together. 0 for no failure.
 */
export const backoffMs = (failures: number, { baseMs = 1_000, maxMs = 600_000, random = Math.random }: BackoffOptions = {}): number => {
  if (failures <= 0) return 0;
  const step = Math.min(maxMs, baseMs * 2 ** (failures - 1));
  return step / 2 + (random() * step) / 2;
};
