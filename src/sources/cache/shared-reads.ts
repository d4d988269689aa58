/**
 * Lets callers that want the same thing share the work, without handing anybody a result that is older than the call: who comes while a read runs
 * gets the next one, which starts when the first has ended. So any number of callers at once costs two reads.
 */
export class SharedReads<T> {
  readonly #flights = new Map<string, { readonly running: Promise<T>; next: Promise<T> | undefined }>();

  /** The promise stands for shared work: a caller that loses interest stops waiting, it cannot cancel. */
  read(key: string, work: () => Promise<T>): Promise<T> {
    const flight = this.#flights.get(key);
    if (flight === undefined) return this.#start(key, work);
    flight.next ??= flight.running.then(ignore, ignore).then(() => this.#start(key, work));
    return flight.next;
  }

  #start(key: string, work: () => Promise<T>): Promise<T> {
    const running = work().finally(() => {
      if (this.#flights.get(key)?.running === running) this.#flights.delete(key);
    });
    this.#flights.set(key, { running, next: undefined });
    return running;
  }
}

const ignore = (): void => undefined;
