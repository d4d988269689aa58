import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { execa, execaSync } from "execa";
import { BoundedOutput } from "./bounded-output.ts";
import { LONGEST_MS, systemClock } from "./clock.ts";
import { findExecutable } from "./executable.ts";

/** Variables of a child, all of them: nothing is inherited. `PATH` in it is where the command is looked up. */
export type Environment = Readonly<Record<string, string>>;

export interface RunOptions {
  /** Goes to the child's stdin, which is then closed. Absent: stdin is /dev/null. */
  readonly stdin?: string;
  readonly env: Environment;
  readonly cwd?: string;
  /** Deadline, milliseconds; absent: none. */
  readonly timeoutMs?: number;
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** Kept of stdout and of stderr, each: the first and the last half. The child goes on when it prints more. */
  readonly maxOutputBytes: number;
  /** The child is killed by the kernel when this process dies, however it dies. Has no effect where there is no `setpriv --pdeathsig`. */
  readonly parentDeathSignal: boolean;
  /** Has no effect where there is no `prlimit`. */
  readonly limits?: ChildLimits;
  readonly onSpawn?: (pid: number) => void;
  /** Sees stdout as it comes, all of it. */
  readonly onStdout?: (chunk: Uint8Array) => void;
}

/** Held by the kernel, for the child and what it starts, each. */
export interface ChildLimits {
  /** Of private memory; the child cannot have more. */
  readonly memoryBytes: number;
  /** Of CPU time; then SIGKILL. */
  readonly cpuSeconds: number;
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
  const child = execa(launch.file, launch.args, {
    ...(options.stdin === undefined ? { stdin: "ignore" as const } : { input: options.stdin }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeoutMs === undefined ? {} : { timeout: Math.min(Math.ceil(options.timeoutMs), LONGEST_MS) }),
    env: options.env,
    extendEnv: false,
    detached: true,
    killDescendants: true,
    cleanup: false,
    reject: false,
    buffer: false,
    encoding: "buffer",
    stdout: "pipe",
    stderr: "pipe",
    forceKillAfterDelay: Math.ceil(options.graceMs),
    cancelSignal: signal,
  });
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
      ? `Cannot start ${command}: ${result.code ?? "unknown error"}`
      : refusedByWrapper(launch.wrapped, command, result.exitCode, stderr);
  return {
    ...(result.exitCode === undefined || failedToStart !== undefined ? {} : { exitCode: result.exitCode }),
    ...(result.signal === undefined ? {} : { signal: result.signal }),
    stdout: stdout.text(),
    stderr: stderr.text(),
    aborted: result.isCanceled,
    timedOut: result.timedOut,
    ...(failedToStart === undefined ? {} : { failedToStart }),
    durationMs: result.durationMs,
    ...(child.pid === undefined ? {} : { pid: child.pid }),
  };
};

export interface LoggedOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly cwd?: string;
  /** stdout and stderr are appended here; created with mode 0600. */
  readonly logFile: string;
  readonly parentDeathSignal: boolean;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A long-lived child whose output goes to a file. */
export interface LoggedChild {
  readonly pid: number;
  /** Never rejects. `code` is null when a signal ended it, `signal` when it exited. */
  readonly exited: Promise<ChildEnd>;
  /** To the whole process group; false when nothing is left of it. */
  kill(signal: NodeJS.Signals): boolean;
}

/** Starts a child that is nobody's to wait for: in a process group of its own, not ended by anything but {@link LoggedChild.kill} and the parent-death signal. */
export const spawnLogged = (options: LoggedOptions): LoggedChild => {
  const launch = launchOf(options.command, options.args, options);
  if (launch === undefined) throw new Error(notFound(options.command, options.env));
  const log = openSync(options.logFile, "a", 0o600);
  // Not through execa: it takes no file descriptor, and a pipe through this process would end with it.
  const child = spawn(launch.file, launch.args, { env: options.env, cwd: options.cwd, detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  const exited = endOf(child);
  const { pid } = child;
  if (pid === undefined) throw new Error(`Cannot start ${options.command}`);
  return { pid, exited, kill: (signal) => signalGroup(pid, signal) };
};

/** A long-lived child that is told things on its stdin, and says nothing. */
export interface FedChild {
  readonly pid: number;
  /** Never rejects. */
  readonly exited: Promise<ChildEnd>;
  /** To its stdin, at once where the pipe has room. A child that is gone hears nothing. */
  tell(text: string): void;
  /** Closes its stdin, by which it knows that this process has ended, too. */
  close(): void;
}

/** Starts a child in a process group of its own, without a parent-death signal: it sees the end of its stdin, and does what is to be done then. */
export const spawnFed = ({ command, args, env }: Pick<LoggedOptions, "command" | "args" | "env">): FedChild => {
  const child = spawn(command, args, { env, detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const exited = endOf(child);
  child.stdin.on("error", () => undefined);
  const { pid } = child;
  if (pid === undefined) throw new Error(`Cannot start ${command}`);
  return { pid, exited, tell: (text) => void child.stdin.write(text), close: () => void child.stdin.end() };
};

const endOf = (child: ChildProcess): Promise<ChildEnd> =>
  new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });

/** Sends a signal to a process group; false when it does not exist. Signal 0 only asks. */
export const signalGroup = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
};

/** A copy of this process's own environment: for composition roots, and for what children must inherit (`PATH`, `HOME`). */
export const ownEnvironment = (): Environment =>
  Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** Adds variables to this process's own environment, for itself and what it starts. Those that it has stay as they are. */
export const extendEnvironment = (variables: Environment): void => {
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value;
};

interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly wrapped: boolean;
}

const launchOf = (
  command: string,
  args: readonly string[],
  options: Pick<RunOptions, "env" | "cwd" | "parentDeathSignal" | "limits">,
): Launch | undefined => {
  const file = findExecutable(command, options.env["PATH"], options.cwd);
  if (file === undefined) return undefined;
  const setpriv = options.parentDeathSignal ? SETPRIV.before(["--pdeathsig", "KILL"]) : [];
  const prlimit = options.limits === undefined ? [] : PRLIMIT.before(limitOptions(options.limits));
  const [first = file, ...rest] = [...setpriv, ...prlimit, file, ...args];
  return { file: first, args: rest, wrapped: first !== file };
};

const limitOptions = ({ memoryBytes, cpuSeconds }: ChildLimits): readonly string[] => [
  `--data=${String(memoryBytes)}`,
  `--cpu=${String(Math.ceil(cpuSeconds))}`,
];

/** A tool of util-linux that stands before a command. Where it is on this machine is looked for when it is first needed, and once. */
class Wrapper {
  readonly #tool: string;
  /** Empty when there is none that knows the options (those of busybox do not). */
  #path: string | undefined;

  constructor(tool: string) {
    this.#tool = tool;
  }

  /** The beginning of the command line; empty where the tool is not there. */
  before(options: readonly string[]): readonly string[] {
    this.#path ??= probe(this.#tool, options);
    return this.#path === "" ? [] : [this.#path, ...options, "--"];
  }
}

const SETPRIV = new Wrapper("setpriv");
const PRLIMIT = new Wrapper("prlimit");

const probe = (tool: string, options: readonly string[]): string => {
  const path = findExecutable(tool, `${ownEnvironment()["PATH"] ?? ""}:/usr/bin:/bin`);
  if (path === undefined) return "";
  const tried = execaSync(path, [...options, "--", path, "--version"], { env: {}, extendEnv: false, reject: false });
  return tried.exitCode === 0 ? path : "";
};

/** The tool before it has started but the command has not: wrong format, wrong architecture. */
const refusedByWrapper = (wrapped: boolean, command: string, exitCode: number | undefined, stderr: BoundedOutput): string | undefined => {
  if (!wrapped || (exitCode !== 126 && exitCode !== 127)) return undefined;
  const said = /^(?:setpriv|prlimit): failed to execute .*: (.+)$/m.exec(stderr.text())?.[1];
  return said === undefined ? undefined : `Cannot start ${command}: ${said}`;
};

const notFound = (command: string, env: Environment): string =>
  command.includes("/")
    ? `Cannot start ${command}: it is not an executable file`
    : `Cannot start ${command}: no executable of that name in PATH (${env["PATH"] ?? "not set"})`;

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
