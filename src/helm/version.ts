import { coerce, satisfies } from "semver";
import type { Environment } from "../base/process/environment.ts";
import type { run as runProcess } from "../base/process/process.ts";

/** `--hide-notes` and `--labels` are both there from this minor version on; helm 4 has other flags. */
const supported = ">=3.16 <4";

/**
 * Runs `helm version` once at start and returns e.g. `v3.22.0`. Rejects with one sentence that names the remedy when helm is missing, does not run,
 * is older than 3.16 or is not Helm 3.
 */
export const readHelmVersion = async (run: typeof runProcess, helm: string, env: Environment, signal: AbortSignal): Promise<string> => {
  const options = { env, timeoutMs: 10_000, graceMs: 1_000, maxOutputBytes: 4_096, parentDeathSignal: true };
  const child = await run(helm, ["version", "--template", "{{.Version}}"], options, signal);
  if (child.aborted) signal.throwIfAborted();
  if (child.failedToStart !== undefined) throw new Error(`${child.failedToStart}; install helm 3 or set --helm to its path`);
  const text = child.stdout.trim();
  if (child.exitCode !== 0 || !/^v?\d+\.\d+/.test(text))
    throw new Error(`${helm} does not respond to "helm version"${child.timedOut ? " within 10 s" : ""}; set --helm to the path of helm 3`);
  const problem = problemWith(text);
  if (problem !== undefined) throw new Error(`${helm} is helm ${text}: ${problem}`);
  return text;
};

const problemWith = (text: string): string | undefined =>
  satisfies(coerce(text) ?? "0.0.0", supported) ? undefined : `helm 3.16 or a later 3.x is required; set --helm to the path of another one`;
