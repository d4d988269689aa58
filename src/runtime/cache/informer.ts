import { abortable } from "../../base/time/abortable.ts";
import type { Clock } from "../../base/time/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { ApiError, isApiError, type ListWatcher, type WatchEvent } from "../api.ts";
import { isTrouble } from "../error-class.ts";
import { compareResourceVersions, type KubeObject } from "../object.ts";
import type { ChangeListener, Store } from "./store.ts";

/** A watch that ends sooner without an event is a failure, or a server that closes at once would be called in a busy loop. */
const SHORT_WATCH_MS = 1000;

export interface InformerDeps<T extends KubeObject> {
  readonly listWatcher: ListWatcher<T>;
  readonly store: Store<T>;
  readonly clock: Clock;
  readonly log: Logger;
  /** The only namespace that the list-watcher lists; several informers then share a store. */
  readonly namespace?: string | undefined;
  /** Of what is watched, for logs and health: `armadacharts`. */
  readonly name: string;
  /** In [0, 1); default `Math.random`. */
  readonly random?: () => number;
  /** How long a watch may be silent before it is opened anew; default 3 min (an API server sends a bookmark about every minute). */
  readonly stalledAfterMs?: number;
  /** A watch is opened that is not the first. */
  readonly onRestart?: () => void;
}

/** 200 ms … 30 s, doubling, the upper half of each step being chance. `failures` counts from 1. */
export const informerBackoffMs = (failures: number, random: number): number =>
  Math.min(30_000, 400 * 2 ** Math.min(failures - 1, 10)) * (0.5 + random / 2);

/** What is not served may be installed at any moment, and nothing tells of it. */
const NOT_SERVED_MAX_MS = 4_000;

/** No right, no such resource, no list: not what waiting cures. */
const isRefusal = (failure: unknown): boolean => isApiError(failure) && !isTrouble(failure) && failure.status !== 410;

/** Keeps a {@link Store} equal to what the API server holds, whatever happens to the connection. */
export class Informer<T extends KubeObject> {
  readonly name: string;
  /** The only one that is listed; undefined: all. */
  readonly namespace: string | undefined;
  readonly store: Store<T>;
  readonly #deps: InformerDeps<T>;
  readonly #random: () => number;
  readonly #stalledAfterMs: number;
  readonly #synced = Promise.withResolvers<void>();
  readonly #answered = Promise.withResolvers<void>();
  #hasSynced = false;
  #listedAt: number | undefined;
  #lastError: string | undefined;
  /** Where the watch goes on; undefined when a list is due. */
  #resourceVersion: string | undefined;
  /** The highest version the server has told, kept over a relist. */
  #seen = "0";
  #failures = 0;
  /** The last failure was a 410. */
  #expired = false;
  #progressAt = 0;
  #watchedBefore = false;

  constructor(deps: InformerDeps<T>) {
    this.#deps = { ...deps, log: deps.log.with({ informer: deps.name }) };
    this.name = deps.name;
    this.namespace = deps.namespace;
    this.store = deps.store;
    this.#random = deps.random ?? Math.random;
    this.#stalledAfterMs = deps.stalledAfterMs ?? 180_000;
  }

  /** The store holds one whole list. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** `clock.monotonic()` just before the first list that succeeded began: the store is at least that fresh. */
  get listedAt(): number | undefined {
    return this.#listedAt;
  }

  /** Why the store may be out of date; undefined while the watch is well. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Resolves when the first list is in the store. */
  synced(signal: AbortSignal): Promise<void> {
    return abortable(this.#synced.promise, signal);
  }

  /** Resolves when the first list is in the store, or was refused: then only a change at the server helps, and the informer goes on trying. */
  answered(signal: AbortSignal): Promise<void> {
    return abortable(this.#answered.promise, signal);
  }

  /** See {@link Store.onChange}: the listener hears of every effective change of the store, whatever its origin. */
  onChange(listener: ChangeListener<T>): () => void {
    return this.store.onChange(listener);
  }

  /** Lists and watches until the signal aborts, then resolves. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await (this.#resourceVersion === undefined ? this.#list(signal) : this.#watch(this.#resourceVersion, signal));
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { listWatcher, clock, log, namespace, store } = this.#deps;
    const startedAt = clock.monotonic();
    let page = await listWatcher.list({}, signal);
    const objects = [...page.items];
    while (page.continue !== undefined) {
      page = await listWatcher.list({ continue: page.continue }, signal);
      for (const object of page.items) objects.push(object);
    }
    signal.throwIfAborted();
    const historyLost = compareResourceVersions(page.resourceVersion, this.#seen) < 0;
    if (historyLost) log.warn("the API server's resource versions went back; accepting its list", { seen: this.#seen, listed: page.resourceVersion });
    store.replace(objects, { resourceVersion: page.resourceVersion, namespace, historyLost });
    this.#seen = page.resourceVersion;
    this.#resourceVersion = page.resourceVersion;
    this.#lastError = undefined;
    this.#listedAt ??= startedAt;
    this.#hasSynced = true;
    this.#synced.resolve();
    this.#answered.resolve();
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { listWatcher, clock } = this.#deps;
    const openedAt = clock.monotonic();
    this.#progressAt = openedAt;
    if (this.#watchedBefore) this.#deps.onRestart?.();
    this.#watchedBefore = true;
    const attempt = new AbortController();
    const stop = AbortSignal.any([signal, attempt.signal]);
    const watchdog = this.#abortWhenSilent(attempt, stop);
    try {
      for await (const event of listWatcher.watch({ resourceVersion }, stop)) this.#take(event);
    } catch (error) {
      if (signal.aborted || !attempt.signal.aborted) throw error;
      this.#deps.log.info("watch is stalled; restarting it", { silentMs: this.#stalledAfterMs });
      return;
    } finally {
      if (clock.monotonic() - openedAt >= SHORT_WATCH_MS) this.#forgetFailures();
      attempt.abort();
      await watchdog;
    }
    if (this.#resourceVersion !== resourceVersion || clock.monotonic() - openedAt >= SHORT_WATCH_MS) return;
    throw new ApiError(`the API server closed the watch at once`, { status: 0, reason: "Unreachable" });
  }

  /** A bookmark that tells nothing new says that the watch is open: it is well, but that is no progress yet. */
  #take(event: WatchEvent<T>): void {
    this.#progressAt = this.#deps.clock.monotonic();
    this.#lastError = undefined;
    if (event.type === "DELETED") this.store.remove(event.object);
    else if (event.type !== "BOOKMARK") this.store.upsert(event.object);
    const resourceVersion = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
    if (resourceVersion !== this.#resourceVersion) this.#forgetFailures();
    this.#resourceVersion = resourceVersion;
    this.#seen = resourceVersion;
  }

  /** One sleep for many events: it looks when the last one it knew of is old enough, and sleeps on when there was another since. */
  async #abortWhenSilent(attempt: AbortController, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    try {
      for (let left = this.#stalledAfterMs; left > 0; left = this.#progressAt + this.#stalledAfterMs - clock.monotonic())
        await clock.sleep(left, signal);
      attempt.abort();
    } catch {
      // The watch ended first.
    }
  }

  #forgetFailures(): void {
    this.#failures = 0;
    this.#expired = false;
  }

  /** A 410 is answered by a list at once; everything else, and a 410 upon a 410, waits. A 504 may mean a version from the future. */
  async #recover(failure: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    if (isApiError(failure, 410, 504)) this.#resourceVersion = undefined;
    const message = messageOf(failure);
    const delayMs = this.#delayMs(failure);
    log[message === this.#lastError ? "debug" : "warn"]("list or watch failed", { error: message, delayMs, failures: this.#failures });
    this.#lastError = message;
    if (isRefusal(failure)) this.#answered.resolve();
    if (delayMs === 0) return;
    await clock.sleep(delayMs, signal).catch(() => undefined);
  }

  #delayMs(failure: unknown): number {
    const failures = ++this.#failures;
    const expiredBefore = this.#expired;
    this.#expired = isApiError(failure, 410);
    if (this.#expired && !expiredBefore) return 0;
    const delayMs = Math.round(informerBackoffMs(failures, this.#random()));
    const backoffMs = isApiError(failure, 404) ? Math.min(delayMs, NOT_SERVED_MAX_MS) : delayMs;
    return isApiError(failure) ? Math.max(backoffMs, failure.retryAfterMs ?? 0) : backoffMs;
  }
}
