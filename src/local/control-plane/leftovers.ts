import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import { signalGroup } from "../../base/process/process-group.ts";
import { isRunning } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { ownerOf, readRunState } from "./run-directory.ts";

/** Every directory that a run makes outside its own has a name that begins so; nothing else is ever removed. */
export const directoryPrefix = "armada-operator-";

const pollMs = 20;
const patienceMs = 5_000;

/** How many processes were ended and how many runs were cleared away. */
export interface Reaped {
  readonly processes: number;
  readonly runs: number;
}

/**
 * Ends what runs whose owner died have left in `root`, and removes their directories. Runs whose owner lives are not touched, nor is a process
 * whose pid has been given to another one.
 */
export const reapLeftovers = async (root: string, deps: { readonly clock: Clock; readonly log: Logger }, signal: AbortSignal): Promise<Reaped> => {
  let reaped: Reaped = { processes: 0, runs: 0 };
  for (const directory of await abandoned(root)) {
    const ended = await endRun(directory, deps.clock, signal);
    deps.log.info("removed what an earlier run left behind", { directory, processes: ended });
    reaped = { processes: reaped.processes + ended, runs: reaped.runs + 1 };
  }
  return reaped;
};

const abandoned = async (root: string): Promise<readonly string[]> => {
  const names = await readdir(root).catch(() => []);
  return names
    .map((name) => join(root, name))
    .filter((directory) => {
      const owner = ownerOf(directory);
      return owner !== undefined && !isRunning(owner);
    });
};

const endRun = async (directory: string, clock: Clock, signal: AbortSignal): Promise<number> => {
  const { processes, directories } = readRunState(directory);
  const left = processes.filter(isRunning);
  // The data is thrown away with them, so there is no order to keep and nothing to wait for.
  for (const { pid } of left) signalGroup(pid, "SIGKILL");
  await allGone(left, clock, signal);
  for (const made of directories) if (basename(made).startsWith(directoryPrefix)) await rm(made, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
  return left.length;
};

const allGone = async (processes: readonly ProcessIdentity[], clock: Clock, signal: AbortSignal): Promise<void> => {
  const deadline = clock.monotonic() + patienceMs;
  while (processes.some(isRunning) && clock.monotonic() < deadline) await clock.sleep(pollMs, signal);
};
