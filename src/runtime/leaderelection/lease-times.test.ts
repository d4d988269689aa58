import { expect, test } from "@jest/globals";
import { deadlinesAfter, LEASE_TIMES, MARGIN_MS } from "./lease-times.ts";

test("when a Lease is not renewed, helm is told to end, then killed, and all writes have stopped before another may take it", () => {
  const { lostAt, terminateAt, killAt, silentAt, expiresAt } = deadlinesAfter(0, LEASE_TIMES);
  expect([lostAt, terminateAt, killAt].toSorted((a, b) => a - b)).toEqual([lostAt, terminateAt, killAt]);
  expect(killAt).toBeLessThanOrEqual(expiresAt - MARGIN_MS);
  expect(silentAt).toBeLessThanOrEqual(expiresAt - MARGIN_MS);
  expect(expiresAt).toBe(LEASE_TIMES.durationMs);
});

test("several renewals may fail before the Lease is lost", () => {
  expect(LEASE_TIMES.renewDeadlineMs).toBeGreaterThanOrEqual(4 * LEASE_TIMES.renewMs);
});

test("SIGTERM comes early enough for helm to mark its release failed, and a helm that works has time to finish", () => {
  expect(LEASE_TIMES.killGraceMs).toBeGreaterThanOrEqual(1_000);
  expect(LEASE_TIMES.stopGraceMs).toBeGreaterThanOrEqual(1_000);
});
