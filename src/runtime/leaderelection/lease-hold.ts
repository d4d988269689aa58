import type { Clock } from "../../base/time/clock.ts";
import { withDeadline } from "../../base/time/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { oneLine } from "../../base/text.ts";
import { ApiError, isApiError, type ApiClient, type ObjectRef } from "../api.ts";
import { deadlinesAfter, type LeaseTimes } from "./lease-times.ts";
import { parseLease, releaseLease, renewLease, type LeaseAnnotations } from "./lease-record.ts";
import type { DynamicObject } from "../object.ts";

/** The time from taking a Lease to losing or releasing it. */
export interface LeaseHold {
  /** One of a kind; at most 63 characters of a label value. */
  readonly epoch: string;
  /** Of the lease hold before on this Lease, which is over; empty when there was none. */
  readonly previousEpoch: string;
  /** Throws {@link ApiError} when another may hold the Lease by now, although this process has not been told: it was stopped for a while, say. */
  assertHeld(): void;
  /** Aborts when the Lease is lost: stop at once, another may have begun. Not by {@link LeaseHold.release}. */
  readonly signal: AbortSignal;
  /** Stops renewing and gives the Lease back, so that the next one starts at once. Never rejects; a second call does nothing. */
  release(): Promise<void>;
  /** Stops renewing and leaves the Lease to expire: what it guards may still be at work for a while. */
  abandon(): Promise<void>;
}

export interface LeaseHoldDeps {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly times: LeaseTimes;
  readonly annotations: LeaseAnnotations;
  /** Told of each renewal, the first time included: `clock.monotonic()` before it was asked for. */
  readonly onRenewed?: (renewedAt: number) => void;
}

export interface HeldLease {
  readonly ref: ObjectRef;
  /** For people: `Lease ns/name`. */
  readonly title: string;
  /** As the API server returned it. */
  readonly lease: DynamicObject;
  readonly epoch: string;
  readonly previousEpoch: string;
  /** Monotonic time at which the request that took it was sent. */
  readonly renewedAt: number;
}

/** The less time is left, the sooner a renewal is tried again; not sooner than this. */
const LAST_TRIES_MS = 250;

/** Somebody else's Lease, or nobody's: no renewal can help. */
class LeaseTaken extends Error {}

/** Renews a Lease from its construction on. */
export class RenewedLeaseHold implements LeaseHold {
  readonly epoch: string;
  readonly previousEpoch: string;
  readonly #deps: LeaseHoldDeps;
  readonly #held: HeldLease;
  readonly #lost = new AbortController();
  readonly #stop = new AbortController();
  readonly #kept: Promise<void>;
  #lease: DynamicObject;
  #renewedAt: number;
  #taken: LeaseTaken | undefined;

  constructor(deps: LeaseHoldDeps, held: HeldLease) {
    this.#deps = deps;
    this.#held = held;
    this.epoch = held.epoch;
    this.previousEpoch = held.previousEpoch;
    this.#lease = held.lease;
    this.#renewedAt = held.renewedAt;
    deps.onRenewed?.(held.renewedAt);
    this.#kept = this.#keep(this.#stop.signal).catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  assertHeld(): void {
    const { clock, times } = this.#deps;
    const late = clock.monotonic() >= deadlinesAfter(this.#renewedAt, times).silentAt ? "it was not renewed in time" : undefined;
    const why = this.#taken?.message ?? late;
    if (why !== undefined) throw new ApiError(`${this.#held.title} may be another operator's: ${why}`, { status: 0, reason: "NotLeading" });
  }

  abandon(): Promise<void> {
    this.#stop.abort(new Error("left"));
    return this.#kept;
  }

  async release(): Promise<void> {
    if (this.#stop.signal.aborted) return this.#kept;
    await this.abandon();
    if (this.#lost.signal.aborted) return;
    const { clock, log, times } = this.#deps;
    try {
      const bound = { clock, ms: times.renewDeadlineMs / 2, reason: new Error("the API server does not respond") };
      await withDeadline(bound, (signal) => this.#write(releaseLease, signal), new AbortController().signal);
      log.info(`released ${this.#held.title}`);
    } catch (error) {
      log.warn(`could not release ${this.#held.title}; the next holder waits until it expires`, { error: oneLine(messageOf(error)) });
    }
  }

  /** Rejects with the reason of the stop; returns when the Lease is lost. */
  async #keep(stop: AbortSignal): Promise<void> {
    const {
      clock,
      log,
      times: { renewMs, renewDeadlineMs },
    } = this.#deps;
    const leftMs = (): number => this.#renewedAt + renewDeadlineMs - clock.monotonic();
    for (;;) {
      if (leftMs() <= 0) return this.#lose(`not renewed for ${renewDeadlineMs / 1_000} s`);
      await clock.sleep(Math.min(renewMs, leftMs(), Math.max(leftMs() / 2, LAST_TRIES_MS)), stop);
      // The process itself may have been stopped, and woken up long after.
      if (leftMs() <= 0) continue;
      const bound = { clock, ms: leftMs(), reason: new Error("the API server does not respond") };
      try {
        await withDeadline(bound, (signal) => this.#write(renewLease, signal), stop);
      } catch (error) {
        stop.throwIfAborted();
        if (error instanceof LeaseTaken) {
          this.#taken = error;
          return this.#lose(error.message);
        }
        log.warn(`could not renew ${this.#held.title}`, { error: oneLine(messageOf(error)) });
      }
    }
  }

  #lose(why: string): void {
    this.#deps.log.error(`lost ${this.#held.title}`, { why });
    this.#lost.abort(new Error(`lost ${this.#held.title}: ${why}`));
  }

  /** Writes what `change` makes of the Lease, on the condition that it is still ours; time counts from before the request. */
  async #write(change: (lease: DynamicObject, nowMs: number) => unknown, signal: AbortSignal): Promise<void> {
    const { api, clock } = this.#deps;
    const { ref } = this.#held;
    const startedAt = clock.monotonic();
    try {
      this.#lease = await api.replace(ref, change(this.#lease, clock.now()), signal);
    } catch (error) {
      if (!isApiError(error, 404, 409)) throw error;
      this.#lease = this.#still(await api.get(ref, signal));
      this.#lease = await api.replace(ref, change(this.#lease, clock.now()), signal);
    }
    this.#renewedAt = startedAt;
    if (change === renewLease) this.#deps.onRenewed?.(startedAt);
  }

  /** The Lease as it is now, if it is ours: somebody labelled it, or the answer to a renewal was lost. */
  #still(lease: DynamicObject | undefined): DynamicObject {
    if (lease === undefined) throw new LeaseTaken("it was deleted");
    const { epoch, holder } = parseLease(lease, this.#deps.annotations);
    if (epoch !== this.epoch || holder === "") throw new LeaseTaken(holder === "" ? "its holder was cleared" : `${holder} holds it`);
    return lease;
  }
}
