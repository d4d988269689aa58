import { messageOf } from "../../base/errors.ts";
import { deepFreeze } from "../../base/json/json.ts";
import { silentLogger, type Logger } from "../../base/log.ts";
import { compareResourceVersions, keyOf, type KubeObject } from "../object.ts";
import { StoreIndex, type Indexer } from "./store-index.ts";
import { Tombstones } from "./tombstones.ts";

/** One effective change of a store. Of a deletion, `object` is the last state known. */
export interface Change<T extends KubeObject> {
  readonly type: "added" | "updated" | "deleted";
  /** The state before; only of an update. */
  readonly old?: T;
  readonly object: T;
}

export type ChangeListener<T extends KubeObject> = (change: Change<T>) => void;

export interface ReplaceOptions {
  /** Of the list. */
  readonly resourceVersion: string;
  /** The only namespace that was listed; undefined: all. */
  readonly namespace?: string | undefined;
  readonly historyLost?: boolean;
}

const isOlder = (a: KubeObject, b: KubeObject): boolean => compareResourceVersions(a.metadata.resourceVersion, b.metadata.resourceVersion) < 0;

/**
 * The latest known state of the objects of one resource, deep-frozen, fed by a watch and by the program's own writes in any order.
 * It never goes back: an older version, and a version older than a deletion seen, is ignored.
 */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes: ReadonlyMap<string, StoreIndex<T>>;
  readonly #tombstones: Tombstones;
  readonly #log: Logger;
  readonly #listeners = new Set<ChangeListener<T>>();
  readonly #undelivered: Change<T>[] = [];
  #delivering = false;

  /** `tombstones`: how many deletions are remembered (default 4096). */
  constructor(options: { readonly indexers?: Readonly<Record<string, Indexer<T>>>; readonly log?: Logger; readonly tombstones?: number } = {}) {
    this.#indexes = new Map(Object.entries(options.indexers ?? {}).map(([name, indexer]) => [name, new StoreIndex(indexer)]));
    this.#tombstones = new Tombstones(options.tombstones ?? 4096);
    this.#log = options.log ?? silentLogger;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** `key` as {@link keyOf} makes it. */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** In no particular order. */
  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** The objects that the named indexer files under `value`. Throws when no such index was given to the constructor. */
  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`store has no index "${name}"`);
    return index.get(value);
  }

  /** Calls `listener` after every effective change, whatever its origin, in order. Returns the way to take it off again. */
  onChange(listener: ChangeListener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a version from a watch, a list, or the answer to a read or a write. Returns false when the store knows better. */
  upsert(object: T): boolean {
    const old = this.get(keyOf(object));
    if (this.#tombstones.covers(object)) return false;
    if (old === undefined) {
      this.#put(object);
      this.#notify({ type: "added", object });
      return true;
    }
    if (!isOlder(old, object)) return false;
    if (old.metadata.uid !== object.metadata.uid) {
      this.#drop(old, object.metadata.resourceVersion);
      return this.upsert(object);
    }
    this.#put(object, old);
    this.#notify({ type: "updated", old, object });
    return true;
  }

  /** Takes a deletion: `object` is the deleted version, or the last one known. Returns false when the store knows better. */
  remove(object: T): boolean {
    const old = this.get(keyOf(object));
    this.#tombstones.add(object.metadata.uid, object.metadata.resourceVersion);
    if (old === undefined || isOlder(object, old)) return false;
    this.#drop(old, object.metadata.resourceVersion);
    return true;
  }

  /**
   * Takes a whole list, read at `resourceVersion`: what it lacks and was not written later is deleted.
   * `namespace`: the list was of this namespace alone; others are not touched. `historyLost`: the server's versions went back (it was restored from a backup), so the list is right whatever the versions say.
   */
  replace(objects: readonly T[], options: ReplaceOptions): void {
    const { resourceVersion, namespace, historyLost = false } = options;
    const listed = new Set(objects.map(keyOf));
    for (const old of this.list()) {
      if (namespace !== undefined && old.metadata.namespace !== namespace) continue;
      const missing = !listed.has(keyOf(old)) && compareResourceVersions(old.metadata.resourceVersion, resourceVersion) <= 0;
      if (missing || historyLost) this.#drop(old, resourceVersion);
    }
    if (historyLost) this.#tombstones.clear();
    for (const object of objects) this.upsert(object);
  }

  #put(object: T, old?: T): void {
    const key = keyOf(object);
    deepFreeze(object);
    for (const index of this.#indexes.values()) {
      if (old !== undefined) index.delete(key, old);
      index.add(key, object);
    }
    this.#objects.set(key, object);
  }

  #drop(old: T, goneAt: string): void {
    const key = keyOf(old);
    this.#objects.delete(key);
    this.#tombstones.add(old.metadata.uid, goneAt);
    for (const index of this.#indexes.values()) index.delete(key, old);
    this.#notify({ type: "deleted", object: old });
  }

  /** A listener that changes the store again is heard of after all listeners have heard of the first change. */
  #notify(change: Change<T>): void {
    this.#undelivered.push(change);
    if (this.#delivering) return;
    this.#delivering = true;
    for (let next = this.#undelivered.shift(); next !== undefined; next = this.#undelivered.shift()) this.#deliver(next);
    this.#delivering = false;
  }

  #deliver(change: Change<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#log.error("change listener failed", { change: change.type, key: keyOf(change.object), error: messageOf(error) });
      }
    }
  }
}
