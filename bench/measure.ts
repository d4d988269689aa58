import { readFileSync } from "node:fs";
import { systemClock } from "../src/base/time/clock.ts";

const never = new AbortController().signal;

/** Seconds that `work` takes. */
export const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = systemClock.monotonic();
  await work();
  return (systemClock.monotonic() - started) / 1000;
};

/** Looks every 20 ms until `done` holds, for at most `limitMs`. */
export const until = async (done: () => Promise<boolean> | boolean, limitMs = 300_000): Promise<void> => {
  const deadline = systemClock.monotonic() + limitMs;
  while (!(await done())) {
    if (systemClock.monotonic() > deadline) throw new Error(`not done after ${String(limitMs / 1000)} s`);
    await systemClock.sleep(20, never);
  }
};

export const pause = (ms: number): Promise<void> => systemClock.sleep(ms, never);

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Resident memory of a process now and at its highest, MiB. */
export const memoryOf = (pid: number): { readonly now: number; readonly peak: number } => {
  const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
  const kibibytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  return { now: kibibytes("VmRSS") / 1024, peak: kibibytes("VmHWM") / 1024 };
};

/** CPU seconds, user and system, that a process and its ended children have used. */
export const cpuOf = (pid: number): number => {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, "utf8")
      .split(") ")[1]
      ?.split(" ") ?? [];
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / 100;
};

export const show = (what: string, value: string): void => {
  process.stdout.write(`${what.padEnd(66)} ${value}\n`);
};
