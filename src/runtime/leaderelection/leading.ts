import type { Logger } from "../../base/log.ts";
import type { Leadership } from "./lease.ts";
import { StillAtWork } from "../manager.ts";
import type { Tenure } from "./tenure.ts";

/**
 * Works while the Lease is ours, and again when it was lost and is ours again, until `signal` aborts. `work` has stopped everything when it
 * ends, soon after `stop` aborts; otherwise it rejects with `StillAtWork`, and the Lease is left to expire. Rejects with what `work` rejects with, unless that is the loss of the Lease itself.
 */
export const whileLeading = async (
  { leadership, log }: { readonly leadership: Pick<Leadership, "acquire">; readonly log: Logger },
  work: (tenure: Tenure, stop: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  for (;;) {
    const tenure = await leadership.acquire(signal);
    try {
      await work(tenure, AbortSignal.any([signal, tenure.signal]));
    } catch (error) {
      if (error instanceof StillAtWork) await tenure.abandon();
      if (!tenure.signal.aborted || error !== tenure.signal.reason) throw error;
    } finally {
      await tenure.release();
    }
    if (signal.aborted || !tenure.signal.aborted) return;
    log.warn("everything is stopped until the Lease is held again");
  }
};
