import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ApiError } from "../api.ts";
import { FakeListWatcher } from "../testing/fake-list-watcher.ts";
import { Informer, informerBackoffMs } from "./informer.ts";
import type { KubeObject } from "../object.ts";
import { Store } from "./store.ts";

const thing = (name: string): KubeObject => ({ apiVersion: "v1", kind: "Thing", metadata: { name, uid: `uid-${name}`, resourceVersion: "1" } });
const unavailable = new ApiError("try later", { status: 503, reason: "ServiceUnavailable", retryAfterMs: 5000 });
const reset = new ApiError("connection reset", { status: 0, reason: "Unreachable" });

/** Changes as `added a`, with a promise for "that many have happened". */
class Changes {
  readonly seen: string[] = [];
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  take(change: string): void {
    this.seen.push(change);
    for (const waiter of this.#waiters) if (waiter.count <= this.seen.length) waiter.resolve();
  }

  reach(count: number): Promise<void> {
    if (this.seen.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }
}

let api: FakeListWatcher<KubeObject>;
let clock: ManualClock;
let changes: Changes;
let informer: Informer<KubeObject>;
let stop: AbortController;
/** Watches opened after the first. */
let restarts: number;
let running: Promise<void> | undefined;

const start = (): void => {
  running = informer.run(stop.signal);
};
const synced = (): Promise<void> => informer.synced(stop.signal);

beforeEach(() => {
  api = new FakeListWatcher();
  clock = new ManualClock();
  changes = new Changes();
  stop = new AbortController();
  const store = new Store<KubeObject>({ indexers: {} });
  restarts = 0;
  const onRestart = (): void => void (restarts += 1);
  informer = new Informer({ listWatcher: api, store, clock, log: silentLogger, name: "things", random: () => 1, stalledAfterMs: 60_000, onRestart });
  informer.onChange(({ type, object }) => changes.take(`${type} ${object.metadata.name}`));
});

afterEach(async () => {
  stop.abort();
  await running;
  expect(clock.sleepers).toBe(0);
});

test("it lists page after page, is synced after the last, and watches from the list's version", async () => {
  for (const name of ["a", "b", "c", "d", "e"]) api.set(thing(name));
  api.pageSize = 2;
  await clock.advance(7);
  expect([informer.hasSynced, informer.listedAt]).toEqual([false, undefined]);
  start();
  await synced();
  await api.waitForCalls(4);
  expect(api.calls).toEqual(["list", "list continue=2", "list continue=4", "watch 105"]);
  expect([informer.hasSynced, informer.listedAt, informer.store.size]).toEqual([true, 7, 5]);
});

test("events of the watch reach the listeners, and what the store knows already does not", async () => {
  start();
  await synced();
  const a = api.set(thing("a"));
  await changes.reach(1);
  expect(informer.store.upsert(a)).toBe(false);
  const newer = { ...a, metadata: { ...a.metadata, resourceVersion: "102" } };
  expect(informer.store.upsert(newer)).toBe(true);
  api.set(thing("a"));
  api.set(thing("a"));
  await changes.reach(3);
  api.delete(thing("a"));
  await changes.reach(4);
  expect(informer.store.upsert(newer)).toBe(false);
  expect(changes.seen).toEqual(["added a", "updated a", "updated a", "deleted a"]);
});

test("after a clean close it goes on from the last event or bookmark, without a list", async () => {
  start();
  await synced();
  api.set(thing("a"));
  await changes.reach(1);
  api.bookmark();
  api.closeWatches();
  await api.waitForCalls(3);
  api.set(thing("b"));
  await changes.reach(2);
  expect(api.calls).toEqual(["list", "watch 100", "watch 102"]);
});

test("a bookmark alone moves the place from which the watch resumes", async () => {
  start();
  await api.waitForCalls(2);
  api.bookmark();
  await clock.advance(0);
  api.compact();
  api.bookmark();
  await clock.advance(0);
  api.closeWatches();
  await api.waitForCalls(3);
  expect(api.calls).toEqual(["list", "watch 100", "watch 103"]);
});

test("410 is answered by a list at once, and what is gone by then is reported as deleted", async () => {
  api.set(thing("a"));
  api.set(thing("b"));
  start();
  await api.waitForCalls(2);
  api.failNext(reset);
  api.closeWatches(reset);
  await clock.advance(0);
  api.delete(thing("a"));
  api.set(thing("c"));
  api.compact();
  await clock.advance(1200);
  await changes.reach(4);
  expect(changes.seen).toEqual(["added a", "added b", "deleted a", "added c"]);
  expect(api.calls).toEqual(["list", "watch 102", "watch 102", "watch 102", "list", "watch 105"]);
  expect(restarts).toBe(3);
});

test("410 after 410 without an event between them waits", async () => {
  const expired = new ApiError("too old", { status: 410, reason: "Expired" });
  start();
  await api.waitForCalls(2);
  api.failNext(new ApiError("x", { status: 410, reason: "Expired" }), expired, expired);
  api.closeWatches(expired);
  await api.waitForCalls(3);
  await clock.advance(0);
  expect(api.calls).toEqual(["list", "watch 100", "list"]);
  expect(informer.lastError).toBe("x");
});

test("503 waits as long as Retry-After says, and the error is to be seen until the list succeeds", async () => {
  api.failNext(unavailable);
  start();
  await clock.waitForSleepers(1);
  expect(informer.lastError).toBe("try later");
  await clock.advance(4999);
  expect(api.calls).toEqual(["list"]);
  await clock.advance(1);
  await synced();
  expect([informer.lastError, informer.listedAt]).toEqual([undefined, 5000]);
});

test("failures in a row wait longer each time, and an event makes the next wait short again", async () => {
  api.failNext(reset, reset, reset);
  start();
  for (const ms of [400, 800, 1600]) {
    await clock.waitForSleepers(1);
    await clock.advance(ms - 1);
    const calls = api.calls.length;
    await clock.advance(1);
    await api.waitForCalls(calls + 1);
  }
  await synced();
  api.set(thing("a"));
  await changes.reach(1);
  const calls = api.calls.length;
  api.closeWatches(reset);
  await clock.advance(399);
  expect(api.calls).toHaveLength(calls);
  await clock.advance(1);
  expect(api.calls).toHaveLength(calls + 1);
});

test("a watch that is open again clears the error, without an event", async () => {
  start();
  await api.waitForCalls(2);
  api.closeWatches(reset);
  await clock.advance(0);
  expect(informer.lastError).toBe("connection reset");
  await clock.advance(400);
  expect([api.calls.length, informer.lastError]).toEqual([3, undefined]);
});

test("a server that closes watches at once is not called in a busy loop", async () => {
  start();
  await api.waitForCalls(2);
  api.closeWatches();
  await clock.advance(399);
  expect(api.calls).toHaveLength(2);
  expect(informer.lastError).toBe("the API server closed the watch at once");
  await clock.advance(1);
  expect(api.calls).toEqual(["list", "watch 100", "watch 100"]);
});

test("a silent watch is opened anew where it stood; an event puts that off", async () => {
  start();
  await api.waitForCalls(2);
  await clock.advance(59_000);
  api.bookmark();
  await clock.advance(59_000);
  expect(api.calls).toHaveLength(2);
  await clock.advance(1000);
  expect(api.calls).toEqual(["list", "watch 100", "watch 101"]);
  expect(informer.lastError).toBeUndefined();
});

test("a listener that throws does not stop it", async () => {
  informer.onChange(() => {
    throw new Error("broken");
  });
  start();
  await synced();
  api.set(thing("a"));
  api.set(thing("b"));
  await changes.reach(2);
  expect(changes.seen).toEqual(["added a", "added b"]);
});

test("a caller that waits for the first list stops waiting when its own signal aborts", async () => {
  api.failNext(unavailable);
  start();
  const impatient = new AbortController();
  const waiting = informer.synced(impatient.signal);
  impatient.abort(new Error("no time"));
  await expect(waiting).rejects.toThrow("no time");
});

test("what is not served is asked for every few seconds, however long it is away: its definition may come back", async () => {
  api.failNext(...Array.from({ length: 7 }, () => new ApiError("not served", { status: 404, reason: "NotFound" })));
  start();
  for (const ms of [400, 800, 1600, 3200, 4000, 4000, 4000]) {
    await clock.waitForSleepers(1);
    const calls = api.calls.length;
    await clock.advance(ms);
    await api.waitForCalls(calls + 1);
  }
  await synced();
});

test("the back-off is 200 ms to 30 s with the upper half by chance", () => {
  expect([1, 2, 3, 8, 99].map((n) => [informerBackoffMs(n, 0), informerBackoffMs(n, 1)])).toEqual([
    [200, 400],
    [400, 800],
    [800, 1600],
    [15_000, 30_000],
    [15_000, 30_000],
  ]);
});
