import { abortable } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { ApiClient, ListWatcher } from "./api.ts";
import { Informer } from "./informer.ts";
import { apiVersionOf, type DynamicObject, type Resource } from "./object.ts";
import { Store, type Change } from "./store.ts";

export interface ObjectWatchesDeps {
  readonly api: Pick<ApiClient, "get">;
  /** List and watch of one resource in one namespace (undefined: everywhere), with the selector and projection that suit the resource. */
  readonly listWatcher: (resource: Resource, namespace: string | undefined) => ListWatcher<DynamicObject>;
  /** Kinds whose bodies stay on the server. */
  readonly metadataOnly: (resource: Resource) => boolean;
  /** As {@link listWatcher} projects. */
  readonly project: (object: DynamicObject) => DynamicObject;
  /** Namespaces watched; empty = all. */
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** A watch on the resources of that name is opened anew. */
  readonly onRestart?: (resource: string) => void;
}

interface Watched {
  readonly resource: Resource;
  readonly store: Store<DynamicObject>;
  readonly informers: readonly Informer<DynamicObject>[];
}

export type ObjectListener = (resource: Resource, change: Change<DynamicObject>) => void;

/** Longest time a pass waits for a new watch to deliver its first list. */
const SYNC_MS = 10_000;

/** Watches on whatever kinds releases hold, one per kind, started when a kind is first met. */
export class ObjectWatches {
  readonly #deps: ObjectWatchesDeps;
  readonly #watched = new Map<string, Watched>();
  readonly #listeners = new Set<ObjectListener>();
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(deps: ObjectWatchesDeps) {
    this.#deps = deps;
  }

  onChange(listener: ObjectListener): void {
    this.#listeners.add(listener);
  }

  /** Ends the watches when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  /** Resolves when the kind is watched: undefined, or why its watch does not deliver. */
  async watch(resource: Resource, signal: AbortSignal): Promise<string | undefined> {
    const watched = this.#watched.get(keyOfResource(resource)) ?? this.#start(resource);
    if (watched.informers.every(({ hasSynced }) => hasSynced)) return undefined;
    const limit = new AbortController();
    const either = AbortSignal.any([signal, limit.signal]);
    const timer = this.#deps.clock.sleep(SYNC_MS, either).then(
      () => limit.abort(),
      () => undefined,
    );
    try {
      await abortable(Promise.all(watched.informers.map((informer) => informer.synced(either))), either);
      return undefined;
    } catch {
      signal.throwIfAborted();
      return watched.informers.find(({ lastError }) => lastError !== undefined)?.lastError ?? "no answer yet";
    } finally {
      limit.abort();
      await timer;
    }
  }

  /** From the cache of a watched kind. */
  get(resource: Resource, namespace: string | undefined, name: string): DynamicObject | undefined {
    return this.#watched.get(keyOfResource(resource))?.store.get(namespace === undefined ? name : `${namespace}/${name}`);
  }

  list(resource: Resource): readonly DynamicObject[] {
    return this.#watched.get(keyOfResource(resource))?.store.list() ?? [];
  }

  /** `clock.monotonic()` before the first list of the kind began, in the namespace listed first: its cache is at least that fresh. */
  listedAt(resource: Resource): number | undefined {
    const times = this.#watched.get(keyOfResource(resource))?.informers.map(({ listedAt }) => listedAt) ?? [];
    return times.length > 0 && times.every((time) => time !== undefined) ? Math.min(...times) : undefined;
  }

  /** A fresh read of one object of a watched kind, which also goes into the cache. */
  async refresh(resource: Resource, namespace: string | undefined, name: string, signal: AbortSignal): Promise<DynamicObject | undefined> {
    const { api, metadataOnly, project } = this.#deps;
    const known = this.get(resource, namespace, name);
    const live = await api.get({ resource, namespace, name }, signal, { metadataOnly: metadataOnly(resource) });
    const store = this.#watched.get(keyOfResource(resource))?.store;
    if (live !== undefined) store?.upsert(project(live));
    else if (known !== undefined) store?.remove(known);
    return live;
  }

  #start(resource: Resource): Watched {
    const { clock, log, namespaces, listWatcher, onRestart } = this.#deps;
    const store = new Store<DynamicObject>({ log });
    const scopes = resource.namespaced && namespaces.length > 0 ? namespaces : [undefined];
    const name = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
    const informers = scopes.map(
      (namespace) =>
        new Informer({ listWatcher: listWatcher(resource, namespace), store, namespace, clock, log, name, onRestart: () => onRestart?.(name) }),
    );
    const watched = { resource, store, informers };
    this.#watched.set(keyOfResource(resource), watched);
    store.onChange((change) => {
      for (const listener of this.#listeners) listener(resource, change);
    });
    for (const informer of informers) this.#running.add(informer.run(this.#stop.signal));
    return watched;
  }
}

const keyOfResource = (resource: Resource): string => `${apiVersionOf(resource)}/${resource.plural}`;
