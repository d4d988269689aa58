import { run, type Environment } from "../base/process.ts";

/** Runs a program that takes seconds at most, and gives what it prints. Rejects with what it says when it fails. */
export const runToEnd = async (
  command: string,
  args: readonly string[],
  { env, cwd }: { readonly env: Environment; readonly cwd: string },
  signal: AbortSignal,
): Promise<string> => {
  const limits = { timeoutMs: 60_000, graceMs: 1_000, maxOutputBytes: 64_000, parentDeathSignal: true };
  const child = await run(command, args, { env, cwd, ...limits }, signal);
  signal.throwIfAborted();
  if (child.exitCode !== 0) throw new Error(`${command} ${args.join(" ")}: ${(child.failedToStart ?? child.stderr).trim()}`);
  return child.stdout.trim();
};
