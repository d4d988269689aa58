import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { systemClock } from "../../base/time/clock.ts";
import { run, type ChildResult } from "../../base/process/process.ts";
import { signalGroup } from "../../base/process/process-group.ts";
import { spawnFed } from "../../base/process/long-lived.ts";
import { LEASE_TIMES } from "../../runtime/leaderelection/lease-times.ts";
import { identityOf, type ProcessIdentity } from "./children.ts";
import { systemProcesses } from "./processes.ts";
import { Watchdog } from "./watchdog.ts";

/** SIGTERM soon; SIGKILL so late that nobody waits for it. */
const times = { ...LEASE_TIMES, renewDeadlineMs: 200, stopGraceMs: 100, killGraceMs: 3_600_000 };
const LATE_MS = times.renewDeadlineMs + times.stopGraceMs + times.killGraceMs;
let watchdog: Watchdog;
const started: number[] = [];
beforeEach(() => {
  watchdog = new Watchdog({ spawn: spawnFed, clock: systemClock, times });
});
afterEach(async () => {
  for (const pid of started.splice(0)) signalGroup(pid, "SIGKILL");
  await watchdog.close();
});

/** A child that runs until somebody ends it. */
const child = (script: string): { readonly identity: ProcessIdentity; readonly ended: Promise<ChildResult> } => {
  let identity: ProcessIdentity = { pid: 0 };
  const onSpawn = (pid: number): void => {
    started.push(pid);
    identity = identityOf(pid, systemProcesses);
  };
  const options = { env: { PATH: "/usr/bin:/bin" }, graceMs: 1_000, maxOutputBytes: 1_000, parentDeathSignal: true, onSpawn };
  const ended = run("sh", ["-c", script], options, new AbortController().signal);
  return { identity, ended };
};

test("a helm ends by SIGTERM when the Lease is not renewed any more", async () => {
  const { identity, ended } = child("sleep 1000");
  watchdog.renewed(systemClock.monotonic());
  watchdog.started(identity);
  expect(await ended).toMatchObject({ signal: "SIGTERM", aborted: false });
});

test("one that does not heed it is killed, with all that it has started", async () => {
  const { identity, ended } = child("trap '' TERM; sleep 1000 & while :; do sleep 1; done");
  watchdog.renewed(systemClock.monotonic() - LATE_MS + 200);
  watchdog.started(identity);
  expect(await ended).toMatchObject({ signal: "SIGKILL" });
});

test("one that starts when the Lease has not been renewed for long is killed at once", async () => {
  const { identity, ended } = child("trap '' TERM; while :; do sleep 1; done");
  watchdog.renewed(systemClock.monotonic() - LATE_MS);
  watchdog.started(identity);
  expect(await ended).toMatchObject({ signal: "SIGKILL" });
});

test("what runs ends with this process's end of the pipe; a pid that has passed to another process is left alone", async () => {
  const [mine, others] = [child("sleep 1000"), child("sleep 1000")];
  watchdog.renewed(systemClock.monotonic() + 3_600_000);
  watchdog.started(mine.identity);
  watchdog.started({ ...others.identity, startTime: "1" });
  await watchdog.close();
  expect(await mine.ended).toMatchObject({ signal: "SIGKILL" });
  expect(systemProcesses.startTimeOf(others.identity.pid)).toBe(others.identity.startTime);
});

test("its own end is told", async () => {
  signalGroup(watchdog.pid, "SIGKILL");
  expect(await watchdog.failed).toEqual({ code: null, signal: "SIGKILL" });
});
