import type { Runnable } from "../../runtime/manager.ts";

/** Which objects this process works on, and under which hold of a Lease. */
export interface Ownership {
  /** Whether others work on objects, too, and hand some over. */
  readonly others: boolean;
  owns(uid: string): boolean;
  /** Of the hold; empty when the object is not ours. */
  epochOf(uid: string): string;
  /** What status says of who writes it. */
  signature(uid: string): Readonly<Record<string, unknown>>;
  /** Does the pass while the object of this uid is ours, and it stays so until the pass has ended; otherwise resolves with undefined. */
  pass<T>(uid: string, pass: () => Promise<T>): Promise<T | undefined>;
  /** What finds out whose objects are whose, before the queues run and beside them; calls back with a test for those that are ours now, or not any more. */
  runnables(onChange: (concerned: (uid: string) => boolean) => void): { readonly before: readonly Runnable[]; readonly beside: readonly Runnable[] };
}

/** Of the one that works on everything. */
export const ownsEverything = (epoch: string): Ownership => ({
  others: false,
  owns: () => true,
  epochOf: () => epoch,
  signature: () => ({}),
  pass: (_uid, pass) => pass(),
  runnables: () => ({ before: [], beside: [] }),
});
