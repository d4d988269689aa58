import { expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ApiError } from "../api.ts";
import { Controller, type Requeue } from "./controller.ts";
import { MetricsRegistry, runtimeMetrics } from "../metrics.ts";

type Pass = (key: string, signal: AbortSignal) => Promise<Requeue>;

/** A controller that notes `key@time` at the start of each pass; `passes` says what the passes do, the last one again and again. */
const start = (passes: readonly Pass[], workers = 1) => {
  const clock = new ManualClock();
  const registry = new MetricsRegistry("test");
  const metrics = runtimeMetrics(registry);
  const started: string[] = [];
  const stop = new AbortController();
  const controller = new Controller({
    name: "Kind",
    workers,
    clock,
    log: silentLogger,
    metrics,
    random: () => 1,
    reconcile: (key, signal) => {
      started.push(`${key}@${clock.monotonic()}`);
      const pass = passes[Math.min(started.length, passes.length) - 1];
      if (pass === undefined) throw new Error("no pass");
      return pass(key, signal);
    },
  });
  const running = controller.run(stop.signal);
  const results = async () =>
    [...(await registry.expose()).matchAll(/^test_reconcile_total\{kind="Kind",result="(\w+)"\} (\d+)$/gm)].map(
      ([, result, count]) => `${result} ${count}`,
    );
  return { clock, controller, running, started, stop, results };
};

const ok: Pass = async () => ({});
const fails: Pass = async () => {
  throw new Error("broken\n  badly");
};
const failsWith =
  (status: number, retryAfterMs?: number): Pass =>
  async () => {
    throw new ApiError("no", { status, reason: "Any", retryAfterMs });
  };
const conflicts =
  (afterMs: number): Pass =>
  async () => ({ afterMs, conflict: true });
/** Like a wait on the API: ends with the signal. */
const waits: Pass = (_key, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

test.each<[string, readonly Pass[], string, string]>([
  ["a pass that asks for nothing is not repeated", [ok], "a@0", "success 1"],
  ["a pass that asks to be called again is", [async () => ({ afterMs: 70 }), ok], "a@0 a@70", "requeue 1 success 1"],
  ["0 means at once", [async () => ({ afterMs: 0 }), ok], "a@0 a@0", "requeue 1 success 1"],
  ["failures back off, doubling", [fails, fails, fails, ok], "a@0 a@1000 a@3000 a@7000", "error 3 success 1"],
  ["success resets the back-off", [fails, async () => ({ afterMs: 1 }), fails, ok], "a@0 a@1000 a@1001 a@2001", "error 2 requeue 1 success 1"],
  [
    "a conflict is counted as one, comes back when it says so, and ends a row of failures",
    [fails, conflicts(70), conflicts(140), fails, ok],
    "a@0 a@1000 a@1070 a@1210 a@2210",
    "error 2 conflict 2 success 1",
  ],
  ["the server's Retry-After is kept", [failsWith(429, 5_000), ok], "a@0 a@5000", "error 1 success 1"],
])("%s", async (_title, passes, expected, results) => {
  const { clock, controller, started, results: counted } = start(passes);
  controller.enqueue("a");
  await clock.advance(20_000);
  expect(started.join(" ")).toBe(expected);
  expect((await counted()).join(" ")).toBe(results);
});

test("back-off ends at one minute", async () => {
  const { clock, controller, started } = start([fails]);
  controller.enqueue("a");
  await clock.advance(600_000);
  const times = started.map((at) => Number(at.split("@")[1]));
  expect(times.slice(-3).map((at, index) => at - (times.at(index - 4) ?? 0))).toEqual([60_000, 60_000, 60_000]);
});

test("interrupt aborts the pass over that key only, and it begins anew at once without counting as a failure", async () => {
  const { clock, controller, started, results } = start([waits, waits, ok], 2);
  controller.enqueue("a");
  controller.enqueue("b");
  await clock.advance(5);
  controller.interrupt("a", new Error("newer generation"));
  await clock.advance(0);
  expect(started).toEqual(["a@0", "b@0", "a@5"]);
  expect(await results()).toEqual(expect.arrayContaining(["interrupted 1", "success 1"]));
});

test("interrupt of a key nobody works on does nothing", async () => {
  const { clock, controller, started } = start([ok]);
  controller.interrupt("a", new Error("newer generation"));
  controller.enqueue("a");
  await clock.advance(0);
  expect(started).toEqual(["a@0"]);
});

test("a key is with one worker at a time, other keys go on", async () => {
  const { clock, controller, started } = start([waits, ok], 3);
  controller.enqueue("a");
  await clock.advance(1);
  controller.enqueue("a");
  controller.enqueue("b");
  await clock.advance(1);
  expect(started).toEqual(["a@0", "b@1"]);
});

/** Takes so long, whatever its signal says. */
const takes =
  (clock: () => ManualClock, ms: number): Pass =>
  async () => {
    await clock().sleep(ms, new AbortController().signal);
    return {};
  };

test.each<[string, string, readonly number[], number, number]>([
  ["nothing is under way", "", [], 900, 0],
  ["all have ended", "ab", [10, 20], 900, 0],
  ["the only one is under way", "a", [10_000], 900, 900],
  ["it began after a long idle time", "_a", [10_000], 900, 900],
  ["another has ended since", "ab", [10_000, 300], 900, 600],
  ["one was begun later", "a_b", [10_000, 10_000], 900, 1_900],
])("silence is 0, or counts from the start or the last end: %s", async (_title, keys, durations, afterMs, expected) => {
  const { clock, controller } = start(
    durations.map((ms) => takes(() => clock, ms)),
    3,
  );
  for (const key of keys) {
    if (key === "_") await clock.advance(1_000);
    else controller.enqueue(key);
  }
  await clock.advance(afterMs);
  expect(controller.silentMs()).toBe(expected);
});

test("run ends with its signal: passes are aborted with its reason and waited for, nothing new begins", async () => {
  const order: string[] = [];
  const finish = Promise.withResolvers<void>();
  const { clock, controller, running, started, stop, results } = start([
    async (_key, signal) => {
      await waits("", signal).catch((error: unknown) => order.push(String(error)));
      await finish.promise;
      order.push("pass ended");
      return {};
    },
  ]);
  controller.enqueue("a");
  await clock.advance(0);
  controller.enqueue("b");
  const ended = running.then(() => order.push("run ended"));
  stop.abort(new Error("stopping"));
  await clock.advance(10);
  expect(order).toEqual(["Error: stopping"]);
  finish.resolve();
  await ended;
  expect(order).toEqual(["Error: stopping", "pass ended", "run ended"]);
  expect(started).toEqual(["a@0"]);
  expect(await results()).toEqual(["success 1"]);
});
