import PQueue from "p-queue";

/** A bounded number of places: at most `size` tasks run, the others wait in order. */
export class Semaphore {
  readonly #queue: PQueue;

  constructor(size: number) {
    this.#queue = new PQueue({ concurrency: size });
  }

  /**
   * Runs `task` when a place is free. An abort before that rejects at once with its reason and `task` never runs; an abort later is the
   * task's own affair, and its place is kept until it has ended (p-queue's own signal would give the place away at once).
   */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    void this.#queue.add(async () => {
      signal.removeEventListener("abort", leave);
      if (!signal.aborted) await task().then(resolve, reject);
    });
    return promise;
  }
}
