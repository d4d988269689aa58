export interface LeaseTimes {
  /** How long others wait after the last renewal. */
  readonly durationMs: number;
  /** From one renewal, or look at the Lease, to the next. */
  readonly renewMs: number;
  /** Without a renewal for so long the Lease is lost, and everything is told to stop. */
  readonly renewDeadlineMs: number;
  /** How much longer a helm that works is left to finish. */
  readonly stopGraceMs: number;
  /** From SIGTERM to SIGKILL of a helm. */
  readonly killGraceMs: number;
}

/** Kept between the end of the last effect and the end of the Lease: a busy machine is late. */
export const MARGIN_MS = 500;

/** Enough for helm to mark its release failed. */
const KILL_GRACE_MS = 2_000;

/** With less a helm that works would have no time to finish. */
export const SHORTEST_LEASE_MS = 8_000;

/** All that follows from the last renewal, one after the other, and over before another may begin: see {@link deadlinesAfter}. */
export const leaseTimes = (durationMs: number): LeaseTimes => {
  const usableMs = durationMs - KILL_GRACE_MS - MARGIN_MS;
  const renewDeadlineMs = usableMs * 0.8;
  return { durationMs, renewMs: renewDeadlineMs / 5, renewDeadlineMs, stopGraceMs: usableMs - renewDeadlineMs, killGraceMs: KILL_GRACE_MS };
};

/** Unless somebody sets another: renewed every 2 s, lost after 10 s, helm ended 2.5 s later. */
export const LEASE_TIMES = leaseTimes(15_000);

/** When what ends, in milliseconds after the last renewal. */
export const deadlinesAfter = (renewedAt: number, { durationMs, renewDeadlineMs, stopGraceMs, killGraceMs }: LeaseTimes) => ({
  lostAt: renewedAt + renewDeadlineMs,
  terminateAt: renewedAt + renewDeadlineMs + stopGraceMs,
  killAt: renewedAt + renewDeadlineMs + stopGraceMs + killGraceMs,
  /** Nothing is written from then on. */
  silentAt: renewedAt + durationMs - MARGIN_MS,
  expiresAt: renewedAt + durationMs,
});
