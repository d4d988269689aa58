import type { Clock } from "../../base/time/clock.ts";
import type { LeaseRecord } from "./lease-record.ts";
import type { LeaseTimes } from "./lease-times.ts";

interface Sighting {
  readonly what: string;
  /** Monotonic time of the first sight. */
  readonly at: number;
}

/** What was last seen of Leases of others. Whether a holder lives is judged by whether its Lease changes, never by comparing its clock with ours. */
export class Sightings {
  readonly #clock: Clock;
  readonly #times: LeaseTimes;
  readonly #seen = new Map<string, Sighting>();

  constructor({ clock, times }: { readonly clock: Clock; readonly times: LeaseTimes }) {
    this.#clock = clock;
    this.#times = times;
  }

  /** For how long the Lease of that title is its holder's, unless it is renewed; 0 or less when it is free. */
  heldMs(title: string, { holder, renewTime, epoch, durationMs = this.#times.durationMs }: LeaseRecord): number {
    if (holder === "") {
      this.#seen.delete(title);
      return 0;
    }
    const what = JSON.stringify([holder, renewTime, epoch]);
    const known = this.#seen.get(title);
    const sighting = known?.what === what ? known : { what, at: this.#clock.monotonic() };
    this.#seen.set(title, sighting);
    return sighting.at + durationMs - this.#clock.monotonic();
  }
}
