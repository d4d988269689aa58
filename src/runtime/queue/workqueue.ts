import type { Clock } from "../../base/time/clock.ts";
import { FairOrder } from "../../base/work/fair-order.ts";
import { namespaceOfKey } from "../object.ts";
import { DelayList } from "./delay-list.ts";

/** What {@link Workqueue.get} rejects with once the queue is shut down and empty. */
export class WorkqueueShutdown extends Error {
  override readonly name = "WorkqueueShutdown";
}

/**
 * A queue of keys with the contract of client-go's workqueue: a key waits at most once, is handed out to one taker at a time,
 * and one that is added while it is handed out is queued again when it is done. Namespaces come in turn, and of one the keys first in, first out;
 * the last quarter of the takers is for namespaces of which no key is handed out.
 */
export class Workqueue {
  readonly #clock: Clock;
  readonly #takers: number;
  /** Keys to hand out. */
  readonly #queue = new FairOrder<string>();
  /** Keys to be handed out: queued, or to be queued once they are done. */
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  /** How many of them are of a namespace; none is 0. */
  readonly #handedOut = new Map<string, number>();
  readonly #waiters = new Set<PromiseWithResolvers<string>>();
  readonly #delayed = new DelayList();
  #timer: { readonly due: number; readonly abort: AbortController } | undefined;
  #shutdown = false;

  /** `takers`: how many take keys. Default: nobody counts them. */
  constructor({ clock, takers = Infinity }: { readonly clock: Clock; readonly takers?: number }) {
    this.#clock = clock;
    this.#takers = takers;
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
    const key = this.#take();
    if (key !== undefined) return key;
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
    if (this.#processing.delete(key)) this.#count(key, -1);
    if (this.#dirty.has(key)) this.#queue.add(namespaceOfKey(key), key);
    this.#handOut();
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
    this.#queue.add(namespaceOfKey(key), key);
    this.#handOut();
  }

  #handOut(): void {
    for (const waiter of this.#waiters) {
      const key = this.#take();
      if (key === undefined) return;
      this.#waiters.delete(waiter);
      waiter.resolve(key);
    }
  }

  #take(): string | undefined {
    const isScarce = !this.#shutdown && this.#processing.size >= Math.ceil(this.#takers * 0.75);
    const key = this.#queue.take((namespace) => !isScarce || !this.#handedOut.has(namespace));
    if (key === undefined) return undefined;
    this.#dirty.delete(key);
    this.#processing.add(key);
    this.#count(key, 1);
    return key;
  }

  #count(key: string, more: number): void {
    const namespace = namespaceOfKey(key);
    const count = (this.#handedOut.get(namespace) ?? 0) + more;
    if (count === 0) this.#handedOut.delete(namespace);
    else this.#handedOut.set(namespace, count);
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
