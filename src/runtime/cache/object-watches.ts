import { aborted } from "../../base/time/abortable.ts";
import type { Clock } from "../../base/time/clock.ts";
import { withDeadline } from "../../base/time/deadline.ts";
import type { Logger } from "../../base/log.ts";
import type { ApiClient, ListWatcher } from "../api.ts";
import { Informer } from "./informer.ts";
import { apiVersionOf, type DynamicObject, type Resource } from "../object.ts";
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

/** A watch on one kind, in one namespace or everywhere. */
interface Scope {
  readonly namespace: string | undefined;
  readonly informer: Informer<DynamicObject>;
  /** Somebody was told that it does not deliver. */
  doubted: boolean;
}

interface Watched {
  readonly resource: Resource;
  readonly store: Store<DynamicObject>;
  readonly scopes: readonly Scope[];
}

export type ObjectListener = (resource: Resource, change: Change<DynamicObject>) => void;

/** Longest time that passes wait for a new watch to deliver its first list; once. */
const SYNC_MS = 10_000;

/** Watches on whatever kinds releases hold, one per kind, started when a kind is first met. */
export class ObjectWatches {
  readonly #deps: ObjectWatchesDeps;
  readonly #watched = new Map<string, Watched>();
  readonly #listeners = new Set<ObjectListener>();
  readonly #recoveries = new Set<(resource: Resource) => void>();
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(deps: ObjectWatchesDeps) {
    this.#deps = deps;
  }

  onChange(listener: ObjectListener): void {
    this.#listeners.add(listener);
  }

  /** Calls `listener` when a watch delivers of which {@link watch} has said that it does not: an empty list changes nothing, and is news all the same. */
  onRecovery(listener: (resource: Resource) => void): void {
    this.#recoveries.add(listener);
  }

  /** Ends the watches when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await aborted(signal);
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  /** Whether a watch of the resource would tell of an object of that namespace. */
  covers({ namespaced }: Resource, namespace: string | undefined): boolean {
    const { namespaces } = this.#deps;
    return !namespaced || namespaces.length === 0 || (namespace !== undefined && namespaces.includes(namespace));
  }

  /**
   * Resolves when the kind is watched: undefined, or why its watch does not deliver. `namespace`: only what tells of that one is asked; undefined: all.
   * A namespace that is not watched is not missed.
   */
  async watch(resource: Resource, namespace: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const watched = this.#watched.get(keyOfResource(resource)) ?? this.#start(resource);
    const scopes = scopesFor(watched, namespace);
    const ill = (): readonly Scope[] => scopes.filter(({ informer }) => !informer.hasSynced);
    if (ill().length === 0) return undefined;
    await this.#answer(
      ill().filter(({ doubted }) => !doubted),
      signal,
    );
    for (const scope of ill().filter(({ doubted }) => !doubted)) {
      scope.doubted = true;
      this.#running.add(this.#tellRecovery(resource, scope));
    }
    const [first] = ill().toSorted((a, b) => Number(b.informer.lastError !== undefined) - Number(a.informer.lastError !== undefined));
    return first === undefined ? undefined : (first.informer.lastError ?? "no answer yet");
  }

  /** Waits for the first answer to every list, but not longer than {@link SYNC_MS}. */
  async #answer(scopes: readonly Scope[], signal: AbortSignal): Promise<void> {
    if (scopes.length === 0) return;
    const limit = { clock: this.#deps.clock, ms: SYNC_MS, reason: new Error("no answer yet") };
    try {
      await withDeadline(limit, (bounded) => Promise.all(scopes.map(({ informer }) => informer.answered(bounded))), signal);
    } catch {
      signal.throwIfAborted();
    }
  }

  async #tellRecovery(resource: Resource, { informer }: Scope): Promise<void> {
    try {
      await informer.synced(this.#stop.signal);
    } catch {
      return; // stopped
    }
    for (const listener of this.#recoveries) listener(resource);
  }

  /** From the cache of a watched kind. */
  get(resource: Resource, namespace: string | undefined, name: string): DynamicObject | undefined {
    return this.#watched.get(keyOfResource(resource))?.store.get(namespace === undefined ? name : `${namespace}/${name}`);
  }

  list(resource: Resource): readonly DynamicObject[] {
    return this.#watched.get(keyOfResource(resource))?.store.list() ?? [];
  }

  /** Resources of that kind that are watched, of whatever group. */
  resources(kind: string): readonly Resource[] {
    return [...this.#watched.values()].map(({ resource }) => resource).filter((resource) => resource.kind === kind);
  }

  /** `clock.monotonic()` before the first list of the kind began that tells of the namespace: its cache is at least that fresh. */
  listedAt(resource: Resource, namespace: string | undefined): number | undefined {
    const watched = this.#watched.get(keyOfResource(resource));
    const times = watched === undefined ? [] : scopesFor(watched, namespace).map(({ informer }) => informer.listedAt);
    return times.length > 0 && times.every((time) => time !== undefined) ? Math.min(...times) : undefined;
  }

  /** A fresh read of one object, in the shape that a watch would give it. */
  async read(resource: Resource, namespace: string | undefined, name: string, signal: AbortSignal): Promise<DynamicObject | undefined> {
    const { api, metadataOnly, project } = this.#deps;
    const live = await api.get({ resource, namespace, name, metadataOnly: metadataOnly(resource) }, signal);
    return live === undefined ? undefined : project(live);
  }

  /** A fresh read of one object of a watched kind, which goes into the cache. */
  async refresh(resource: Resource, namespace: string | undefined, name: string, signal: AbortSignal): Promise<void> {
    const known = this.#inEachVersion(resource, namespace, name);
    const live = await this.read(resource, namespace, name, signal);
    if (live !== undefined) this.#watched.get(keyOfResource(resource))?.store.upsert(live);
    else for (const { store, object } of known) store.remove(object);
  }

  /** One object may be watched in several versions of its group. */
  #inEachVersion({ group, plural }: Resource, namespace: string | undefined, name: string) {
    return [...this.#watched.values()].flatMap(({ resource, store }) => {
      const object = resource.group === group && resource.plural === plural ? this.get(resource, namespace, name) : undefined;
      return object === undefined ? [] : [{ store, object }];
    });
  }

  #start(resource: Resource): Watched {
    const { clock, log, namespaces, listWatcher, onRestart } = this.#deps;
    const store = new Store<DynamicObject>({ log });
    const name = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
    const scopes = (resource.namespaced && namespaces.length > 0 ? namespaces : [undefined]).map((namespace): Scope => {
      const deps = { listWatcher: listWatcher(resource, namespace), store, namespace, clock, log, name, onRestart: () => onRestart?.(name) };
      return { namespace, informer: new Informer(deps), doubted: false };
    });
    const watched: Watched = { resource, store, scopes };
    this.#watched.set(keyOfResource(resource), watched);
    store.onChange((change) => {
      for (const listener of this.#listeners) listener(resource, change);
    });
    for (const { informer } of scopes) this.#running.add(informer.run(this.#stop.signal));
    return watched;
  }
}

const scopesFor = ({ scopes }: Watched, namespace: string | undefined): readonly Scope[] =>
  namespace === undefined ? scopes : scopes.filter((scope) => scope.namespace === undefined || scope.namespace === namespace);

const keyOfResource = (resource: Resource): string => `${apiVersionOf(resource)}/${resource.plural}`;
