import { startTimeOf } from "../../base/process/start-time.mjs";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, as /proc gives them. */
  readonly startTime: string;
}

export const isRunning = (identity: ProcessIdentity): boolean => startTimeOf(identity.pid) === identity.startTime;

export const ownIdentity = (): ProcessIdentity => ({ pid: process.pid, startTime: startTimeOf(process.pid) ?? "0" });
