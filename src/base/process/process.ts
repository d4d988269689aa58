import type { ChildProcess } from "node:child_process";
import { execa, type Options, type Result } from "execa";
import { BoundedOutput } from "./bounded-output.ts";
import { LONGEST_MS, systemClock } from "../time/clock.ts";
import { launchOf, notFound, refusedByWrapper, type LaunchOptions } from "./launch.ts";
import { signalGroup } from "./process-group.ts";

export interface RunOptions extends LaunchOptions {
  /** Goes to the child's stdin, which is then closed. Absent: stdin is /dev/null. */
  readonly stdin?: string;
  /** Deadline, milliseconds; absent: none. */
  readonly timeoutMs?: number;
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** Kept of stdout and of stderr, each: the first and the last half. The child goes on when it prints more. */
  readonly maxOutputBytes: number;
  readonly onSpawn?: (pid: number) => void;
  /** Sees stdout as it comes, all of it. */
  readonly onStdout?: (chunk: Uint8Array) => void;
}

/** Facts about a child that has ended. `aborted` and `timedOut` say who asked it to end: the first of the two. */
export interface ChildResult {
  /** Absent when a signal ended it or it never started. */
  readonly exitCode?: number;
  /** E.g. `SIGKILL`. */
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly aborted: boolean;
  readonly timedOut: boolean;
  /** One sentence why there was no child. */
  readonly failedToStart?: string;
  readonly durationMs: number;
  readonly pid?: number;
}

/** How long what the child left behind may keep its output open after the child's own end. */
const drainMs = 1_000;

/**
 * Runs a command to its end, in a process group of its own (a Ctrl-C on the terminal does not reach it).
 * An abort or the deadline sends SIGTERM to the group, and SIGKILL after the grace; the call returns when the child is gone.
 * Never rejects for what a child does; rejects with the signal's reason when it was aborted before the start.
 */
export const run = async (command: string, args: readonly string[], options: RunOptions, signal: AbortSignal): Promise<ChildResult> => {
  signal.throwIfAborted();
  const launch = launchOf(command, args, options);
  if (launch === undefined) return notStarted(notFound(command, options.env));
  const stdout = new BoundedOutput(options.maxOutputBytes);
  const stderr = new BoundedOutput(options.maxOutputBytes);
  const child = execa(launch.file, launch.args, execaOptions(options, signal));
  child.stdout.on("data", (chunk: Uint8Array) => {
    stdout.push(chunk);
    options.onStdout?.(chunk);
  });
  child.stderr.on("data", (chunk: Uint8Array) => stderr.push(chunk));
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  const stopDraining = dropLeftovers(child.nodeChildProcess);
  const result = await child;
  stopDraining();
  const failedToStart =
    child.pid === undefined
      ? `cannot start ${command}: ${result.code ?? "unknown error"}`
      : refusedByWrapper(launch.wrapped, command, result.exitCode, stderr);
  return {
    ...resultOf(result, failedToStart),
    stdout: stdout.text(),
    stderr: stderr.text(),
    ...(child.pid === undefined ? {} : { pid: child.pid }),
  };
};

const execaOptions = ({ stdin, cwd, timeoutMs, env, graceMs }: RunOptions, signal: AbortSignal) =>
  ({
    ...(stdin === undefined ? { stdin: "ignore" } : { input: stdin }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(timeoutMs === undefined ? {} : { timeout: Math.min(Math.ceil(timeoutMs), LONGEST_MS) }),
    env,
    extendEnv: false,
    detached: true,
    killDescendants: true,
    cleanup: false,
    reject: false,
    buffer: false,
    encoding: "buffer",
    stdout: "pipe",
    stderr: "pipe",
    forceKillAfterDelay: Math.ceil(graceMs),
    cancelSignal: signal,
  }) as const satisfies Options;

const resultOf = (
  { exitCode, signal, isCanceled, timedOut, durationMs }: Pick<Result, "exitCode" | "signal" | "isCanceled" | "timedOut" | "durationMs">,
  failedToStart: string | undefined,
): Omit<ChildResult, "stdout" | "stderr" | "pid"> => ({
  ...(exitCode === undefined || failedToStart !== undefined ? {} : { exitCode }),
  ...(signal === undefined ? {} : { signal }),
  aborted: isCanceled,
  timedOut,
  ...(failedToStart === undefined ? {} : { failedToStart }),
  durationMs,
});

const notStarted = (failedToStart: string): ChildResult => ({
  stdout: "",
  stderr: "",
  aborted: false,
  timedOut: false,
  failedToStart,
  durationMs: 0,
});

/** What a child leaves running must not keep the call waiting: its group is killed and the pipes are closed {@link drainMs} after the child's end. */
const dropLeftovers = (child: ChildProcess): (() => void) => {
  const ended = new AbortController();
  const drop = async (): Promise<void> => {
    await systemClock.sleep(drainMs, ended.signal);
    if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  child.once("exit", () => void drop().catch(() => undefined));
  return () => ended.abort();
};
