import { messageOf } from "../../base/errors.ts";
import { oneLine } from "../../base/text.ts";
import { isApiError, type ApiClient } from "../api.ts";
import { isOfLeaseIn, leaseNamespaceOf, shardIn } from "./epoch.ts";
import { LEASES, parseLease, shardLeaseName, type LeaseAnnotations } from "./lease-record.ts";
import type { LeaseTimes } from "./lease-times.ts";
import { Sightings } from "./sightings.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { LeaseHold } from "./lease-hold.ts";

/** What is known of the lease hold that an epoch names. */
export type LeaseHoldState =
  /** It is the one of this process. */
  | { readonly is: "ours" }
  /** Its Lease was released, has expired, or was taken by another: all that it began has ended. */
  | { readonly is: "over" }
  /** `who`: `Lease ns/name, held by x`. */
  | { readonly is: "running"; readonly who: string }
  | { readonly is: "unknown"; readonly why: string };

export interface LeaseHoldsDeps {
  readonly api: Pick<ApiClient, "get">;
  readonly clock: Clock;
  readonly times: LeaseTimes;
  /** Namespace of this process's Lease; all Leases have one name. */
  readonly namespace: string;
  readonly name: string;
  readonly annotations: LeaseAnnotations;
  readonly own: Pick<LeaseHold, "epoch" | "previousEpoch">;
}

/** Tells from an epoch whether its lease hold is over: by our own Lease, which nobody else holds, or by a look at another one. */
export class LeaseHolds {
  readonly #deps: LeaseHoldsDeps;
  readonly #sightings: Sightings;

  constructor(deps: LeaseHoldsDeps) {
    this.#deps = deps;
    this.#sightings = new Sightings(deps);
  }

  /** Rejects only with the signal's reason. */
  async look(epoch: string, signal: AbortSignal): Promise<LeaseHoldState> {
    const { own, namespace } = this.#deps;
    if (epoch === own.epoch) return { is: "ours" };
    if (epoch === own.previousEpoch || isOfLeaseIn(epoch, namespace)) return { is: "over" };
    const elsewhere = leaseNamespaceOf(epoch);
    if (elsewhere === undefined) return { is: "unknown", why: `its epoch ${epoch} does not say which Lease it belongs to` };
    return this.#lookAt(elsewhere, epoch, signal);
  }

  async #lookAt(namespace: string, epoch: string, signal: AbortSignal): Promise<LeaseHoldState> {
    const { api, annotations } = this.#deps;
    const shard = shardIn(epoch);
    // That of a shard is not renewed, and whether its holder lives is not to be seen from it.
    const name = shard === undefined ? this.#deps.name : shardLeaseName(this.#deps.name, shard);
    const title = `Lease ${namespace}/${name}`;
    try {
      const lease = await api.get({ resource: LEASES, namespace, name }, signal);
      if (lease === undefined) return { is: "unknown", why: `${title}, under which it was written, does not exist` };
      const record = parseLease(lease, annotations);
      if (record.epoch === epoch && shard !== undefined && record.holder !== "") return { is: "running", who: `${title}, held by ${record.holder}` };
      if (record.epoch !== epoch || this.#sightings.heldMs(title, record) <= 0) return { is: "over" };
      return { is: "running", who: `${title}, held by ${record.holder}` };
    } catch (error) {
      signal.throwIfAborted();
      if (!isApiError(error)) throw error;
      return { is: "unknown", why: `${title}, under which it was written, cannot be read: ${oneLine(messageOf(error))}` };
    }
  }
}
