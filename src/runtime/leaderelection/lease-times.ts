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

/** All that follows from the last renewal, one after the other, and over before another may begin: see {@link deadlinesAfter}. */
export const LEASE_TIMES: LeaseTimes = { durationMs: 15_000, renewMs: 2_000, renewDeadlineMs: 10_000, stopGraceMs: 2_500, killGraceMs: 2_000 };

/** Kept between the end of the last effect and the end of the Lease: a busy machine is late. */
export const MARGIN_MS = 500;

/** When what ends, in milliseconds after the last renewal. */
export const deadlinesAfter = (renewedAt: number, { durationMs, renewDeadlineMs, stopGraceMs, killGraceMs }: LeaseTimes) => ({
  lostAt: renewedAt + renewDeadlineMs,
  terminateAt: renewedAt + renewDeadlineMs + stopGraceMs,
  killAt: renewedAt + renewDeadlineMs + stopGraceMs + killGraceMs,
  /** Nothing is written from then on. */
  silentAt: renewedAt + durationMs - MARGIN_MS,
  expiresAt: renewedAt + durationMs,
});
