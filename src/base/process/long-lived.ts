import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { launchOf, notFound, type LaunchOptions } from "./launch.ts";
import { signalGroup } from "./process-group.ts";

export interface LoggedOptions extends Pick<LaunchOptions, "env" | "cwd" | "parentDeathSignal"> {
  readonly command: string;
  readonly args: readonly string[];
  /** stdout and stderr are appended here; created with mode 0600. */
  readonly logFile: string;
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
  if (pid === undefined) throw new Error(`cannot start ${options.command}`);
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
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  return { pid, exited, tell: (text) => void child.stdin.write(text), close: () => void child.stdin.end() };
};

const endOf = (child: ChildProcess): Promise<ChildEnd> =>
  new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });
