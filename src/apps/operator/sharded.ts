import { LEASE_ANNOTATIONS, SHARDS_LABEL } from "../../armada/names.ts";
import { Informer } from "../../runtime/cache/informer.ts";
import { Store } from "../../runtime/cache/store.ts";
import { LeaseHolds } from "../../runtime/leaderelection/lease-holds.ts";
import { LEASES } from "../../runtime/leaderelection/lease-record.ts";
import { whileLeading } from "../../runtime/leaderelection/leading.ts";
import { Rivals } from "../../runtime/leaderelection/rivals.ts";
import type { DynamicObject } from "../../runtime/object.ts";
import { Gate } from "../../runtime/sharding/gate.ts";
import { Membership, type ReplicaHold } from "../../runtime/sharding/membership.ts";
import { ReplicasSeen } from "../../runtime/sharding/replicas-seen.ts";
import { ShardHolds } from "../../runtime/sharding/shard-holds.ts";
import { ShardLeases } from "../../runtime/sharding/shard-leases.ts";
import { shardOf } from "../../runtime/sharding/shard-of.ts";
import { Shards } from "../../runtime/sharding/shards.ts";
import { Beacon } from "./beacon.ts";
import { OPERATOR } from "./deploy/rights.ts";
import type { LeadingDeps, Renewing, Sharded, WorkUnder } from "./leading.ts";
import { parseDynamic } from "./parse-object.ts";
import { SHARD_NAMES } from "./shard-names.ts";

/** Each of the replicas works on some of the shards. */
export const leadTogether = (deps: Renewing, work: WorkUnder, signal: AbortSignal): Promise<void> => {
  const { log } = deps;
  const shared = { ...deps, names: SHARD_NAMES, annotations: LEASE_ANNOTATIONS };
  const rivals = new Rivals({ ...shared, name: OPERATOR });
  const under = (hold: ReplicaHold, stop: AbortSignal): Promise<void> => work(hold, stop, shardedUnder({ ...deps, rivals }, hold, stop));
  const leads = (is: boolean): void => deps.metrics.leader.set({ name: OPERATOR }, is ? 1 : 0);
  return whileLeading({ leadership: new Membership(shared), log, leads }, under, signal);
};

/** What there is to do is shared with other replicas, for as long as this one holds its own Lease. */
const shardedUnder = (deps: LeadingDeps & { readonly rivals: Pick<Rivals, "find" | "gone"> }, hold: ReplicaHold, stop: AbortSignal): Sharded => {
  const { clock, log, namespace, shards, api } = deps;
  const shared = { ...deps, name: OPERATOR, names: SHARD_NAMES, annotations: LEASE_ANNOTATIONS };
  const store = new Store<DynamicObject>({ log });
  const listWatcher = deps.listWatch(LEASES, { namespace, labelSelector: SHARDS_LABEL, transform: parseDynamic });
  const informer = new Informer({ listWatcher, store, namespace, clock, log, name: "Leases" });
  const gate = new Gate(shards);
  const seen = new ReplicasSeen({ ...shared, store });
  const leases = new ShardLeases({ ...shared, replica: hold.replica, hold, seen });
  const beacon = new Beacon(shared, store);
  const work = (onChange: (concerned: (uid: string) => boolean) => void): Shards => {
    const change = (shard: number): void => {
      deps.onShard(shard, gate.epochOfShard(shard) !== undefined);
      onChange((uid) => shardOf(uid, shards) === shard);
    };
    return new Shards({
      ...shared,
      gate,
      leases,
      seen,
      store,
      stop,
      replica: hold.replica,
      admitted: (signal) => beacon.lit(signal),
      onChange: change,
    });
  };
  const others = new LeaseHolds({ ...shared, own: { epoch: "", previousEpoch: "" } });
  return {
    leaseHolds: new ShardHolds({ ...shared, api, gate, seen, others }),
    ownership: {
      others: true,
      owns: (uid) => gate.epochOf(uid) !== undefined,
      epochOf: (uid) => gate.epochOf(uid) ?? "",
      signature: (uid) => ({ controlled_by: { shard: shardOf(uid, shards), holder: hold.replica } }),
      pass: (uid, pass) => gate.pass(uid, pass),
      runnables: (onChange) => {
        const running = work(onChange);
        return {
          before: [
            { name: "watch of Leases", run: (signal) => informer.run(signal), ready: (signal) => informer.synced(signal) },
            { name: "beacon", run: (signal) => beacon.keep(signal) },
          ],
          beside: [{ name: "shards", run: (signal) => running.run(signal) }],
        };
      },
    },
  };
};
