import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { ApiClient } from "../../runtime/api.ts";
import type { LeaseHold } from "../../runtime/leaderelection/lease-hold.ts";
import type { LeaseHolds } from "../../runtime/leaderelection/lease-holds.ts";
import type { LeaseTimes } from "../../runtime/leaderelection/lease-times.ts";
import type { ListWatch } from "./caches.ts";
import type { Metrics } from "./measure/metrics.ts";
import type { Ownership } from "./ownership.ts";

export interface LeadingDeps {
  /** Over connections of its own. */
  readonly api: ApiClient;
  readonly listWatch: ListWatch;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "leader">;
  readonly identity: string;
  /** For people. */
  readonly host: string;
  /** Of the Lease. */
  readonly namespace: string;
  /** Empty: all. */
  readonly watched: readonly string[];
  readonly times: LeaseTimes;
  /** How long helm may go on when the operator is told to stop: the Lease is renewed meanwhile. */
  readonly drainMs: number;
  /** 1: one replica works on everything. */
  readonly shards: number;
  /** Whether the shard is held now. */
  readonly onShard: (shard: number, held: boolean) => void;
}

/** The same, for those who hold Leases. */
export interface Renewing extends LeadingDeps {
  /** Told of each renewal: `clock.monotonic()` before it was asked for. */
  readonly onRenewed: (at: number) => void;
}

/** Which objects are this process's, and what is known of the holds of epochs. */
export interface Sharded {
  readonly ownership: Ownership;
  readonly leaseHolds: Pick<LeaseHolds, "look">;
}

/** Works until `stop` aborts. */
export type WorkUnder = (leaseHold: LeaseHold, stop: AbortSignal, sharded: Sharded) => Promise<void>;
