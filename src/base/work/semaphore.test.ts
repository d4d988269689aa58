import { setImmediate } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { Semaphore } from "./semaphore.ts";

const live = new AbortController().signal;

/** A task that ends when it is told to. */
const task = () => {
  const end = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  let runs = 0;
  const run = (): Promise<string> => {
    runs++;
    begun.resolve();
    return end.promise;
  };
  return { run, begun: begun.promise, end, runs: () => runs };
};

test("at most as many tasks run as the semaphore admits, the others in order", async () => {
  const semaphore = new Semaphore(2);
  const tasks = [task(), task(), task()];
  const results = tasks.map(({ run }) => semaphore.run(run, live));
  await Promise.all([tasks[0]?.begun, tasks[1]?.begun]);
  expect(tasks.map(({ runs }) => runs())).toEqual([1, 1, 0]);
  tasks[1]?.end.resolve("second");
  await tasks[2]?.begun;
  for (const { end } of tasks) end.resolve("done");
  await expect(Promise.all(results)).resolves.toEqual(["done", "second", "done"]);
});

test("a task that fails fails its caller and gives its place to the next", async () => {
  const semaphore = new Semaphore(1);
  const failed = semaphore.run(() => Promise.reject(new Error("no")), live);
  await expect(failed).rejects.toThrow("no");
  await expect(semaphore.run(() => Promise.resolve("next"), live)).resolves.toBe("next");
});

test("an abort while waiting rejects at once with its reason and the task never runs", async () => {
  const semaphore = new Semaphore(1);
  const [first, second, third] = [task(), task(), task()];
  const running = semaphore.run(first.run, live);
  const abort = new AbortController();
  const waiting = semaphore.run(second.run, abort.signal);
  const behind = semaphore.run(third.run, live);
  abort.abort(new Error("changed my mind"));
  await expect(waiting).rejects.toThrow("changed my mind");
  await setImmediate();
  expect([first.runs(), third.runs()]).toEqual([1, 0]);
  for (const { end } of [first, third]) end.resolve("done");
  await expect(Promise.all([running, behind])).resolves.toEqual(["done", "done"]);
  expect(second.runs()).toBe(0);
});

test("an abort before anything rejects and runs nothing", async () => {
  const { run, runs } = task();
  await expect(new Semaphore(1).run(run, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
  expect(runs()).toBe(0);
});

test("an abort while the task runs keeps its place until the task has ended", async () => {
  const semaphore = new Semaphore(1);
  const [first, second] = [task(), task()];
  const abort = new AbortController();
  const running = semaphore.run(first.run, abort.signal);
  const waiting = semaphore.run(second.run, live);
  await first.begun;
  abort.abort();
  await setImmediate();
  expect(second.runs()).toBe(0);
  first.end.resolve("ended in its own time");
  second.end.resolve("done");
  await expect(Promise.all([running, waiting])).resolves.toEqual(["ended in its own time", "done"]);
});
