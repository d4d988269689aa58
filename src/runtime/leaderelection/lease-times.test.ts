import { describe, expect, test } from "@jest/globals";
import { deadlinesAfter, LEASE_TIMES, leaseTimes, MARGIN_MS, SHORTEST_LEASE_MS } from "./lease-times.ts";

test("of a Lease of 15 s", () => {
  expect(LEASE_TIMES).toEqual({ durationMs: 15_000, renewMs: 2_000, renewDeadlineMs: 10_000, stopGraceMs: 2_500, killGraceMs: 2_000 });
});

describe.each([SHORTEST_LEASE_MS, 15_000, 300_000])("of a Lease of %d ms", (durationMs) => {
  const times = leaseTimes(durationMs);

  test("when it is not renewed, helm is told to end, then killed, and all writes have stopped before another may take it", () => {
    const { lostAt, terminateAt, killAt, silentAt, expiresAt } = deadlinesAfter(0, times);
    expect([lostAt, terminateAt, killAt].toSorted((a, b) => a - b)).toEqual([lostAt, terminateAt, killAt]);
    expect(killAt).toBeLessThanOrEqual(expiresAt - MARGIN_MS);
    expect(silentAt).toBeLessThanOrEqual(expiresAt - MARGIN_MS);
    expect(expiresAt).toBe(durationMs);
  });

  test("several renewals may fail before it is lost", () => {
    expect(times.renewDeadlineMs).toBeGreaterThanOrEqual(4 * times.renewMs);
  });

  test("SIGTERM comes early enough for helm to mark its release failed, and a helm that works has time to finish", () => {
    expect(times.killGraceMs).toBeGreaterThanOrEqual(1_000);
    expect(times.stopGraceMs).toBeGreaterThanOrEqual(1_000);
  });
});
