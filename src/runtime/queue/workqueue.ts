import type { Clock } from "../../base/time/clock.ts";
import { DelayList } from "./delay-list.ts";

/** What {@link Workqueue.get} rejects with once the queue is shut down and empty. */
export class WorkqueueShutdown extends Error {
  override readonly name = "WorkqueueShutdown";
}

/**
 * A queue of keys with the contract of client-go's workqueue: a key waits at most once, is handed out to one taker at a time,
 * and one that is added while it is handed out is queued again when it is done. First in, first out.
 */
export class Workqueue {
  readonly #clock: Clock;
  /** Keys to hand out. */
  readonly #queue = new Set<string>();
  /** Keys to be handed out: queued, or to be queued once they are done. */
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #waiters = new Set<PromiseWithResolvers<string>>();
  readonly #delayed = new DelayList();
  #timer: { readonly due: number; readonly abort: AbortController } | undefined;
  #shutdown = false;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  /** Keys ready to be handed out. */
  get length(): number {
    return this.#queue.size;
  }

  add(key: string): void {
    if (this.#shutdown || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (!this.#processing.has(key)) this.#enqueue(key);
  }

  /** Adds after `ms`; at once when that is 0 or less. Of several delayed adds of a key the earliest counts; plain adds leave it standing. */
  addAfter(key: string, ms: number): void {
    if (this.#shutdown) return;
    if (!(ms > 0)) return this.add(key);
    this.#delayed.add(key, this.#clock.monotonic() + ms);
    this.#arm();
  }

  /** The next key, for the caller alone until {@link Workqueue.done}. Rejects with the signal's reason, or {@link WorkqueueShutdown}. */
  async get(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const [key] = this.#queue;
    if (key !== undefined) return this.#take(key);
    if (this.#shutdown) throw new WorkqueueShutdown("the queue is shut down");
    const waiter = Promise.withResolvers<string>();
    const abort = (): void => {
      this.#waiters.delete(waiter);
      waiter.reject(signal.reason);
    };
    this.#waiters.add(waiter);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await waiter.promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The taker has finished with the key. */
  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.has(key) && !this.#queue.has(key)) this.#enqueue(key);
  }

  /** Takes no more keys and forgets delayed ones; what is ready is still handed out. */
  shutdown(): void {
    this.#shutdown = true;
    this.#delayed.clear();
    this.#timer?.abort.abort();
    for (const waiter of this.#waiters) waiter.reject(new WorkqueueShutdown("the queue is shut down"));
    this.#waiters.clear();
  }

  #enqueue(key: string): void {
    this.#queue.add(key);
    const [waiter] = this.#waiters;
    if (waiter === undefined) return;
    this.#waiters.delete(waiter);
    waiter.resolve(this.#take(key));
  }

  #take(key: string): string {
    this.#queue.delete(key);
    this.#dirty.delete(key);
    this.#processing.add(key);
    return key;
  }

  /** Keeps one timer, for the key that falls due first. */
  #arm(): void {
    const due = this.#delayed.next;
    if (due === undefined || (this.#timer !== undefined && this.#timer.due <= due)) return;
    this.#timer?.abort.abort();
    const timer = { due, abort: new AbortController() };
    this.#timer = timer;
    const wait = Math.max(0, due - this.#clock.monotonic());
    this.#clock.sleep(wait, timer.abort.signal).then(
      () => this.#fire(timer),
      () => undefined,
    );
  }

  #fire(timer: unknown): void {
    if (this.#timer !== timer) return;
    this.#timer = undefined;
    for (const key of this.#delayed.take(this.#clock.monotonic())) this.add(key);
    this.#arm();
  }
}
