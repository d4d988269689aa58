import { expect, test } from "@jest/globals";
import { withDeadline } from "./deadline.ts";
import { ManualClock } from "../testing/manual-clock.ts";

const never = new AbortController().signal;
const late = new Error("too late");
const deaf = () => new Promise<never>(() => undefined);

test("withDeadline gives what the work gives and leaves no timer", async () => {
  const clock = new ManualClock();
  expect(await withDeadline({ clock, ms: 10, reason: late }, async () => 7, never)).toBe(7);
  await clock.advance(0);
  expect(clock.sleepers).toBe(0);
});

test("withDeadline rejects in time, and tells the work, even when the work does not heed it", async () => {
  const clock = new ManualClock();
  let told: AbortSignal | undefined;
  const pending = withDeadline({ clock, ms: 10, reason: late }, (signal) => ((told = signal), deaf()), never);
  const rejected = expect(pending).rejects.toBe(late);
  await clock.advance(9);
  expect(told?.aborted).toBe(false);
  await clock.advance(1);
  await rejected;
  expect(told?.reason).toBe(late);
});

test("withDeadline rejects with the reason of the caller's signal", async () => {
  const stop = new AbortController();
  const pending = withDeadline({ clock: new ManualClock(), ms: 10, reason: late }, deaf, stop.signal);
  stop.abort(new Error("stopping"));
  await expect(pending).rejects.toThrow("stopping");
});
