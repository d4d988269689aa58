/** Work that is done once at a time for a key, however many ask: who comes while it is done gets the same promise. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** The promise stands for shared work: a caller that loses interest stops waiting, it cannot cancel. What has ended, well or badly, is forgotten. */
  do(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key) ?? work().finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  /** Of what is being done. */
  keys(): IterableIterator<string> {
    return this.#running.keys();
  }
}
