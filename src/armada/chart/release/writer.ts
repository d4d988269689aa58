import type { ReleaseRecord, ReleaseStatus } from "../../../helm/release.ts";
import type { LeaseHolds } from "../../../runtime/leaderelection/lease-holds.ts";
import type { BusyReleases } from "./busy.ts";

/** Statuses of a newest revision at which no helm is at work. */
const AT_REST: readonly ReleaseStatus[] = ["deployed", "failed", "superseded", "uninstalled"];

export const isAtRest = (status: ReleaseStatus): boolean => AT_REST.includes(status);

/** The helm that wrote a `pending-*` revision. */
export type Writer =
  /** A helm of this or an earlier lease hold, which has ended. */
  | { readonly is: "gone" }
  /** A child of this operator, at this moment. */
  | { readonly is: "ours" }
  /** A child of another operator that holds its Lease; `who` names both. */
  | { readonly is: "another operator's"; readonly who: string }
  /** A child of an operator of which nothing can be learnt. */
  | { readonly is: "unknown"; readonly why: string }
  /** No operator wrote it. */
  | { readonly is: "somebody else's" };

export interface WriterDeps {
  readonly leaseHolds: Pick<LeaseHolds, "look">;
  readonly busy: Pick<BusyReleases, "has">;
}

/** Undefined when the newest revision is not pending. Rejects only with the signal's reason. */
export const writerOf = async (
  record: ReleaseRecord | undefined,
  { leaseHolds, busy }: WriterDeps,
  signal: AbortSignal,
): Promise<Writer | undefined> => {
  if (record === undefined || !record.newest.status.startsWith("pending-")) return undefined;
  if (busy.has(record.release)) return { is: "ours" };
  const { labels, labelsCurrent } = record.newest;
  if (labels === undefined || !labelsCurrent) return { is: "somebody else's" };
  const leaseHold = await leaseHolds.look(labels.epoch, signal);
  if (leaseHold.is === "running") return { is: "another operator's", who: leaseHold.who };
  return leaseHold.is === "unknown" ? leaseHold : { is: "gone" };
};
