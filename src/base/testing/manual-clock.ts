import type { Clock } from "../time/clock.ts";

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

interface Waiter {
  readonly sleepers: number;
  readonly resolve: () => void;
}

/** Lets everything that is ready to run, run: the tick queue comes after all microtasks. */
const settle = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * A clock for tests: time stands still until {@link ManualClock.advance}.
 * `now` starts at `start` (default 2023-11-14T22:13:20Z), `monotonic` at 0; both move together.
 */
export class ManualClock implements Clock {
  readonly #start: number;
  #elapsed = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #waiters = new Set<Waiter>();

  constructor(start = 1_700_000_000_000) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** How many sleeps have not ended yet. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** A sleep of 0 or less ends at once, like the real one. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (ms <= 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { due: this.#elapsed + ms, wake: resolve };
    const abort = (): void => reject(signal.reason);
    this.#sleepers.add(sleeper);
    this.#release();
    signal.addEventListener("abort", abort, { once: true });
    try {
      await promise;
    } finally {
      this.#sleepers.delete(sleeper);
      signal.removeEventListener("abort", abort);
    }
  }

  /**
   * Moves time by `ms` and ends the sleeps that fall due, the earliest first and those of equal due in the order they began.
   * Between two of them the program runs until it waits again, so a sleep begun on the way ends too when it falls due.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsed + ms;
    await settle();
    for (let next = this.#next(target); next !== undefined; next = this.#next(target)) {
      this.#elapsed = Math.max(this.#elapsed, next.due);
      this.#sleepers.delete(next);
      next.wake();
      await settle();
    }
    this.#elapsed = Math.max(this.#elapsed, target);
    await settle();
  }

  /** As if the process had been stopped for `ms`: time has passed before anything that was due on the way ends. */
  async stall(ms: number): Promise<void> {
    this.#elapsed += ms;
    await this.advance(0);
  }

  /** Resolves when at least `n` sleeps are under way. */
  waitForSleepers(n: number): Promise<void> {
    if (this.#sleepers.size >= n) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.add({ sleepers: n, resolve });
    return promise;
  }

  #next(target: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.due <= target && (first === undefined || sleeper.due < first.due)) first = sleeper;
    }
    return first;
  }

  #release(): void {
    for (const waiter of this.#waiters) {
      if (this.#sleepers.size < waiter.sleepers) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
