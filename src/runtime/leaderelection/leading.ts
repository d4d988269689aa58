import type { Logger } from "../../base/log.ts";
import { StillAtWork } from "../manager.ts";
import type { LeaseHold } from "./lease-hold.ts";

export interface LeadingDeps<Hold extends LeaseHold> {
  readonly leadership: { acquire(signal: AbortSignal): Promise<Hold> };
  readonly log: Logger;
  /** Hears whether the Lease is ours: at first, when it is taken, and when it is lost or given back. */
  readonly leads: (leads: boolean) => void;
}

/**
 * Works while the Lease is ours, and again when it was lost and is ours again, until `signal` aborts. `work` has stopped everything when it
 * ends, soon after `stop` aborts; otherwise it rejects with `StillAtWork`, and the Lease is left to expire. Rejects with what `work` rejects with, unless that is the loss of the Lease itself.
 */
export const whileLeading = async <Hold extends LeaseHold>(
  { leadership, log, leads }: LeadingDeps<Hold>,
  work: (leaseHold: Hold, stop: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  leads(false);
  for (;;) {
    const leaseHold = await leadership.acquire(signal);
    leads(!leaseHold.signal.aborted);
    leaseHold.signal.addEventListener("abort", () => leads(false), { once: true });
    try {
      await work(leaseHold, AbortSignal.any([signal, leaseHold.signal]));
    } catch (error) {
      if (error instanceof StillAtWork) await leaseHold.abandon();
      if (!leaseHold.signal.aborted || error !== leaseHold.signal.reason) throw error;
    } finally {
      await leaseHold.release();
      leads(false);
    }
    if (signal.aborted || !leaseHold.signal.aborted) return;
    log.warn("all controllers are stopped until the Lease is held again");
  }
};
