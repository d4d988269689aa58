import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { ListWatcher } from "../../runtime/api.ts";
import { Informer } from "../../runtime/cache/informer.ts";
import { Store } from "../../runtime/cache/store.ts";
import type { LeaseWatch } from "../../runtime/leaderelection/lease.ts";
import type { DynamicObject } from "../../runtime/object.ts";

export interface LeaseWatchDeps {
  /** Of that Lease alone. */
  readonly listWatcher: ListWatcher<DynamicObject>;
  readonly clock: Clock;
  readonly log: Logger;
}

export const watchLease =
  ({ listWatcher, clock, log }: LeaseWatchDeps): LeaseWatch =>
  (onChange, signal) => {
    const store = new Store<DynamicObject>({ log });
    store.onChange(({ type, object }) => onChange(type === "deleted" ? undefined : object));
    return new Informer({ listWatcher, store, clock, log, name: "the Lease" }).run(signal);
  };
