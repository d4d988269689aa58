import { ApiError, type ListPage, type ListWatcher, type WatchEvent } from "../api.ts";
import { compareResourceVersions, keyOf, type KubeObject } from "../object.ts";

interface OpenWatch<T extends KubeObject> {
  readonly events: WatchEvent<T>[];
  wake: () => void;
  end: Error | "clean" | undefined;
}

/**
 * For tests: one resource of an API server in memory, with its history, pages, bookmarks and faults.
 * `set` and `delete` are what others do to it; the rest makes it fail.
 */
export class FakeListWatcher<T extends KubeObject> implements ListWatcher<T> {
  /** `list`, `list continue=2`, `watch 17`, in order. */
  readonly calls: string[] = [];
  pageSize = 500;
  #version = 100;
  #compactedAt = 0;
  readonly #objects = new Map<string, T>();
  #history: WatchEvent<T>[] = [];
  readonly #watches = new Set<OpenWatch<T>>();
  readonly #failures: Error[] = [];
  readonly #callWaiters: { readonly calls: number; readonly resolve: () => void }[] = [];

  /** Creates or changes; the server gives the version. Returns what it stores. */
  set(object: T): T {
    const type = this.#objects.has(keyOf(object)) ? "MODIFIED" : "ADDED";
    const stored = this.#stamp(object);
    this.#objects.set(keyOf(object), stored);
    this.#publish({ type, object: stored });
    return stored;
  }

  delete(object: T): void {
    this.#objects.delete(keyOf(object));
    this.#publish({ type: "DELETED", object: this.#stamp(object) });
  }

  bookmark(): void {
    this.#publish({ type: "BOOKMARK", resourceVersion: String(++this.#version) });
  }

  /** Forgets history: a watch from before this moment answers 410. */
  compact(): void {
    this.#history = [];
    this.#compactedAt = ++this.#version;
  }

  /** The next calls fail, one error each. */
  failNext(...errors: readonly Error[]): void {
    this.#failures.push(...errors);
  }

  /** Ends the open watches: cleanly, or with an error. */
  closeWatches(end: Error | "clean" = "clean"): void {
    for (const watch of this.#watches) {
      watch.end = end;
      watch.wake();
    }
  }

  /** Resolves when that many calls were made in all. */
  waitForCalls(calls: number): Promise<void> {
    if (this.calls.length >= calls) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#callWaiters.push({ calls, resolve });
    return promise;
  }

  async list(options: { readonly continue?: string | undefined }, signal: AbortSignal): Promise<ListPage<T>> {
    this.#called(options.continue === undefined ? "list" : `list continue=${options.continue}`);
    await Promise.resolve();
    signal.throwIfAborted();
    const from = Number(options.continue ?? 0);
    const to = from + this.pageSize;
    const all = [...this.#objects.values()];
    return { items: all.slice(from, to), resourceVersion: String(this.#version), continue: to < all.length ? String(to) : undefined };
  }

  async *watch(options: { readonly resourceVersion: string }, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    this.#called(`watch ${options.resourceVersion}`);
    if (Number(options.resourceVersion) < this.#compactedAt) throw expired();
    const events = this.#history.filter((event) => compareResourceVersions(versionOf(event), options.resourceVersion) > 0);
    const opened: WatchEvent<T> = { type: "BOOKMARK", resourceVersion: options.resourceVersion };
    const watch: OpenWatch<T> = { events: [opened, ...events], wake: () => undefined, end: undefined };
    const abort = (): void => watch.wake();
    signal.addEventListener("abort", abort);
    this.#watches.add(watch);
    try {
      for (;;) {
        signal.throwIfAborted();
        const event = watch.events.shift();
        if (event !== undefined) yield event;
        else if (watch.end === "clean") return;
        else if (watch.end !== undefined) throw watch.end;
        else await new Promise<void>((resolve) => (watch.wake = resolve));
      }
    } finally {
      this.#watches.delete(watch);
      signal.removeEventListener("abort", abort);
    }
  }

  #stamp(object: T): T {
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
  }

  #publish(event: WatchEvent<T>): void {
    this.#history.push(event);
    for (const watch of this.#watches) {
      watch.events.push(event);
      watch.wake();
    }
  }

  #called(call: string): void {
    this.calls.push(call);
    for (const waiter of this.#callWaiters) if (waiter.calls <= this.calls.length) waiter.resolve();
    const failure = this.#failures.shift();
    if (failure !== undefined) throw failure;
  }
}

const versionOf = (event: WatchEvent<KubeObject>): string =>
  event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;

const expired = (): ApiError => new ApiError("too old resource version", { status: 410, reason: "Expired" });
