import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import { ownEnvironment, type Environment } from "../../base/process/environment.ts";
import { spawnLogged, type ChildEnd } from "../../base/process/long-lived.ts";
import { KubeClient } from "../../kube/client.ts";
import type { ClusterConfig } from "../../kube/config.ts";
import { Discovery } from "../../kube/discovery.ts";
import { KubeHttp } from "../../kube/http.ts";
import { reapLeftovers } from "../../local/control-plane/leftovers.ts";
import { createRunDirectory, openRunRoot, recordProcess } from "../../local/control-plane/run-directory.ts";
import { runToEnd } from "../../local/servers/tool-run.ts";
import { findTools, type Tools } from "../../local/control-plane/tools.ts";
import { operatorArguments } from "../operator/command.ts";
import type { Ask } from "./consent.ts";
import type { Display } from "./display.ts";

/** The repository: charts, CRDs and examples lie here. */
export const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** `--chart-root` of the operator: the charts of the repository, by the name that examples give them. */
export const CHART_ROOT = `/opt/armada/helm-charts=${join(repository, "helm-charts")}`;

/** How long the operator may take to stop, its helm children with it; the control plane's own bound is 8 s and takes one as a rule. */
const OPERATOR_STOP_MS = 5_000;

export interface StartDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly display: Display;
  /** Where the person stands who started it. */
  readonly cwd: string;
  /** Undefined where nobody can answer. */
  readonly ask: Ask | undefined;
}

export interface OperatorProcess {
  readonly logFile: string;
  readonly exited: Promise<ChildEnd>;
  stop(): Promise<void>;
}

/** What this run has for itself, whatever cluster it works on. */
export interface Place {
  readonly env: Environment;
  readonly tools: Tools;
  /** Logs, and what must not be left behind. */
  readonly directory: string;
}

/** A cluster to work on, and clients for it. */
export interface Session extends Place {
  /** What was connected to, in a few words. */
  readonly cluster: string;
  readonly kubeconfigPath: string;
  /** Path of the kubeconfig that the operator gets; its account is made first where the cluster is ours. */
  readonly operatorKubeconfig: (signal: AbortSignal) => Promise<string>;
  /** Where examples are applied: that of the kubeconfig's context. */
  readonly namespace: string;
  readonly http: KubeHttp;
  readonly api: KubeClient;
  /** Runs kubectl against it. Rejects with what kubectl says. */
  readonly kubectl: Kubectl;
  /** One sentence when the cluster has ended by itself; stays pending for one that is not ours to stop. */
  readonly ended: Promise<string>;
  /** What is said once everything is satisfied, while it runs, and after the operator has ended. */
  readonly hints: { readonly now: string; readonly meanwhile: string; readonly afterwards: string };
  /** Stops what was booted, removes copies of credentials. */
  close(): Promise<void>;
}

export type Kubectl = (args: readonly string[], signal: AbortSignal) => Promise<string>;

/** Clears what a killed run left, and makes a place for this one. */
export const openPlace = async (deps: { readonly clock: Clock; readonly log: Logger }, signal: AbortSignal): Promise<Place> => {
  const env = ownEnvironment();
  const tools = findTools(env);
  const root = await openRunRoot(env);
  await reapLeftovers(root, deps, signal);
  const directory = createRunDirectory(root);
  await mkdir(join(directory, "logs"), { mode: 0o700 });
  return { env, tools, directory };
};

export const clientsOf = (config: ClusterConfig, { clock }: { readonly clock: Clock }): Pick<Session, "http" | "api"> => {
  const http = new KubeHttp(config);
  return { http, api: new KubeClient({ http, discovery: new Discovery({ http, clock }) }) };
};

/** kubectl on a kubeconfig of its own. */
export const kubectlOf =
  ({ env, tools }: Place, kubeconfigPath: string): Kubectl =>
  (args, signal) =>
    runToEnd(tools.kubectl, [`--kubeconfig=${kubeconfigPath}`, ...args], { env, shown: `kubectl ${args.join(" ")}` }, signal);

/** Starts the operator as people run it: a process of its own, its log in a file; `more`: further flags. */
export const startOperator = (
  place: Place & { readonly kubeconfig: string },
  more: readonly string[],
  { clock }: { readonly clock: Clock },
): OperatorProcess => {
  const { kubeconfig, tools, directory } = place;
  const logFile = join(directory, "logs", "armada-operator.log");
  const flags = {
    "--kubeconfig": kubeconfig,
    "--helm": tools.helm,
    "--chart-root": CHART_ROOT,
    "--metrics-bind-address": "127.0.0.1:0",
    "--health-probe-bind-address": "127.0.0.1:0",
    "--state-dir": join(directory, "operator"),
    "--log-format": "pretty",
    "--drain-timeout": "2",
    "--cluster-scoped": "allow",
    "--cross-namespace": "allow",
  };
  const args = operatorArguments([...Object.entries(flags).flat(), ...more]);
  const child = spawnLogged({ command: process.execPath, args, env: place.env, logFile, parentDeathSignal: true });
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
