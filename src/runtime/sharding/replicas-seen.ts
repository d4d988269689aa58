import type { ApiClient } from "../api.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Store } from "../cache/store.ts";
import { LEASES, parseLease, type LeaseAnnotations } from "../leaderelection/lease-record.ts";
import type { LeaseTimes } from "../leaderelection/lease-times.ts";
import { Sightings } from "../leaderelection/sightings.ts";
import type { DynamicObject } from "../object.ts";

export interface ReplicasSeenDeps {
  readonly api: Pick<ApiClient, "get">;
  readonly clock: Clock;
  readonly times: LeaseTimes;
  readonly namespace: string;
  readonly annotations: LeaseAnnotations;
  /** Takes what was read: two sources that contradict each other would look like a holder that lives. */
  readonly store: Pick<Store<DynamicObject>, "upsert">;
}

/** Which replicas live, by their Leases. One whose Lease is gone may work for as long as it lasted. */
export class ReplicasSeen {
  readonly #deps: ReplicasSeenDeps;
  readonly #sightings: Sightings;

  constructor(deps: ReplicasSeenDeps) {
    this.#deps = deps;
    this.#sightings = new Sightings(deps);
  }

  /** For how long the replica of that name may be at work, unless it renews its Lease. `lease`: as it was last told; undefined: there is none. */
  heldMs(name: string, lease: DynamicObject | undefined): number {
    const gone = { holder: name, durationMs: undefined, renewTime: "gone", transitions: 0, epoch: "", watched: [] };
    return this.#sightings.heldMs(name, lease === undefined ? gone : parseLease(lease, this.#deps.annotations));
  }

  /** The same, from a fresh read: a watch may have been silent. */
  async look(name: string, signal: AbortSignal): Promise<number> {
    const { api, namespace, store } = this.#deps;
    const lease = await api.get({ resource: LEASES, namespace, name }, signal);
    if (lease !== undefined) store.upsert(lease);
    return this.heldMs(name, lease);
  }
}
