import { run } from "../../base/process/process.ts";
import type { Environment } from "../../base/process/environment.ts";

export interface ToolRun {
  readonly env: Environment;
  readonly cwd?: string;
  /** How a failure names what was run, where the command line says too much. */
  readonly shown?: string;
}

/** Runs a program that takes seconds at most, and gives what it prints. Rejects with what it says when it fails. */
export const runToEnd = async (
  command: string,
  args: readonly string[],
  { shown = `${command} ${args.join(" ")}`, ...where }: ToolRun,
  signal: AbortSignal,
): Promise<string> => {
  const limits = { timeoutMs: 60_000, graceMs: 1_000, maxOutputBytes: 4_000_000, parentDeathSignal: true };
  const child = await run(command, args, { ...where, ...limits }, signal);
  signal.throwIfAborted();
  if (child.exitCode !== 0) throw new Error(`${shown}: ${(child.failedToStart ?? child.stderr).trim()}`);
  return child.stdout.trim();
};
