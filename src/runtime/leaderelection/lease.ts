import { randomBytes } from "node:crypto";
import { withDeadline } from "../../base/time/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import { oneLine } from "../../base/text.ts";
import { isApiError, type ObjectRef } from "../api.ts";
import { answerOf } from "../error-class.ts";
import type { DynamicObject } from "../object.ts";
import { LEASES, parseLease, takeLease, type LeaseRecord } from "./lease-record.ts";
import { Sightings } from "./sightings.ts";
import { RenewedLeaseHold, type LeaseHold, type LeaseHoldDeps } from "./lease-hold.ts";

/**
 * Tells of each change of the Lease as soon as the API server does, until the signal aborts; undefined: it was deleted. Never rejects. It may be silent
 * for a while, or not allowed: whoever must not be late looks as well.
 */
export type LeaseWatch = (onChange: (lease: DynamicObject | undefined) => void, signal: AbortSignal) => Promise<void>;

export interface LeadershipDeps extends LeaseHoldDeps {
  readonly namespace: string;
  readonly name: string;
  /** One of a kind for this process: a holder of the same name is somebody else. */
  readonly identity: string;
  /** Namespaces that this process works on, for the Lease to say; empty: all. */
  readonly watched: readonly string[];
  readonly watch: LeaseWatch;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Waits for the operator's Lease. */
export class Leadership {
  readonly #deps: LeadershipDeps;
  readonly #ref: ObjectRef;
  readonly #title: string;
  readonly #sightings: Sightings;
  /** The last thing said while waiting: each is said once. */
  #told: string | undefined;
  /** Of the last lease hold: when its Lease was lost and nobody has taken it since, it is still ours for the taking. */
  #epoch: string | undefined;

  constructor(deps: LeadershipDeps) {
    this.#deps = deps;
    this.#sightings = new Sightings(deps);
    this.#ref = { resource: LEASES, namespace: deps.namespace, name: deps.name };
    this.#title = `Lease ${deps.namespace}/${deps.name}`;
  }

  /**
   * Resolves when this process holds the Lease, and keeps renewing it until {@link LeaseHold.release}: the end of `signal` does not end a lease hold.
   * Rejects with the signal's reason, or with one sentence when waiting cannot help (no such namespace, no right) and it never was held.
   * Whoever calls it again has stopped all that the last lease hold began.
   */
  async acquire(signal: AbortSignal): Promise<LeaseHold> {
    const { clock, times, watch } = this.#deps;
    const waiting = new AbortController();
    let free = new AbortController();
    void watch((lease) => this.#isFree(lease) && free.abort(), AbortSignal.any([signal, waiting.signal]));
    try {
      for (;;) {
        free = new AbortController();
        const bound = { clock, ms: times.renewDeadlineMs, reason: new Error("the API server does not respond") };
        const outcome = await withDeadline(bound, (bounded) => this.#attempt(bounded), signal).catch((error: unknown) => this.#failed(error, signal));
        if (typeof outcome !== "number") return outcome;
        await clock.sleep(Math.min(times.renewMs, outcome), AbortSignal.any([signal, free.signal])).catch(() => signal.throwIfAborted());
      }
    } finally {
      waiting.abort();
    }
  }

  /** Told of each change, so that a renewal counts from when it was made, and a release is noticed at once. */
  #isFree(lease: DynamicObject | undefined): boolean {
    return lease === undefined || this.#sightings.heldMs(this.#title, parseLease(lease, this.#deps.annotations)) <= 0;
  }

  /** Takes the Lease if it is free; otherwise, in how many milliseconds its holder counts as dead. */
  async #attempt(signal: AbortSignal): Promise<LeaseHold | number> {
    const { api, clock, log, times, annotations } = this.#deps;
    const old = await api.get(this.#ref, signal);
    const heldMs = old === undefined ? 0 : this.#heldMs(parseLease(old, annotations));
    if (heldMs > 0) return heldMs;
    const renewedAt = clock.monotonic();
    const taking = { ...this.#deps, durationMs: times.durationMs, nowMs: clock.now(), nonce: randomBytes(4).toString("hex") };
    const { epoch, body } = takeLease(old, taking);
    const previousEpoch = old === undefined ? "" : parseLease(old, annotations).epoch;
    const lease = await (old === undefined ? api.create(this.#ref, body, signal) : api.replace(this.#ref, body, signal));
    log.info(`holding ${this.#title}`, { epoch });
    this.#epoch = epoch;
    this.#told = undefined;
    return new RenewedLeaseHold(this.#deps, { ref: this.#ref, title: this.#title, lease, epoch, previousEpoch, renewedAt });
  }

  /** For how long it is somebody's, unless it is renewed; 0 or less when it is free. */
  #heldMs(record: LeaseRecord): number {
    if (record.holder === "" || record.epoch === this.#epoch) return 0;
    this.#tell(`waiting for ${this.#title} held by ${record.holder}, renewed at ${record.renewTime}`, record.holder);
    return this.#sightings.heldMs(this.#title, record);
  }

  /** Another was faster, or the API server is away: waiting helps. Everything else is thrown. */
  #failed(error: unknown, signal: AbortSignal): number {
    signal.throwIfAborted();
    const {
      namespace,
      times: { renewMs },
    } = this.#deps;
    if (isApiError(error, 409)) return renewMs;
    const detail = oneLine(messageOf(error));
    // What was once granted comes back: an account is made anew, a role bound again.
    const isFinal = this.#epoch === undefined;
    if (isFinal && isApiError(error, 404))
      throw new Error(`Cannot create ${this.#title}: namespace "${namespace}" does not exist; create it first (${detail})`, { cause: error });
    if (isFinal && isApiError(error) && answerOf(error) === "refusal")
      throw new Error(`Cannot use ${this.#title}: ${detail}; the operator needs get, create and update on leases of namespace "${namespace}"`, {
        cause: error,
      });
    this.#tell(`waiting for ${this.#title}: ${detail}`, detail);
    return renewMs;
  }

  #tell(message: string, topic: string): void {
    if (this.#told === topic) return;
    this.#told = topic;
    this.#deps.log.info(message);
  }
}
