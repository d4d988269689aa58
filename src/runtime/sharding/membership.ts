import { randomBytes } from "node:crypto";
import { withDeadline } from "../../base/time/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import { oneLine } from "../../base/text.ts";
import { LEASES, parseLease } from "../leaderelection/lease-record.ts";
import type { LeaseHold } from "../leaderelection/lease-hold.ts";
import { Leadership, type LeadershipDeps } from "../leaderelection/lease.ts";
import { Sightings } from "../leaderelection/sightings.ts";
import type { DynamicObject } from "../object.ts";
import { isReplica, replicaName, shardsOf, type ShardNames } from "./names.ts";

export interface MembershipDeps extends Omit<LeadershipDeps, "name" | "watch" | "labels"> {
  readonly names: ShardNames;
  readonly shards: number;
  /** For people: the pod. */
  readonly host: string;
}

/** A replica's hold of its own Lease. */
export interface ReplicaHold extends LeaseHold {
  /** Name of the Lease; another each time. */
  readonly replica: string;
}

/** Replicas share what there is to do by one rule: none begins while another in its namespace goes by another number of shards. */
export class Membership {
  readonly #deps: MembershipDeps;
  readonly #sightings: Sightings;
  #told = "";

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
    this.#sightings = new Sightings(deps);
  }

  /** Rejects with the signal's reason, or as {@link Leadership.acquire} does. */
  async acquire(signal: AbortSignal): Promise<ReplicaHold> {
    const { clock, times, log } = this.#deps;
    for (;;) {
      const hold = await this.#join(signal);
      const other = await this.#otherRule(hold.replica, signal).catch(async (error: unknown) => {
        if (signal.aborted) await hold.release();
        signal.throwIfAborted();
        return oneLine(messageOf(error));
      });
      if (other === undefined) return hold;
      if (other !== this.#told) log.warn(`waiting: ${other}`);
      this.#told = other;
      await hold.release();
      // Two that stand in each other's way do not do so for ever.
      await clock.sleep(times.renewMs * (1 + Math.random()), signal);
    }
  }

  async #join(signal: AbortSignal): Promise<ReplicaHold> {
    const { names, host, shards, namespace, api, clock, times, log } = this.#deps;
    const name = replicaName(names, host, randomBytes(4).toString("hex"));
    const labels = { [names.shardsLabel]: String(shards) };
    const hold = await new Leadership({ ...this.#deps, name, labels, watch: () => Promise.resolve() }).acquire(signal);
    const release = async (): Promise<void> => {
      await hold.release();
      if (hold.signal.aborted) return;
      const bound = { clock, ms: times.renewDeadlineMs / 2, reason: new Error("the API server does not respond") };
      const remove = (bounded: AbortSignal): Promise<void> => api.delete({ resource: LEASES, namespace, name }, bounded);
      await withDeadline(bound, remove, new AbortController().signal).catch((error: unknown) =>
        log.debug("could not delete a Lease", { name, error: oneLine(messageOf(error)) }),
      );
    };
    return {
      replica: name,
      epoch: hold.epoch,
      previousEpoch: hold.previousEpoch,
      signal: hold.signal,
      assertHeld: () => hold.assertHeld(),
      abandon: () => hold.abandon(),
      release,
    };
  }

  /** One sentence about somebody who goes by another number of shards; undefined when nobody does. */
  async #otherRule(self: string, signal: AbortSignal): Promise<string | undefined> {
    const { api, namespace, names, shards } = this.#deps;
    const labelled = await api.list(LEASES, { namespace, labelSelector: names.shardsLabel }, signal);
    const single = await api.get({ resource: LEASES, namespace, name: names.operator }, signal);
    const working = [
      ...labelled.filter(({ metadata }) => isReplica(names, metadata.name) && metadata.name !== self),
      ...(single === undefined ? [] : [single]),
    ];
    const other = working.find((lease) => shardsOf(names, lease) !== shards && this.#heldMs(lease) > 0);
    if (other === undefined) return undefined;
    return `Lease ${namespace}/${other.metadata.name} is held by an operator with --shards=${String(shardsOf(names, other))}, this one has --shards=${String(shards)}`;
  }

  #heldMs(lease: DynamicObject): number {
    return this.#sightings.heldMs(lease.metadata.name, parseLease(lease, this.#deps.annotations));
  }
}
