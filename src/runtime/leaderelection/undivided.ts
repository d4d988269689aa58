import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { LeaseHold } from "./lease-hold.ts";
import type { Leadership } from "./lease.ts";
import type { LeaseTimes } from "./lease-times.ts";

export interface UndividedDeps {
  readonly leadership: Pick<Leadership, "acquire">;
  /** Who shares what there is to do with others, in a sentence; undefined: nobody, as far as is known. */
  readonly sharers: (signal: AbortSignal) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly times: LeaseTimes;
}

/** Leadership of one that works on everything: it holds the Lease, and waits until those who share are gone. */
export class UndividedLeadership {
  readonly #deps: UndividedDeps;

  constructor(deps: UndividedDeps) {
    this.#deps = deps;
  }

  /** As {@link Leadership.acquire}. */
  async acquire(signal: AbortSignal): Promise<LeaseHold> {
    const { leadership } = this.#deps;
    for (;;) {
      const leaseHold = await leadership.acquire(signal);
      try {
        await this.#alone(AbortSignal.any([signal, leaseHold.signal]));
        return leaseHold;
      } catch (error) {
        if (signal.aborted || !leaseHold.signal.aborted) {
          await leaseHold.release();
          throw error;
        }
      }
    }
  }

  async #alone(signal: AbortSignal): Promise<void> {
    const { sharers, clock, log, times } = this.#deps;
    let told = "";
    for (;;) {
      const who = await sharers(signal);
      if (who === undefined) return;
      if (who !== told) log.warn(`waiting: ${who}`);
      told = who;
      await clock.sleep(times.renewMs, signal);
    }
  }
}
