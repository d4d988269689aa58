import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { Workqueue, WorkqueueShutdown } from "./workqueue.ts";

const never = new AbortController().signal;

const queueWith = (...keys: readonly string[]) => {
  const clock = new ManualClock();
  const queue = new Workqueue({ clock });
  for (const key of keys) queue.add(key);
  return { clock, queue };
};

/** All keys that are ready, in order, each taken and done. */
const drain = async (queue: Workqueue): Promise<string> => {
  const keys: string[] = [];
  while (queue.length > 0) {
    const key = await queue.get(never);
    keys.push(key);
    queue.done(key);
  }
  return keys.join(" ");
};

test("keys come out first in, first out, each once", async () => {
  const { queue } = queueWith("a", "b", "a", "c", "b");
  expect(queue.length).toBe(3);
  expect(await drain(queue)).toBe("a b c");
});

test("a key added while it is handed out comes again after done, not before, behind the others", async () => {
  const { queue } = queueWith("a");
  await queue.get(never);
  queue.add("a");
  queue.add("a");
  queue.add("b");
  expect(queue.length).toBe(1);
  queue.done("a");
  expect(await drain(queue)).toBe("b a");
});

test("done without a new add brings nothing back", async () => {
  const { queue } = queueWith("a");
  expect(await drain(queue)).toBe("a");
  expect(queue.length).toBe(0);
});

test("takers are served in the order they came", async () => {
  const { queue } = queueWith();
  const both = Promise.all([queue.get(never), queue.get(never)]);
  queue.add("a");
  queue.add("b");
  expect(await both).toEqual(["a", "b"]);
});

test("a taker that gives up loses no key", async () => {
  const { queue } = queueWith();
  const stop = new AbortController();
  const gone = queue.get(stop.signal);
  stop.abort(new Error("stopping"));
  await expect(gone).rejects.toThrow("stopping");
  queue.add("a");
  expect(await drain(queue)).toBe("a");
});

test.each([
  ["one delay", [["a", 100]], { 99: "", 100: "a", 1000: "" }],
  [
    "the earlier of two counts",
    [
      ["a", 100],
      ["a", 50],
    ],
    { 50: "a", 1000: "" },
  ],
  [
    "a later one is ignored",
    [
      ["a", 50],
      ["a", 100],
    ],
    { 50: "a", 1000: "" },
  ],
  [
    "each key has its own",
    [
      ["c", 30],
      ["a", 10],
      ["b", 20],
    ],
    { 10: "a", 20: "b", 30: "c" },
  ],
  [
    "of equal delay, the first in comes first",
    [
      ["b", 10],
      ["a", 10],
    ],
    { 10: "b a" },
  ],
  [
    "none is added at once",
    [
      ["a", 0],
      ["b", -5],
    ],
    { 0: "a b", 1000: "" },
  ],
  ["a delay longer than a timer holds", [["a", 3_000_000_000]], { 2_999_999_999: "", 3_000_000_000: "a" }],
] as const)("addAfter: %s", async (_title, adds, expected) => {
  const { clock, queue } = queueWith();
  for (const [key, ms] of adds) queue.addAfter(key, ms);
  for (const [at, keys] of Object.entries(expected)) {
    await clock.advance(Number(at) - clock.monotonic());
    expect([at, await drain(queue)]).toEqual([at, keys]);
  }
});

test("a delayed add stands beside a plain one, and one timer is enough for many", async () => {
  const { clock, queue } = queueWith();
  for (let ms = 100; ms > 0; ms -= 10) queue.addAfter(`k${ms}`, ms);
  queue.addAfter("a", 5);
  queue.add("a");
  expect(await drain(queue)).toBe("a");
  await clock.advance(0);
  expect(clock.sleepers).toBe(1);
  await clock.advance(5);
  expect(await drain(queue)).toBe("a");
});

test("namespaces come in turn: one key is not behind the thousand of another namespace", async () => {
  const { queue } = queueWith("a/1", "a/2", "a/3", "b/1", "c", "b/2");
  expect(await drain(queue)).toBe("a/1 b/1 c a/2 b/2 a/3");
});

test("the last quarter of the takers is for namespaces of which no key is handed out", async () => {
  const queue = new Workqueue({ clock: new ManualClock(), takers: 4 });
  for (const key of ["a/1", "a/2", "a/3", "a/4"]) queue.add(key);
  expect([await queue.get(never), await queue.get(never), await queue.get(never)]).toEqual(["a/1", "a/2", "a/3"]);
  const last = queue.get(never);
  queue.add("b/1");
  expect(await last).toBe("b/1");
  const next = queue.get(never);
  queue.add("b/2");
  queue.done("b/1");
  expect(await next).toBe("b/2");
  const more = queue.get(never);
  queue.done("a/1");
  queue.done("a/2");
  expect(await more).toBe("a/4");
});

test("shutdown ends waiting takers and timers, and what is ready is still handed out", async () => {
  const { clock, queue } = queueWith();
  const waiting = queue.get(never);
  queue.addAfter("later", 10);
  queue.shutdown();
  await expect(waiting).rejects.toBeInstanceOf(WorkqueueShutdown);
  await clock.advance(100);
  expect([clock.sleepers, queue.length]).toEqual([0, 0]);

  const other = queueWith("a").queue;
  other.shutdown();
  other.add("b");
  expect(await drain(other)).toBe("a");
  await expect(other.get(never)).rejects.toBeInstanceOf(WorkqueueShutdown);
});

const key = fc.constantFrom("a", "n/b", "n/c");
const operation = fc.oneof(
  fc.record({ do: fc.constant("add" as const), key }),
  fc.record({ do: fc.constant("addAfter" as const), key, ms: fc.integer({ min: -1, max: 50 }) }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.nat(30) }),
);

test("whatever the order of things, a key is never with two takers at once and no add is lost", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(operation, { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      async (scheduler, operations, workers) => {
        const clock = new ManualClock();
        const queue = new Workqueue({ clock, takers: workers });
        const stop = new AbortController();
        /** Keys added since they were last handed out, and when the first delayed add of each falls due. */
        const owed = new Set<string>();
        const firstDue = new Map<string, number>();
        const lastTaken = new Map<string, number>();
        const taken = new Set<string>();
        const work = async () => {
          while (!stop.signal.aborted) {
            const name = await queue.get(stop.signal).catch(() => undefined);
            if (name === undefined) return;
            expect(taken.has(name)).toBe(false);
            taken.add(name);
            owed.delete(name);
            lastTaken.set(name, clock.monotonic());
            await scheduler.schedule(Promise.resolve(), `work on ${name}`);
            taken.delete(name);
            queue.done(name);
          }
        };
        const running = Array.from({ length: workers }, work);
        const { task } = scheduler.scheduleSequence(
          operations.map((op) => async () => {
            if (op.do === "advance") return clock.advance(op.ms);
            owed.add(op.key);
            if (op.do === "add") return queue.add(op.key);
            firstDue.set(op.key, Math.min(firstDue.get(op.key) ?? Infinity, clock.monotonic() + op.ms));
            queue.addAfter(op.key, op.ms);
          }),
        );
        await scheduler.waitFor(task);
        await clock.advance(100);
        await scheduler.waitIdle();
        expect([...owed]).toEqual([]);
        for (const [name, due] of firstDue) expect(lastTaken.get(name)).toBeGreaterThanOrEqual(due);
        expect([queue.length, taken.size, clock.sleepers]).toEqual([0, 0, 0]);
        stop.abort();
        await Promise.all(running);
      },
    ),
  );
});
