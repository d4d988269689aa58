import { spawnFed, type ChildEnd } from "../../base/process/long-lived.ts";
import { Watchdog, type HelmGuard } from "../../helm/process/watchdog.ts";
import type { LeaseHold } from "../../runtime/leaderelection/lease-hold.ts";
import { leadAlone } from "./alone.ts";
import type { LeadingDeps, Sharded } from "./leading.ts";
import { leadTogether } from "./sharded.ts";

/** What work under a Lease gets. */
export interface Lead extends Sharded {
  readonly leaseHold: LeaseHold;
  /** Of helm processes. */
  readonly guard: HelmGuard;
  /** Aborts when the operator stops, or has lost its Lease. */
  readonly stop: AbortSignal;
  /** How long helm that runs may go on after `stop`, from now. */
  readonly stopGraceMs: () => number;
}

/**
 * Works while this process holds the Lease and no other operator works on its namespaces, or its share with other replicas, until `signal` aborts.
 * Whatever becomes of this process, no helm of it outlives the Lease. Rejects with what `work` rejects with.
 */
export const lead = async (deps: LeadingDeps, work: (lead: Lead) => Promise<void>, signal: AbortSignal): Promise<void> => {
  const { clock, times, drainMs } = deps;
  const watchdog = new Watchdog({ spawn: spawnFed, clock, times });
  const over = new AbortController();
  const fail = ({ signal: by, code }: ChildEnd): void =>
    over.abort(new Error(`the process that ends helm when the Lease is lost has ended by itself (${by ?? `exit code ${String(code)}`})`));
  void watchdog.failed.then(fail);
  const guarded = (leaseHold: LeaseHold, stop: AbortSignal, sharded: Sharded): Promise<void> => {
    const guard: HelmGuard = {
      assertMayStart: () => leaseHold.assertHeld(),
      started: (child) => watchdog.started(child),
      ended: (pid) => watchdog.ended(pid),
    };
    const stopGraceMs = (): number => (signal.aborted && !leaseHold.signal.aborted ? drainMs : times.stopGraceMs);
    return work({ ...sharded, leaseHold, guard, stop, stopGraceMs });
  };
  const stopping = AbortSignal.any([signal, over.signal]);
  const onRenewed = (at: number): void => watchdog.renewed(at);
  try {
    await (deps.shards === 1 ? leadAlone({ ...deps, onRenewed }, guarded, stopping) : leadTogether({ ...deps, onRenewed }, guarded, stopping));
    over.signal.throwIfAborted();
  } finally {
    await watchdog.close();
  }
};
