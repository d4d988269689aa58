import { setImmediate } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { ManualClock } from "../testing/manual-clock.ts";
import { FairPlaces } from "./fair-places.ts";

const live = new AbortController().signal;
const REST_MS = 15_000;

/** Tasks by name, of the account that their first letter names; those in capitals are urgent. They end when told to. */
const placesFor = (size: number) => {
  const clock = new ManualClock();
  const places = new FairPlaces({ size, restAfterMs: REST_MS, clock });
  const running = new Map<string, () => void>();
  const waits: string[] = [];
  const ask = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const claim = { account: name.slice(0, 1).toLowerCase(), urgent: name.startsWith(name.slice(0, 1).toUpperCase()) };
      const task = (): Promise<void> => new Promise<void>((resolve) => running.set(name, resolve)).then(() => void running.delete(name));
      void places.run(task, { ...claim, onWait: (before) => waits.push(`${name} after ${before}`) }, live);
    }
    await setImmediate();
  };
  const end = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) running.get(name)?.();
    await setImmediate();
  };
  const rest = async (): Promise<void> => {
    await clock.advance(REST_MS);
    await setImmediate();
  };
  return { ask, end, rest, waits, places, running: () => [...running.keys()].join(" ") };
};

test("one account takes every place; another finds one at once, and no second one", async () => {
  const { ask, running } = placesFor(3);
  await ask("a1", "a2", "a3", "a4", "b1", "b2");
  expect(running()).toBe("a1 a2 a3 b1");
});

test("a place that is free goes to the accounts that wait, in turn", async () => {
  const { ask, end, running } = placesFor(1);
  await ask("a1", "a2", "a3", "b1", "b2", "c1", "c2", "d1");
  expect(running()).toBe("a1 b1 c1");
  await end("a1");
  expect(running()).toBe("b1 c1 a2");
  await end("b1", "c1", "a2");
  expect(running()).toBe("b2 c2 d1");
});

test("what is urgent finds a place beyond the others, and goes first", async () => {
  const { ask, end, running } = placesFor(2);
  await ask("a1", "a2", "a3", "A4", "A5");
  expect(running()).toBe("a1 a2 A4");
  await end("a1", "A4");
  expect(running()).toBe("a2 A5");
  await end("A5");
  expect(running()).toBe("a2 a3");
});

test("tasks that take long leave their places to others, of one account half as many as there are places", async () => {
  const { ask, rest, running } = placesFor(4);
  await ask("a1", "a2", "a3", "a4", "a5", "a6", "a7");
  await rest();
  expect(running()).toBe("a1 a2 a3 a4 a5 a6");
  await ask("b1", "b2", "c1", "d1");
  expect(running()).toBe("a1 a2 a3 a4 a5 a6 b1 c1");
  await rest();
  expect(running()).toBe("a1 a2 a3 a4 a5 a6 b1 c1 d1");
});

test("a task that rests makes room for the next one to rest when it ends", async () => {
  const { ask, end, rest, running } = placesFor(2);
  await ask("a1", "a2", "a3", "a4");
  await rest();
  expect(running()).toBe("a1 a2 a3");
  await end("a1");
  expect(running()).toBe("a2 a3 a4");
});

test("who has to wait is told how many go before", async () => {
  const { ask, waits } = placesFor(1);
  await ask("a1", "a2", "a3", "b1", "b2", "c1", "d1", "A4");
  expect(waits).toEqual(["a2 after 0", "a3 after 1", "b2 after 1", "d1 after 2", "A4 after 0"]);
});

test("an abort while waiting rejects at once with its reason, and the task never runs", async () => {
  const { ask, end, places, running } = placesFor(1);
  await ask("a1");
  const abort = new AbortController();
  const waiting = places.run(() => Promise.reject(new Error("it ran")), { account: "a", urgent: false }, abort.signal);
  abort.abort(new Error("changed my mind"));
  await expect(waiting).rejects.toThrow("changed my mind");
  await ask("a2");
  await end("a1");
  expect(running()).toBe("a2");
});

test("a task that fails fails its caller and gives its place to the next", async () => {
  const { places } = placesFor(1);
  const claim = { account: "a", urgent: false };
  await expect(places.run(() => Promise.reject(new Error("no")), claim, live)).rejects.toThrow("no");
  await expect(places.run(() => Promise.resolve("next"), claim, live)).resolves.toBe("next");
});
