/** Values under which one object is found, e.g. the uids of its owners. Pure; called once for each version of an object. */
export type Indexer<T> = (object: T) => readonly string[];

/** One index: value → key → object. */
export class StoreIndex<T> {
  readonly #indexer: Indexer<T>;
  readonly #byValue = new Map<string, Map<string, T>>();

  constructor(indexer: Indexer<T>) {
    this.#indexer = indexer;
  }

  get(value: string): readonly T[] {
    return [...(this.#byValue.get(value)?.values() ?? [])];
  }

  add(key: string, object: T): void {
    for (const value of this.#indexer(object)) {
      const found = this.#byValue.get(value);
      if (found === undefined) this.#byValue.set(value, new Map([[key, object]]));
      else found.set(key, object);
    }
  }

  delete(key: string, object: T): void {
    for (const value of this.#indexer(object)) {
      const found = this.#byValue.get(value);
      found?.delete(key);
      if (found?.size === 0) this.#byValue.delete(value);
    }
  }
}
