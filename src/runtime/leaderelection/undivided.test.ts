import { expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { LEASE_TIMES } from "./lease-times.ts";
import { UndividedLeadership } from "./undivided.ts";

const world = () => {
  const clock = new ManualClock();
  const happened: string[] = [];
  const stop = new AbortController();
  const state: { sharer: string | undefined; lose?: () => void } = { sharer: "Lease ops/x is held by another" };
  const acquire = () => {
    const lost = new AbortController();
    state.lose = () => lost.abort(new Error("lost"));
    happened.push("hold");
    const release = (): Promise<void> => Promise.resolve(void happened.push("release"));
    const plain = { epoch: "1-a", previousEpoch: "", assertHeld: () => undefined, abandon: () => Promise.resolve() };
    return Promise.resolve({ ...plain, signal: lost.signal, release });
  };
  const log = { ...silentLogger, warn: (message: string) => void happened.push(message) };
  const sharers = (signal: AbortSignal) => (signal.throwIfAborted(), Promise.resolve(state.sharer));
  const led = new UndividedLeadership({ leadership: { acquire }, sharers, clock, log, times: LEASE_TIMES }).acquire(stop.signal);
  led.then(
    () => happened.push("work"),
    (error: unknown) => happened.push(String(error)),
  );
  return { clock, happened, state, stop };
};
const waiting = "waiting: Lease ops/x is held by another";

test("holds the Lease, says once for whom it waits, and works when those who share are gone", async () => {
  const { clock, happened, state } = world();
  await clock.advance(60_000);
  expect(happened).toEqual(["hold", waiting]);
  state.sharer = undefined;
  await clock.advance(2_000);
  expect(happened).toEqual(["hold", waiting, "work"]);
});

test("a Lease that is lost meanwhile is waited for anew", async () => {
  const { clock, happened, state } = world();
  await clock.advance(4_000);
  state.lose?.();
  state.sharer = undefined;
  await clock.advance(2_000);
  expect(happened).toEqual(["hold", waiting, "hold", "work"]);
});

test("when it is told to stop it gives the Lease back", async () => {
  const { clock, happened, stop } = world();
  await clock.advance(4_000);
  stop.abort(new Error("stopped"));
  await clock.advance(0);
  expect(happened).toEqual(["hold", waiting, "release", "Error: stopped"]);
});
