import { readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, as /proc gives them. */
  readonly startTime: string;
}

/** Start time from the text of /proc/PID/stat (field 22); undefined for a zombie. The name in field 2 may hold blanks and brackets. */
export const parseStartTime = (stat: string): string | undefined => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
};

/** Undefined when no such process runs. */
export const startTimeOf = (pid: number): string | undefined => {
  try {
    return parseStartTime(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
};

export const isRunning = (identity: ProcessIdentity): boolean => startTimeOf(identity.pid) === identity.startTime;

export const ownIdentity = (): ProcessIdentity => ({ pid: process.pid, startTime: startTimeOf(process.pid) ?? "0" });
