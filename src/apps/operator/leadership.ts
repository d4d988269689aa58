import { LEASE_ANNOTATIONS } from "../../armada/names.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import { spawnFed, type ChildEnd } from "../../base/process/long-lived.ts";
import { Watchdog, type HelmGuard } from "../../helm/process/watchdog.ts";
import type { ApiClient } from "../../runtime/api.ts";
import type { LeaseTimes } from "../../runtime/leaderelection/lease-times.ts";
import { LEASES } from "../../runtime/leaderelection/lease-record.ts";
import { Leadership } from "../../runtime/leaderelection/lease.ts";
import { whileLeading } from "../../runtime/leaderelection/leading.ts";
import { Rivals } from "../../runtime/leaderelection/rivals.ts";
import { SoleLeadership } from "../../runtime/leaderelection/sole-leadership.ts";
import type { LeaseHold } from "../../runtime/leaderelection/lease-hold.ts";
import { LeaseHolds } from "../../runtime/leaderelection/lease-holds.ts";
import type { ListWatch } from "./caches.ts";
import { OPERATOR } from "./deploy/rights.ts";
import { watchLease } from "./lease-watch.ts";
import type { Metrics } from "./measure/metrics.ts";
import { parseDynamic } from "./parse-object.ts";

export interface LeadingDeps {
  /** Over connections of its own. */
  readonly api: ApiClient;
  readonly listWatch: ListWatch;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "leader">;
  readonly identity: string;
  /** Of the Lease. */
  readonly namespace: string;
  /** Empty: all. */
  readonly watched: readonly string[];
  readonly times: LeaseTimes;
  /** How long helm may go on when the operator is told to stop: the Lease is renewed meanwhile. */
  readonly drainMs: number;
}

/** What work under a Lease gets. */
export interface Lead {
  readonly leaseHold: LeaseHold;
  readonly leaseHolds: LeaseHolds;
  /** Of helm processes. */
  readonly guard: HelmGuard;
  /** Aborts when the operator stops, or has lost its Lease. */
  readonly stop: AbortSignal;
  /** How long helm that runs may go on after `stop`, from now. */
  readonly stopGraceMs: () => number;
}

/**
 * Works while this process holds the Lease and no other operator works on its namespaces, until `signal` aborts. Whatever becomes of this process,
 * no helm of it outlives the Lease. Rejects with what `work` rejects with.
 */
export const lead = async (deps: LeadingDeps, work: (lead: Lead) => Promise<void>, signal: AbortSignal): Promise<void> => {
  const { clock, log, metrics, namespace, times, drainMs } = deps;
  const watch = watchLease({ clock, log, listWatcher: deps.listWatch(LEASES, ownLease(namespace)) });
  const shared = { ...deps, watch, name: OPERATOR, annotations: LEASE_ANNOTATIONS };
  const watchdog = new Watchdog({ spawn: spawnFed, clock, times });
  const over = new AbortController();
  const fail = ({ signal: by, code }: ChildEnd): void =>
    over.abort(new Error(`the process that ends helm when the Lease is lost has ended by itself (${by ?? `exit code ${String(code)}`})`));
  void watchdog.failed.then(fail);
  const leadership = new SoleLeadership({
    leadership: new Leadership({ ...shared, onRenewed: (at) => watchdog.renewed(at) }),
    rivals: new Rivals(shared),
    namespace,
  });
  const leads = (is: boolean): void => metrics.leader.set({ name: OPERATOR }, is ? 1 : 0);
  const workUnder = (leaseHold: LeaseHold, stop: AbortSignal): Promise<void> => {
    const guard: HelmGuard = {
      assertMayStart: () => leaseHold.assertHeld(),
      started: (child) => watchdog.started(child),
      ended: (pid) => watchdog.ended(pid),
    };
    const stopGraceMs = (): number => (signal.aborted && !leaseHold.signal.aborted ? drainMs : times.stopGraceMs);
    return work({ leaseHold, leaseHolds: new LeaseHolds({ ...shared, own: leaseHold }), guard, stop, stopGraceMs });
  };
  try {
    await whileLeading({ leadership, log, leads }, workUnder, AbortSignal.any([signal, over.signal]));
    over.signal.throwIfAborted();
  } finally {
    await watchdog.close();
  }
};

const ownLease = (namespace: string) => ({ namespace, fieldSelector: `metadata.name=${OPERATOR}`, transform: parseDynamic });
