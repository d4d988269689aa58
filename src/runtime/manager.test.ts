import { expect, test } from "@jest/globals";
import { silentLogger } from "../base/log.ts";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { Manager, type Runnable, StillAtWork } from "./manager.ts";

const ended = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

const start = (...groups: readonly (readonly Runnable[])[]) => {
  const clock = new ManualClock();
  const errors: string[] = [];
  const log = { ...silentLogger, error: (message: string, facts?: object) => void errors.push(`${message} ${JSON.stringify(facts)}`) };
  const manager = new Manager({ clock, log });
  for (const group of groups) manager.add(...group);
  const stop = new AbortController();
  const running = manager.run(stop.signal);
  return { clock, errors, stop, running };
};

/** Runnables that write down what happens to them. */
const recorder = () => {
  const happened: string[] = [];
  const runnable = (name: string, more: Partial<Runnable> = {}): Runnable => ({
    name,
    run: async (signal) => {
      happened.push(`+${name}`);
      await ended(signal);
      happened.push(`-${name}`);
    },
    ...more,
  });
  return { happened, runnable };
};

test("runnables start in order and stop in reverse, those of one group together", async () => {
  const { happened, runnable } = recorder();
  const { clock, stop, running } = start([runnable("a")], [runnable("b1"), runnable("b2")], [runnable("c")]);
  await clock.advance(0);
  expect(happened.join(" ")).toBe("+a +b1 +b2 +c");
  stop.abort();
  await running;
  expect(happened.join(" ")).toBe("+a +b1 +b2 +c -c -b1 -b2 -a");
});

test("what comes later waits until what came before is ready", async () => {
  const { happened, runnable } = recorder();
  const ready = Promise.withResolvers<void>();
  const { clock, stop, running } = start([runnable("cache", { ready: () => ready.promise })], [runnable("controller")]);
  await clock.advance(0);
  expect(happened).toEqual(["+cache"]);
  ready.resolve();
  await clock.advance(0);
  expect(happened).toEqual(["+cache", "+controller"]);
  stop.abort();
  await running;
});

test("a stop while something is not ready yet starts nothing more", async () => {
  const { happened, runnable } = recorder();
  const { clock, stop, running } = start([runnable("cache", { ready: () => new Promise<void>(() => undefined) })], [runnable("controller")]);
  await clock.advance(0);
  stop.abort();
  await running;
  expect(happened).toEqual(["+cache", "-cache"]);
});

test.each<[string, Partial<Runnable>]>([
  ["run", { run: () => Promise.reject(new Error("broken")) }],
  ["ready", { ready: () => Promise.reject(new Error("broken")) }],
])("the first failure (of %s) stops the others and is thrown", async (_title, more) => {
  const { happened, runnable } = recorder();
  const { running } = start([runnable("a")], [runnable("b", more)]);
  await expect(running).rejects.toThrow("broken");
  expect(happened).toEqual(expect.arrayContaining(["+a", "-a"]));
});

test("one that ends early is no failure", async () => {
  const { happened, runnable } = recorder();
  const { clock, stop, running } = start([runnable("once", { run: () => Promise.resolve() })], [runnable("a")]);
  await clock.advance(0);
  expect(happened).toEqual(["+a"]);
  stop.abort();
  await running;
});

test("one with a bound of its own has that much time", async () => {
  const { runnable } = recorder();
  const { clock, errors, stop, running } = start([runnable("deaf", { run: () => new Promise<void>(() => undefined), stopMs: 20_000 })]);
  const thrown = expect(running).rejects.toThrow(StillAtWork);
  await clock.advance(0);
  stop.abort();
  await clock.advance(20_000);
  await thrown;
  expect(errors).toEqual(['did not stop in time {"runnable":"deaf","afterMs":20000}']);
});

test("one that does not stop is named after its bound and thrown, and the rest still stops", async () => {
  const { happened, runnable } = recorder();
  const { clock, errors, stop, running } = start([runnable("a")], [runnable("deaf", { run: () => new Promise<void>(() => undefined) })]);
  const thrown = expect(running).rejects.toThrow(StillAtWork);
  await clock.advance(0);
  stop.abort();
  await clock.advance(9_999);
  expect(happened).toEqual(["+a"]);
  await clock.advance(1);
  await thrown;
  expect(happened).toEqual(["+a", "-a"]);
  expect(errors).toEqual(['did not stop in time {"runnable":"deaf","afterMs":10000}']);
  expect(clock.sleepers).toBe(0);
});

test("what fails while it stops does not hide why it was stopped", async () => {
  const { runnable } = recorder();
  const sore: Partial<Runnable> = {
    run: async (signal) => {
      await ended(signal);
      throw new Error("while stopping");
    },
  };
  const { clock, stop, running } = start([runnable("a", sore)]);
  await clock.advance(0);
  stop.abort();
  await expect(running).resolves.toBeUndefined();
});
