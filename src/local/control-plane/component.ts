import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../base/time/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { spawnLogged, type LoggedChild } from "../../base/process/long-lived.ts";
import { argumentsOf, graceMs, readinessUrl } from "./components.ts";
import type { Component, Layout } from "./components.ts";
import { sendLocal } from "./http.ts";
import { recordProcess } from "./run-directory.ts";
import type { Tools } from "./tools.ts";

const pollMs = 25;
const readyWithinMs = 60_000;
/** Waiting after SIGKILL only covers the kernel's own clean-up. */
const afterKillMs = 1_000;

/** A component that runs, or ran. */
export interface RunningComponent {
  readonly component: Component;
  readonly child: LoggedChild;
  readonly logFile: string;
}

/** A component that did not become ready, with the last line of its log. */
export class ComponentError extends Error {
  override readonly name = "ComponentError";
  /** Another program took one of its ports between choosing and listening: worth another try with other ports. */
  readonly portTaken: boolean;

  constructor(message: string, options: { readonly portTaken: boolean; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.portTaken = options.portTaken;
  }
}

export interface ComponentDeps {
  readonly tools: Tools;
  readonly clock: Clock;
  /** The run directory: home of logs, and of the record of what was started. */
  readonly directory: string;
  readonly layout: Layout;
}

/** Starts a component; does not wait for it. */
export const startComponent = (component: Component, deps: ComponentDeps): RunningComponent => {
  const logFile = join(deps.directory, "logs", `${component}.log`);
  const child = spawnLogged({
    command: deps.tools[component],
    args: argumentsOf(component, deps.layout),
    // A proxy or a kubeconfig of the user's is not for these. Their heaps are small: Go's collector need not run as often as by default.
    env: { HOME: deps.directory, PATH: "/usr/bin:/bin", GOGC: "400", GOMEMLIMIT: "3GiB" },
    cwd: deps.directory,
    logFile,
    parentDeathSignal: true,
  });
  recordProcess(deps.directory, component, child.pid);
  return { component, child, logFile };
};

/** Resolves when the component answers that it is ready. Rejects with {@link ComponentError} when it ends first or takes more than 60 s. */
export const componentReady = async (
  running: RunningComponent,
  deps: ComponentDeps & { readonly credentials: () => { readonly ca?: string; readonly token?: string } | undefined },
  signal: AbortSignal,
): Promise<void> => {
  const ended = new AbortController();
  void running.child.exited.then(({ code, signal: by }) =>
    ended.abort(failure(running, `exited (${by ?? `exit code ${code}`}) before it was ready`)),
  );
  const either = AbortSignal.any([signal, ended.signal]);
  const deadline = deps.clock.monotonic() + readyWithinMs;
  const url = readinessUrl(running.component, deps.layout.ports);
  let lastAnswer = "no answer";
  while (deps.clock.monotonic() < deadline) {
    either.throwIfAborted();
    const credentials = deps.credentials();
    if (credentials !== undefined) {
      const answer = await sendLocal({ url, ...credentials }, either).catch((error: unknown) => messageOf(error));
      if (typeof answer !== "string" && answer.status === 200) return;
      lastAnswer = typeof answer === "string" ? answer : `status ${answer.status}`;
    }
    await deps.clock.sleep(pollMs, either);
  }
  throw failure(running, `is not ready after ${readyWithinMs / 1000} s (${lastAnswer})`);
};

/** SIGTERM, then SIGKILL after the component's grace; resolves when it is gone. Never rejects. */
export const stopComponent = async ({ component, child }: RunningComponent, clock: Clock): Promise<void> => {
  child.kill("SIGTERM");
  if (await within(child.exited, graceMs[component], clock)) return;
  child.kill("SIGKILL");
  await within(child.exited, afterKillMs, clock);
};

const within = async (exited: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> => {
  const done = new AbortController();
  const timeout = clock.sleep(ms, done.signal).then(
    () => false,
    () => true,
  );
  const first = await Promise.race([exited.then(() => true), timeout]);
  done.abort();
  return first;
};

const failure = ({ component, logFile }: RunningComponent, what: string): ComponentError => {
  const lines = logLines(logFile);
  const said = lines.findLast((line) => line.trim() !== "");
  return new ComponentError(`${component} ${what}${said === undefined ? "" : `: ${said.slice(0, 300)}`} (log: ${logFile})`, {
    portTaken: lines.some((line) => line.includes("address already in use")),
  });
};

const logLines = (logFile: string): readonly string[] => {
  try {
    return readFileSync(logFile, "utf8").split("\n").slice(-50);
  } catch {
    return [];
  }
};
