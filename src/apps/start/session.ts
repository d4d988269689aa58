import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { ownEnvironment, run, spawnLogged, type ChildEnd } from "../../base/process.ts";
import { KubeClient } from "../../kube/client.ts";
import { loadKubeConfigApart } from "../../kube/config-apart.ts";
import { Discovery } from "../../kube/discovery.ts";
import { KubeHttp } from "../../kube/http.ts";
import { startControlPlane, type ControlPlane } from "../../local/control-plane.ts";
import { reapLeftovers } from "../../local/leftovers.ts";
import { operatorArguments } from "../operator/command.ts";
import { createRunDirectory, openRunRoot, recordProcess } from "../../local/run-directory.ts";
import { findTools, type Tools } from "../../local/tools.ts";

/** The repository: charts, CRDs and examples lie here. */
export const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** How long the operator may take to stop, its helm children with it; the control plane's own bound is 8 s and takes one as a rule. */
const OPERATOR_STOP_MS = 5_000;

export interface OperatorProcess {
  readonly logFile: string;
  readonly exited: Promise<ChildEnd>;
  stop(): Promise<void>;
}

/** A control plane of this run's own, and clients for it. */
export interface Session {
  readonly controlPlane: ControlPlane;
  readonly tools: Tools;
  readonly directory: string;
  readonly http: KubeHttp;
  readonly api: KubeClient;
  /** Runs kubectl against it. Rejects with what kubectl says. */
  kubectl(args: readonly string[], signal: AbortSignal): Promise<string>;
}

/** Clears what a killed run left, and boots. `started` is told of the control plane as soon as there is something to stop. */
export const openSession = async (deps: { readonly clock: Clock; readonly log: Logger }, signal: AbortSignal): Promise<Session> => {
  const env = ownEnvironment();
  const tools = findTools(env);
  const root = await openRunRoot(env);
  await reapLeftovers(root, deps, signal);
  const directory = createRunDirectory(root);
  const controlPlane = await startControlPlane({ tools, directory, ...deps }, signal);
  try {
    const http = new KubeHttp(await loadKubeConfigApart({ path: controlPlane.kubeconfigPath }, { run, env, clock: deps.clock }, signal));
    const api = new KubeClient({ http, discovery: new Discovery({ http, clock: deps.clock }) });
    const kubectlEnv = { ...env, KUBECONFIG: controlPlane.kubeconfigPath };
    const kubectl = async (args: readonly string[], stop: AbortSignal): Promise<string> => {
      const limits = { timeoutMs: 60_000, graceMs: 1_000, maxOutputBytes: 1_000_000, parentDeathSignal: true };
      const child = await run(tools.kubectl, args, { env: kubectlEnv, ...limits }, stop);
      stop.throwIfAborted();
      if (child.exitCode !== 0) throw new Error(`kubectl ${args.join(" ")}: ${(child.failedToStart ?? child.stderr).trim()}`);
      return child.stdout;
    };
    return { controlPlane, tools, directory, http, api, kubectl };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
};

/** Starts the operator as people run it: a process of its own, its log in a file; `more`: further flags. */
export const startOperator = (session: Session, more: readonly string[], { clock }: { readonly clock: Clock }): OperatorProcess => {
  const { controlPlane, tools, directory } = session;
  const logFile = join(directory, "logs", "armada-operator.log");
  const flags = {
    "--kubeconfig": controlPlane.kubeconfigPath,
    "--helm": tools.helm,
    "--chart-root": `/opt/armada/helm-charts=${join(repository, "helm-charts")}`,
    "--metrics-bind-address": "127.0.0.1:0",
    "--health-probe-bind-address": "127.0.0.1:0",
    "--state-dir": join(directory, "operator"),
    "--log-format": "pretty",
  };
  const args = operatorArguments([...Object.entries(flags).flat(), ...more]);
  const child = spawnLogged({ command: process.execPath, args, env: ownEnvironment(), logFile, parentDeathSignal: true });
  recordProcess(directory, "armada-operator", child.pid);
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const late = new AbortController();
    const timer = clock.sleep(OPERATOR_STOP_MS, late.signal).then(
      () => child.kill("SIGKILL"),
      () => undefined,
    );
    await child.exited;
    late.abort();
    await timer;
  };
  return { logFile, exited: child.exited, stop };
};
