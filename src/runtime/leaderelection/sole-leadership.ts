import type { Leadership } from "./lease.ts";
import type { Rival, Rivals } from "./rivals.ts";
import type { LeaseHold } from "./lease-hold.ts";

/**
 * Leadership of whoever is alone on its namespaces, under whatever Lease others work. Each looks for others before it takes its own Lease, and
 * once more when it holds it: of two that start at the same time at least one sees the other. Then the one whose Lease stands in the smaller
 * namespace stays and waits; the other gives its Lease back, unless it is at work already: who works does not look.
 */
export class SoleLeadership {
  readonly #leadership: Pick<Leadership, "acquire">;
  readonly #rivals: Pick<Rivals, "find" | "gone">;
  readonly #namespace: string;

  constructor(deps: {
    readonly leadership: Pick<Leadership, "acquire">;
    readonly rivals: Pick<Rivals, "find" | "gone">;
    readonly namespace: string;
  }) {
    this.#leadership = deps.leadership;
    this.#rivals = deps.rivals;
    this.#namespace = deps.namespace;
  }

  /** As {@link Leadership.acquire}. */
  async acquire(signal: AbortSignal): Promise<LeaseHold> {
    for (;;) {
      await this.#rivals.gone(() => false, signal);
      const leaseHold = await this.#leadership.acquire(signal);
      if (await this.#isAlone(leaseHold, signal)) return leaseHold;
      await leaseHold.release();
    }
  }

  /** False when the lease hold is to be given back. */
  async #isAlone(leaseHold: LeaseHold, signal: AbortSignal): Promise<boolean> {
    const held = AbortSignal.any([signal, leaseHold.signal]);
    const comesFirst = ({ namespace }: Rival): boolean => namespace < this.#namespace;
    try {
      await this.#rivals.gone(comesFirst, held);
      return !(await this.#rivals.find(held)).some(comesFirst);
    } catch (error) {
      if (!signal.aborted && leaseHold.signal.aborted) return false;
      await leaseHold.release();
      throw error;
    }
  }
}
