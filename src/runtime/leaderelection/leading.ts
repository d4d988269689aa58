import type { Logger } from "../../base/log.ts";
import { StillAtWork } from "../manager.ts";
import type { LeaseHold } from "./lease-hold.ts";

/**
 * Works while the Lease is ours, and again when it was lost and is ours again, until `signal` aborts. `work` has stopped everything when it
 * ends, soon after `stop` aborts; otherwise it rejects with `StillAtWork`, and the Lease is left to expire. Rejects with what `work` rejects with, unless that is the loss of the Lease itself.
 */
export const whileLeading = async <Hold extends LeaseHold>(
  { leadership, log }: { readonly leadership: { acquire(signal: AbortSignal): Promise<Hold> }; readonly log: Logger },
  work: (leaseHold: Hold, stop: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  for (;;) {
    const leaseHold = await leadership.acquire(signal);
    try {
      await work(leaseHold, AbortSignal.any([signal, leaseHold.signal]));
    } catch (error) {
      if (error instanceof StillAtWork) await leaseHold.abandon();
      if (!leaseHold.signal.aborted || error !== leaseHold.signal.reason) throw error;
    } finally {
      await leaseHold.release();
    }
    if (signal.aborted || !leaseHold.signal.aborted) return;
    log.warn("all controllers are stopped until the Lease is held again");
  }
};
