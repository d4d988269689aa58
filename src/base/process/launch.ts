import { execaSync } from "execa";
import type { BoundedOutput } from "./bounded-output.ts";
import { ownEnvironment, type Environment } from "./environment.ts";
import { findExecutable } from "./executable.ts";

/** Held by the kernel, for the child and what it starts, each. */
export interface ChildLimits {
  /** Of private memory; the child cannot have more. */
  readonly memoryBytes: number;
  /** Of CPU time; then SIGKILL. */
  readonly cpuSeconds: number;
}

export interface LaunchOptions {
  readonly env: Environment;
  readonly cwd?: string;
  /** The child is killed by the kernel when this process dies, however it dies. Has no effect where there is no `setpriv --pdeathsig`. */
  readonly parentDeathSignal: boolean;
  /** Has no effect where there is no `prlimit`. */
  readonly limits?: ChildLimits;
}

/** What is started, and how. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly wrapped: boolean;
}

/** How a command is started; undefined when there is no such executable. */
export const launchOf = (command: string, args: readonly string[], options: LaunchOptions): Launch | undefined => {
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
export const refusedByWrapper = (wrapped: boolean, command: string, exitCode: number | undefined, stderr: BoundedOutput): string | undefined => {
  if (!wrapped || (exitCode !== 126 && exitCode !== 127)) return undefined;
  const said = /^(?:setpriv|prlimit): failed to execute .*: (.+)$/m.exec(stderr.text())?.[1];
  return said === undefined ? undefined : `cannot start ${command}: ${said}`;
};

export const notFound = (command: string, env: Environment): string =>
  command.includes("/")
    ? `cannot start ${command}: it is not an executable file`
    : `cannot start ${command}: no executable of that name in PATH (${env["PATH"] ?? "not set"})`;
