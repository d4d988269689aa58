import type { Clock } from "../time/clock.ts";
import { FairOrder } from "./fair-order.ts";

export interface FairPlacesOptions {
  /** Tasks at work at once; {@link NEWCOMERS} more for those who wait most. */
  readonly size: number;
  /** After how long a task counts as one that waits for others, and gives its place back: as many may do so as there are places, one account half of them. */
  readonly restAfterMs: number;
  readonly clock: Clock;
}

/** Who wants a place. */
export interface Claim {
  readonly account: string;
  /** Makes room for others. */
  readonly urgent: boolean;
}

/** Places beyond `size` that an account may take which holds none, and so many of them what is urgent. */
const NEWCOMERS = 2;
const URGENT = 1;

interface Run {
  readonly claim: Claim;
  readonly start: () => void;
  overdue: boolean;
}

/**
 * A bounded number of places, shared out by account: whoever holds none finds one although another account has taken all, and who has more to do
 * waits in turn with the others. A task that takes long only waits; it leaves its place to others while it goes on.
 */
export class FairPlaces {
  readonly #options: FairPlacesOptions;
  readonly #waiting = { urgent: new FairOrder<Run>(), other: new FairOrder<Run>() };
  readonly #working = new Set<Run>();
  readonly #resting = new Set<Run>();

  constructor(options: FairPlacesOptions) {
    this.#options = options;
  }

  /**
   * Runs `task` when a place is free. An abort before that rejects at once with its reason and `task` never runs; an abort later is the task's own
   * affair. `onWait` is told how many go before it when it has to wait.
   */
  async run<T>(
    task: () => Promise<T>,
    { onWait, ...claim }: Claim & { readonly onWait?: ((before: number) => void) | undefined },
    signal: AbortSignal,
  ): Promise<T> {
    const run = await this.#enter(claim, onWait, signal);
    const ended = new AbortController();
    void this.#restLater(run, ended.signal);
    try {
      // It may have been given up in the moment in which it was let in.
      signal.throwIfAborted();
      return await task();
    } finally {
      ended.abort();
      this.#working.delete(run);
      this.#resting.delete(run);
      this.#settle();
    }
  }

  async #enter(claim: Claim, onWait: ((before: number) => void) | undefined, signal: AbortSignal): Promise<Run> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const run: Run = { claim, start: resolve, overdue: false };
    const queue = claim.urgent ? this.#waiting.urgent : this.#waiting.other;
    const before = queue.before(claim.account) + (claim.urgent ? 0 : this.#waiting.urgent.size);
    queue.add(claim.account, run);
    this.#settle();
    const leave = (): void => {
      queue.delete(claim.account, run);
      if (!this.#working.has(run)) reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      if (!this.#working.has(run)) onWait?.(before);
      await promise;
      return run;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  async #restLater(run: Run, ended: AbortSignal): Promise<void> {
    const { clock, restAfterMs } = this.#options;
    await clock.sleep(restAfterMs, ended).catch(() => undefined);
    if (ended.aborted) return;
    run.overdue = true;
    this.#settle();
  }

  /** Whoever may rest does, and whoever may start does. */
  #settle(): void {
    for (const run of this.#working)
      if (run.overdue && this.#mayRest(run.claim)) {
        this.#working.delete(run);
        this.#resting.add(run);
      }
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#working.add(next);
      next.start();
    }
  }

  #next(): Run | undefined {
    const { urgent, other } = this.#waiting;
    return urgent.take((account) => this.#mayStart({ account, urgent: true })) ?? other.take((account) => this.#mayStart({ account, urgent: false }));
  }

  #mayStart({ account, urgent }: Claim): boolean {
    const holdsNone = countOf(this.#working, account) + countOf(this.#resting, account) === 0;
    return this.#working.size < this.#options.size + (holdsNone ? NEWCOMERS : urgent ? URGENT : 0);
  }

  #mayRest({ account }: Claim): boolean {
    const { size } = this.#options;
    return this.#resting.size < size && countOf(this.#resting, account) < Math.ceil(size / 2);
  }
}

const countOf = (runs: ReadonlySet<Run>, account: string): number => [...runs].filter(({ claim }) => claim.account === account).length;
