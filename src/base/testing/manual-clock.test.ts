import { expect, test } from "@jest/globals";
import { ManualClock } from "./manual-clock.ts";

const never = new AbortController().signal;

test("time stands still until it is advanced", async () => {
  const clock = new ManualClock(1000);
  expect([clock.now(), clock.monotonic()]).toEqual([1000, 0]);
  await clock.advance(250);
  expect([clock.now(), clock.monotonic()]).toEqual([1250, 250]);
});

test("sleeps end in the order they fall due, each at its own time", async () => {
  const clock = new ManualClock();
  const woken: string[] = [];
  const sleep = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms, never);
    woken.push(`${name}@${clock.monotonic()}`);
  };
  const all = [sleep("c", 30), sleep("a", 10), sleep("b", 10), sleep("late", 100)];
  expect(clock.sleepers).toBe(4);
  await clock.advance(40);
  expect(woken).toEqual(["a@10", "b@10", "c@30"]);
  expect(clock.sleepers).toBe(1);
  await clock.advance(60);
  await Promise.all(all);
});

test("a sleep begun while time moves ends in the same advance when it falls due", async () => {
  const clock = new ManualClock();
  let rounds = 0;
  const loop = (async () => {
    for (; rounds < 5; rounds++) await clock.sleep(10, never);
  })();
  await clock.advance(35);
  expect([rounds, clock.monotonic()]).toEqual([3, 35]);
  await clock.advance(15);
  await loop;
});

test("an aborted sleep rejects with the signal's reason and is no longer counted", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const sleeping = clock.sleep(10, stop.signal);
  stop.abort(new Error("stopped"));
  await expect(sleeping).rejects.toThrow("stopped");
  expect(clock.sleepers).toBe(0);
  await expect(clock.sleep(10, stop.signal)).rejects.toThrow("stopped");
});

test("waitForSleepers resolves as soon as that many sleep", async () => {
  const clock = new ManualClock();
  const waiting = clock.waitForSleepers(2);
  const sleeps = [clock.sleep(1, never), clock.sleep(1, never), clock.sleep(0, never)];
  await waiting;
  await clock.waitForSleepers(1);
  await clock.advance(1);
  await Promise.all(sleeps);
});
