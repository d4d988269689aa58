import { LEASE_ANNOTATIONS, SHARDS_LABEL } from "../../armada/names.ts";
import { messageOf } from "../../base/errors.ts";
import { oneLine } from "../../base/text.ts";
import { isApiError } from "../../runtime/api.ts";
import { LeaseHolds } from "../../runtime/leaderelection/lease-holds.ts";
import type { LeaseHold } from "../../runtime/leaderelection/lease-hold.ts";
import { LEASES, parseLease } from "../../runtime/leaderelection/lease-record.ts";
import { Leadership } from "../../runtime/leaderelection/lease.ts";
import { whileLeading } from "../../runtime/leaderelection/leading.ts";
import { Rivals } from "../../runtime/leaderelection/rivals.ts";
import { Sightings } from "../../runtime/leaderelection/sightings.ts";
import { SoleLeadership } from "../../runtime/leaderelection/sole-leadership.ts";
import { UndividedLeadership } from "../../runtime/leaderelection/undivided.ts";
import { isReplica, shardsOf } from "../../runtime/sharding/names.ts";
import { OPERATOR } from "./deploy/rights.ts";
import { SHARD_NAMES } from "./shard-names.ts";
import type { LeadingDeps, Renewing, WorkUnder } from "./leading.ts";
import { watchLease } from "./lease-watch.ts";
import { ownsEverything } from "./ownership.ts";
import { parseDynamic } from "./parse-object.ts";

/** One of the replicas works on everything. */
export const leadAlone = (deps: Renewing, work: WorkUnder, signal: AbortSignal): Promise<void> => {
  const { clock, log, namespace, times, api } = deps;
  const watch = watchLease({ clock, log, listWatcher: deps.listWatch(LEASES, ownLease(namespace)) });
  const shared = { ...deps, name: OPERATOR, annotations: LEASE_ANNOTATIONS };
  const leadership = new UndividedLeadership({
    leadership: new SoleLeadership({
      leadership: new Leadership({ ...shared, watch, labels: { [SHARDS_LABEL]: "1" } }),
      rivals: new Rivals(shared),
      namespace,
    }),
    sharers: sharersIn({ api, clock, times, namespace }),
    clock,
    log,
    times,
  });
  const under = (leaseHold: LeaseHold, stop: AbortSignal): Promise<void> =>
    work(leaseHold, stop, { ownership: ownsEverything(leaseHold.epoch), leaseHolds: new LeaseHolds({ ...shared, own: leaseHold }) });
  const leads = (is: boolean): void => deps.metrics.leader.set({ name: OPERATOR }, is ? 1 : 0);
  return whileLeading({ leadership, log, leads }, under, signal);
};

const ownLease = (namespace: string) => ({ namespace, fieldSelector: `metadata.name=${OPERATOR}`, transform: parseDynamic });

/** Who shares what there is to do with others in that namespace. */
const sharersIn = ({ api, clock, times, namespace }: Pick<LeadingDeps, "api" | "clock" | "times" | "namespace">) => {
  const sightings = new Sightings({ clock, times });
  return async (signal: AbortSignal): Promise<string | undefined> => {
    const leases = await api.list(LEASES, { namespace, labelSelector: SHARDS_LABEL }, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!isApiError(error)) throw error;
      return isApiError(error, 401, 403) ? [] : oneLine(messageOf(error));
    });
    if (typeof leases === "string") return `it cannot be seen whether operators share what there is to do: ${leases}`;
    const replicas = leases.filter(({ metadata }) => isReplica(SHARD_NAMES, metadata.name));
    const alive = replicas.find((lease) => sightings.heldMs(lease.metadata.name, parseLease(lease, LEASE_ANNOTATIONS)) > 0);
    return alive === undefined
      ? undefined
      : `Lease ${namespace}/${alive.metadata.name} is held by an operator with --shards=${String(shardsOf(SHARD_NAMES, alive))}, this one has --shards=1`;
  };
};
