import { messageOf } from "../../base/errors.ts";
import { oneLine } from "../../base/text.ts";
import { isApiError, type ApiClient } from "../api.ts";
import { isOfLeaseIn, shardIn } from "../leaderelection/epoch.ts";
import type { LeaseHolds, LeaseHoldState } from "../leaderelection/lease-holds.ts";
import { LEASES, parseLease, shardLeaseName, type LeaseAnnotations } from "../leaderelection/lease-record.ts";
import type { Gate } from "./gate.ts";
import type { ShardNames } from "./names.ts";
import type { ReplicasSeen } from "./replicas-seen.ts";

export interface ShardHoldsDeps {
  readonly api: Pick<ApiClient, "get">;
  readonly gate: Pick<Gate, "epochOfShard">;
  readonly seen: Pick<ReplicasSeen, "look">;
  readonly namespace: string;
  readonly names: ShardNames;
  readonly annotations: LeaseAnnotations;
  /** Of the Leases of operators without shards, and of those elsewhere. */
  readonly others: Pick<LeaseHolds, "look">;
}

/** {@link LeaseHolds} of a replica that shares its Leases with others. */
export class ShardHolds {
  readonly #deps: ShardHoldsDeps;

  constructor(deps: ShardHoldsDeps) {
    this.#deps = deps;
  }

  /** Rejects only with the signal's reason. */
  async look(epoch: string, signal: AbortSignal): Promise<LeaseHoldState> {
    const { namespace, gate, others } = this.#deps;
    const shard = shardIn(epoch);
    if (shard === undefined || !isOfLeaseIn(epoch, namespace)) return others.look(epoch, signal);
    if (gate.epochOfShard(shard) === epoch) return { is: "ours" };
    const title = `Lease ${namespace}/${shardLeaseName(this.#deps.names.operator, shard)}`;
    try {
      return await this.#lookAt(shard, { title, epoch }, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isApiError(error)) throw error;
      return { is: "unknown", why: `${title}, under which it was written, cannot be read: ${oneLine(messageOf(error))}` };
    }
  }

  async #lookAt(shard: number, { title, epoch }: { readonly title: string; readonly epoch: string }, signal: AbortSignal): Promise<LeaseHoldState> {
    const { api, seen, namespace, names, annotations } = this.#deps;
    const lease = await api.get({ resource: LEASES, namespace, name: shardLeaseName(names.operator, shard) }, signal);
    if (lease === undefined) return { is: "unknown", why: `${title}, under which it was written, does not exist` };
    const record = parseLease(lease, annotations);
    if (record.epoch !== epoch || record.holder === "" || (await seen.look(record.holder, signal)) <= 0) return { is: "over" };
    return { is: "running", who: `${title}, held by ${record.holder}` };
  }
}
