import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createAccount } from "../../../src/apps/start/account.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import type { LoggedChild } from "../../../src/base/process/long-lived.ts";
import { startControlPlane } from "../../../src/local/control-plane/boot.ts";
import type { ControlPlane, ControlPlaneOptions } from "../../../src/local/control-plane/boot.ts";
import { reapLeftovers } from "../../../src/local/control-plane/leftovers.ts";
import { createRunDirectory, openRunRoot } from "../../../src/local/control-plane/run-directory.ts";
import { findTools } from "../../../src/local/control-plane/tools.ts";
import type { Tools } from "../../../src/local/control-plane/tools.ts";
import { LENDER } from "../control-plane/kept.ts";
import { borrow, type Lent } from "../control-plane/lending.ts";

/** A control plane that nobody else uses meanwhile. */
export interface Cluster {
  /** Path of the administrator's kubeconfig: for tests, never for an operator. */
  readonly kubeconfig: string;
  /** Path of a kubeconfig with the rights of `deploy/`, and no more; made when first asked for. */
  operatorKubeconfig(): Promise<string>;
  readonly controlPlane: Omit<Lent, "giveBack">;
  /** For files of the test's; removed when it is stopped. */
  readonly directory: string;
  readonly tools: Tools;
  /** Runs kubectl against it and gives what it prints; `stdin` is for `-f -`. Rejects with what kubectl says when it fails or takes more than 60 s. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  /** Kills the process when the cluster is stopped, should it still run: a failed test does not reach the next file. */
  outlives(child: LoggedChild): void;
  stop(): Promise<void>;
}

/** One that is as it was when it had booted; once a test file, in `beforeAll` with a timeout of 60 s. Boots one where nobody lends. */
export const startCluster = async (): Promise<Cluster> => {
  const lender = ownEnvironment()[LENDER];
  if (lender === undefined) return bootCluster();
  const directory = createRunDirectory(await openRunRoot(ownEnvironment()));
  const lent = await borrow(lender);
  const end = async (): Promise<void> => {
    await lent.giveBack();
    await rm(directory, { recursive: true, force: true });
  };
  return clusterOf({ controlPlane: lent, directory, end });
};

/** A control plane that belongs to one test: it may be harmed. */
export type OwnCluster = Cluster & { readonly controlPlane: ControlPlane };

/** Boots one in about 4 s. First clears away what killed test runs have left. */
export const bootCluster = async (options: Pick<ControlPlaneOptions, "components"> = {}): Promise<OwnCluster> => {
  const env = ownEnvironment();
  const signal = new AbortController().signal;
  const root = await openRunRoot(env);
  await reapLeftovers(root, { clock: systemClock, log: silentLogger }, signal);
  const directory = createRunDirectory(root);
  const deps = { tools: findTools(env), directory, clock: systemClock, log: silentLogger };
  const controlPlane = await startControlPlane({ ...deps, ...options }, signal);
  const end = async (): Promise<void> => {
    await controlPlane.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...(await clusterOf({ controlPlane, directory, end })), controlPlane };
};

interface ClusterParts {
  readonly controlPlane: Cluster["controlPlane"];
  readonly directory: string;
  readonly end: () => Promise<void>;
}

const clusterOf = async ({ controlPlane, directory, end }: ClusterParts): Promise<Cluster> => {
  const tools = findTools(ownEnvironment());
  // Helm and kubectl keep what a server serves beside the kubeconfig: the next file's does not serve the same.
  const kubeconfig = join(directory, "admin.kubeconfig");
  await copyFile(controlPlane.kubeconfigPath, kubeconfig);
  const kubectl = kubectlOf(tools, { kubeconfig, home: directory });
  const account = join(directory, "operator.kubeconfig");
  const children: LoggedChild[] = [];
  let created: Promise<void> | undefined;
  return {
    kubeconfig,
    operatorKubeconfig: async () => {
      await (created ??= createAccount(account, { controlPlane, kubectl }));
      return account;
    },
    controlPlane,
    directory,
    tools,
    kubectl,
    outlives: (child) => {
      children.push(child);
      void child.exited.then(() => children.splice(children.indexOf(child), 1));
    },
    stop: async () => {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map(({ exited }) => exited));
      await end();
    },
  };
};

const kubectlOf =
  ({ kubectl }: Tools, { kubeconfig, home }: { readonly kubeconfig: string; readonly home: string }): Cluster["kubectl"] =>
  async (args, stdin) => {
    const env = { KUBECONFIG: kubeconfig, HOME: home, PATH: "/usr/bin:/bin" };
    const limits = { timeoutMs: 60_000, graceMs: 1_000, maxOutputBytes: 4_000_000, parentDeathSignal: true };
    const input = stdin === undefined ? {} : { stdin };
    const result = await run(kubectl, args, { ...input, env, ...limits }, new AbortController().signal);
    if (result.exitCode !== 0) throw new Error(`kubectl ${args.join(" ")}: ${result.failedToStart ?? result.stderr}`);
    return result.stdout;
  };
