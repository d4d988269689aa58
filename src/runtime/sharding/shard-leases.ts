import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/time/clock.ts";
import { ApiError, isApiError, type ApiClient, type ObjectRef } from "../api.ts";
import type { LeaseHold } from "../leaderelection/lease-hold.ts";
import { LEASES, parseLease, releaseLease, shardLeaseName, takeLease, type LeaseAnnotations } from "../leaderelection/lease-record.ts";
import type { LeaseTimes } from "../leaderelection/lease-times.ts";
import type { DynamicObject } from "../object.ts";
import type { ShardNames } from "./names.ts";
import type { ReplicasSeen } from "./replicas-seen.ts";

export interface ShardLeasesDeps {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly times: LeaseTimes;
  readonly namespace: string;
  readonly names: ShardNames;
  readonly shards: number;
  readonly annotations: LeaseAnnotations;
  readonly watched: readonly string[];
  /** This replica. */
  readonly replica: string;
  readonly hold: Pick<LeaseHold, "assertHeld" | "signal">;
  readonly seen: Pick<ReplicasSeen, "look">;
}

export interface Taken {
  readonly epoch: string;
  /** As the API server returned it. */
  readonly lease: DynamicObject;
}

/**
 * Takes shards and gives them back. A shard's Lease says which replica holds it and is not renewed: it is held for as long as the Lease of that
 * replica is. So one renewal counts for all shards of a replica, and what ends helm when that fails ends it for all.
 */
export class ShardLeases {
  readonly #deps: ShardLeasesDeps;

  constructor(deps: ShardLeasesDeps) {
    this.#deps = deps;
  }

  /** The new hold; undefined when it is another's. Rejects with {@link ApiError}. */
  async take(shard: number, signal: AbortSignal): Promise<Taken | undefined> {
    const { api, clock, times, namespace, names, shards, annotations, replica, seen, watched } = this.#deps;
    const ref = this.#ref(shard);
    const old = await api.get(ref, signal);
    const before = old === undefined ? undefined : parseLease(old, annotations);
    // The answer to an earlier try was lost.
    if (old !== undefined && before?.holder === replica) return { epoch: before.epoch, lease: old };
    if (before !== undefined && before.holder !== "" && (await seen.look(before.holder, signal)) > 0) return undefined;
    const { epoch, body } = takeLease(old, {
      ...{ namespace, name: ref.name, annotations, identity: replica, durationMs: times.durationMs, nowMs: clock.now() },
      ...{ nonce: randomBytes(4).toString("hex"), watched, shard, labels: { [names.shardsLabel]: String(shards) } },
    });
    this.#assertHeld();
    try {
      return { epoch, lease: await (old === undefined ? api.create(ref, body, signal) : api.replace(ref, body, signal)) };
    } catch (error) {
      if (isApiError(error, 409)) return undefined;
      throw error;
    }
  }

  /** Whatever has become of it: afterwards it is not held with this epoch. Rejects with {@link ApiError}. */
  async release(shard: number, epoch: string, signal: AbortSignal): Promise<void> {
    const { api, clock, annotations } = this.#deps;
    this.#assertHeld();
    for (;;) {
      const lease = await api.get(this.#ref(shard), signal);
      if (lease === undefined || parseLease(lease, annotations).epoch !== epoch) return;
      try {
        await api.replace(this.#ref(shard), releaseLease(lease, clock.now()), signal);
        return;
      } catch (error) {
        if (!isApiError(error, 409)) throw error;
      }
    }
  }

  /** Says that this replica takes no more. Rejects with {@link ApiError}. */
  async leave(signal: AbortSignal): Promise<void> {
    const { api, namespace, names, replica } = this.#deps;
    const ref = { resource: LEASES, namespace, name: replica };
    this.#assertHeld();
    for (;;) {
      const lease = await api.get(ref, signal);
      if (lease === undefined) return;
      const { metadata } = lease;
      try {
        await api.replace(ref, { ...lease, metadata: { ...metadata, labels: { ...metadata.labels, [names.leavingLabel]: "true" } } }, signal);
        return;
      } catch (error) {
        if (!isApiError(error, 409)) throw error;
      }
    }
  }

  /** Removes what a replica left that has died: afterwards it is not there, or not what it was. */
  async bury({ metadata: { name, resourceVersion } }: DynamicObject, signal: AbortSignal): Promise<void> {
    const { api, namespace } = this.#deps;
    const only = resourceVersion === undefined ? {} : { only: { resourceVersion } };
    await api.delete({ resource: LEASES, namespace, name, ...only }, signal).catch((error: unknown) => {
      if (!isApiError(error, 409)) throw error;
    });
  }

  /** What was lost is left to expire: the API server may be away, and another may be about to take it. */
  #assertHeld(): void {
    const { hold, replica } = this.#deps;
    if (hold.signal.aborted) throw new ApiError(`Lease ${replica} was lost`, { status: 0, reason: "NotLeading" });
    hold.assertHeld();
  }

  #ref(shard: number): ObjectRef {
    return { resource: LEASES, namespace: this.#deps.namespace, name: shardLeaseName(this.#deps.names.operator, shard) };
  }
}
