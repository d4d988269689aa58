import type { Clock } from "../../base/time/clock.ts";
import { withDeadline } from "../../base/time/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { oneLine } from "../../base/text.ts";
import { isApiError, type ApiClient } from "../api.ts";
import { LEASES, parseLease, type LeaseRecord, type LeaseAnnotations } from "./lease-record.ts";
import type { LeaseTimes } from "./lease-times.ts";
import { Sightings } from "./sightings.ts";

/** An operator under another Lease that works, or may work, on the same namespaces. */
export interface Rival extends LeaseRecord {
  /** Of its Lease. */
  readonly namespace: string;
  /** `Lease ns/name`. */
  readonly title: string;
}

export interface RivalsDeps {
  readonly api: Pick<ApiClient, "list">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly times: LeaseTimes;
  /** Of every Lease. */
  readonly name: string;
  readonly annotations: LeaseAnnotations;
  /** Namespace of the own Lease; undefined: every Lease is another's. */
  readonly namespace: string | undefined;
  /** Namespaces that are to be worked on; empty: all. */
  readonly watched: readonly string[];
}

/** Whether two operators would work on the same objects; empty: all namespaces. */
export const overlap = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === 0 || b.length === 0 || a.some((namespace) => b.includes(namespace));

/** Finds operators that work on the same namespaces under other Leases, wherever these are. */
export class Rivals {
  readonly #deps: RivalsDeps;
  readonly #sightings: Sightings;
  /** The last thing said: each is said once. */
  #told: string | undefined;

  constructor(deps: RivalsDeps) {
    this.#deps = deps;
    this.#sightings = new Sightings(deps);
  }

  /** Those whose Lease has not expired, as far as is known: one seen for the first time counts as alive. Retries until the API server answers. */
  async find(signal: AbortSignal): Promise<readonly Rival[]> {
    const { clock, times } = this.#deps;
    for (;;) {
      const bound = { clock, ms: times.renewDeadlineMs, reason: new Error("the API server does not respond") };
      try {
        return await withDeadline(bound, (bounded) => this.#list(bounded), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (isApiError(error, 401, 403, 404)) return this.#unseen(oneLine(messageOf(error)));
        this.#tell("info", `waiting to find out whether another operator manages the same namespaces: ${oneLine(messageOf(error))}`);
      }
      await clock.sleep(times.renewMs, signal);
    }
  }

  /** Resolves when there is none any more; says for whom it waits. `over`: those that need not be waited for. */
  async gone(over: (rival: Rival) => boolean, signal: AbortSignal): Promise<void> {
    const { clock, times } = this.#deps;
    for (;;) {
      const [rival] = (await this.find(signal)).filter((one) => !over(one));
      if (rival === undefined) return;
      this.#tell("warn", `waiting: ${describeRival(rival)}; stop that operator, or give each its own namespaces with --watch-namespaces`);
      await clock.sleep(times.renewMs, signal);
    }
  }

  /** One that has renewed its Lease while this looked; undefined when all Leases have expired, or there are none. */
  async renewing(signal: AbortSignal): Promise<Rival | undefined> {
    const { clock, times } = this.#deps;
    const before = new Map<string, string>();
    for (;;) {
      const found = await this.find(signal);
      const renewed = found.find(({ title, renewTime }) => (before.get(title) ?? renewTime) !== renewTime);
      if (renewed !== undefined || found.length === 0) return renewed;
      for (const { title, renewTime } of found) before.set(title, renewTime);
      await clock.sleep(times.renewMs, signal);
    }
  }

  async #list(signal: AbortSignal): Promise<readonly Rival[]> {
    const { api, name, annotations, namespace, watched } = this.#deps;
    const leases = await api.list(LEASES, { fieldSelector: `metadata.name=${name}` }, signal);
    return leases
      .filter(({ metadata }) => metadata.name === name && metadata.namespace !== namespace)
      .map((lease) => ({
        ...parseLease(lease, annotations),
        namespace: lease.metadata.namespace ?? "",
        title: `Lease ${lease.metadata.namespace ?? ""}/${name}`,
      }))
      .filter((rival) => rival.epoch !== "" && overlap(rival.watched, watched) && this.#sightings.heldMs(rival.title, rival) > 0);
  }

  #unseen(detail: string): readonly Rival[] {
    this.#tell("warn", `cannot see whether another operator works on the same namespaces under another Lease: ${detail}; see to it that none does`);
    return [];
  }

  #tell(level: "info" | "warn", message: string): void {
    if (this.#told === message) return;
    this.#told = message;
    this.#deps.log[level](message);
  }
}

/** Who it is. */
export const describeRival = ({ title, holder, watched }: Rival): string => {
  const where = watched.length === 0 ? "every namespace" : `the namespaces ${watched.join(", ")}`;
  return `another operator works on ${where}: ${title} is held by ${holder}`;
};
