import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../../src/base/time/clock.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import { spawnLogged } from "../../../src/base/process/long-lived.ts";
import { operatorArguments } from "../../../src/apps/operator/command.ts";
import type { Cluster } from "./cluster.ts";

/** The repository. */
export const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** An operator process of a test's own, as people run it. */
export interface Operator {
  readonly pid: number;
  readonly metricsPort: () => Promise<number>;
  readonly log: () => Promise<string>;
  /** Waits until it ends by itself; resolves with the exit code. */
  ended(): Promise<number | null>;
  /** SIGTERM, and waits for the end; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
}

export interface OperatorOptions {
  readonly helm?: string;
  /** Instead of the one with the rights of `deploy/`. */
  readonly kubeconfig?: string;
  readonly flags?: readonly string[];
  /** Kept when given, so that a second operator finds what the first left. */
  readonly stateDir?: string;
  readonly chartRoot?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What its log must hold before it counts as started; default: that it is ready. */
  readonly until?: string;
}

/** Starts `armada-operator` against the cluster, with the rights of `deploy/` only, and resolves when it says that it is ready. */
export const startOperator = async (cluster: Cluster, options: OperatorOptions = {}): Promise<Operator> => {
  const own = await mkdtemp(join(tmpdir(), "armada-test-"));
  const logFile = join(own, "operator.log");
  const stateDir = options.stateDir ?? join(own, "state");
  const child = spawnLogged({
    command: process.execPath,
    args: operatorArguments([
      "--kubeconfig",
      options.kubeconfig ?? (await cluster.operatorKubeconfig()),
      "--helm",
      options.helm ?? cluster.tools.helm,
      "--chart-root",
      `/opt/armada/helm-charts=${options.chartRoot ?? join(repository, "helm-charts")}`,
      "--metrics-bind-address",
      "127.0.0.1:0",
      "--health-probe-bind-address",
      "0",
      "--state-dir",
      stateDir,
      "--drain-timeout",
      "2",
      ...(options.flags ?? []),
    ]),
    env: { ...ownEnvironment(), PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, ...options.env },
    logFile,
    parentDeathSignal: true,
  });
  cluster.outlives(child);
  let ended = false;
  void child.exited.then(() => (ended = true));
  const log = (): Promise<string> => readFile(logFile, "utf8");
  const waitFor = async (what: string): Promise<void> => {
    for (;;) {
      const text = await log();
      if (text.includes(what)) return;
      if (ended) throw new Error(`the operator ended before it said ${what}: ${text}`);
      await systemClock.sleep(20, AbortSignal.timeout(30_000));
    }
  };
  await waitFor(options.until ?? '"message":"ready"');
  const end = async (): Promise<number | null> => {
    const { code } = await child.exited;
    await rm(own, { recursive: true, force: true });
    return code;
  };
  return {
    pid: child.pid,
    log,
    metricsPort: async () => Number(/"metricsPort":(\d+)/.exec(await log())?.[1]),
    ended: end,
    stop: () => {
      child.kill("SIGTERM");
      return end();
    },
    kill: async () => {
      child.kill("SIGKILL");
      await end();
    },
  };
};

/** Runs a command of `armada-operator` that ends by itself, such as `release-finalizers`. */
export const runOperatorCommand = async (args: readonly string[]): Promise<{ readonly exitCode: number | null; readonly stdout: string }> => {
  const env = { ...ownEnvironment(), PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
  const limits = { timeoutMs: 90_000, graceMs: 1000, maxOutputBytes: 1_000_000, parentDeathSignal: true };
  const { exitCode, stdout, stderr } = await run(process.execPath, operatorArguments(args), { env, ...limits }, new AbortController().signal);
  return { exitCode: exitCode ?? null, stdout: `${stdout}${stderr}` };
};
