import type { LEASE_ANNOTATIONS } from "../../armada/names.ts";
import { abortable, aborted } from "../../base/time/abortable.ts";
import type { Store } from "../../runtime/cache/store.ts";
import { parseLease } from "../../runtime/leaderelection/lease-record.ts";
import { Leadership } from "../../runtime/leaderelection/lease.ts";
import type { Rivals } from "../../runtime/leaderelection/rivals.ts";
import { SoleLeadership } from "../../runtime/leaderelection/sole-leadership.ts";
import type { DynamicObject } from "../../runtime/object.ts";
import { shardsOf, type ShardNames } from "../../runtime/sharding/names.ts";
import type { LeadingDeps } from "./leading.ts";

export interface BeaconDeps extends LeadingDeps {
  readonly rivals: Pick<Rivals, "find" | "gone">;
  readonly name: string;
  readonly annotations: typeof LEASE_ANNOTATIONS;
  readonly names: ShardNames;
}

/** The operator's own Lease, held by one of the replicas for all: operators elsewhere, and those without shards, see by it that somebody works. */
export class Beacon {
  readonly #deps: BeaconDeps;
  readonly #store: Store<DynamicObject>;

  constructor(deps: BeaconDeps, store: Store<DynamicObject>) {
    this.#deps = deps;
    this.#store = store;
  }

  /** Holds it whenever no other replica does, until the signal aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    const { rivals, namespace, names, shards } = this.#deps;
    const inner = new Leadership({ ...this.#deps, labels: { [names.shardsLabel]: String(shards) }, watch: () => Promise.resolve() });
    const leadership = new SoleLeadership({ leadership: inner, rivals, namespace });
    while (!signal.aborted) {
      const held = await leadership.acquire(signal);
      await aborted(AbortSignal.any([signal, held.signal]));
      await held.release();
    }
  }

  /** Resolves when one of the replicas holds it, and nobody elsewhere works on the same namespaces. */
  async lit(signal: AbortSignal): Promise<void> {
    const { namespace, name, names, shards, annotations, rivals } = this.#deps;
    const seen = Promise.withResolvers<void>();
    const look = (): void => {
      const lease = this.#store.get(`${namespace}/${name}`);
      if (lease !== undefined && shardsOf(names, lease) === shards && parseLease(lease, annotations).holder !== "") seen.resolve();
    };
    const unsubscribe = this.#store.onChange(look);
    look();
    await abortable(seen.promise, signal).finally(unsubscribe);
    await rivals.gone(() => false, signal);
  }
}
