import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createAccount } from "../../../src/apps/start/account.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { ownEnvironment, run } from "../../../src/base/process.ts";
import { startControlPlane } from "../../../src/local/control-plane/boot.ts";
import type { ControlPlane, ControlPlaneOptions } from "../../../src/local/control-plane/boot.ts";
import { reapLeftovers } from "../../../src/local/control-plane/leftovers.ts";
import { createRunDirectory, openRunRoot } from "../../../src/local/control-plane/run-directory.ts";
import { findTools } from "../../../src/local/control-plane/tools.ts";
import type { Tools } from "../../../src/local/control-plane/tools.ts";

/** A control plane of a test file's own. */
export interface Cluster {
  /** Path of the administrator's kubeconfig: for tests, never for an operator. */
  readonly kubeconfig: string;
  /** Path of a kubeconfig with the rights of `deploy/`, and no more; made when first asked for. */
  operatorKubeconfig(): Promise<string>;
  readonly controlPlane: ControlPlane;
  readonly tools: Tools;
  /** Runs kubectl against it and gives what it prints; `stdin` is for `-f -`. Rejects with what kubectl says when it fails or takes more than 60 s. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  stop(): Promise<void>;
}

/** Boots in about 4 s; once a test file, in `beforeAll` with a timeout of 60 s. First clears away what killed test runs have left. */
export const startCluster = async (options: Pick<ControlPlaneOptions, "components"> = {}): Promise<Cluster> => {
  const env = ownEnvironment();
  const signal = new AbortController().signal;
  const tools = findTools(env);
  const root = await openRunRoot(env);
  await reapLeftovers(root, { clock: systemClock, log: silentLogger }, signal);
  const directory = createRunDirectory(root);
  const controlPlane = await startControlPlane({ tools, directory, clock: systemClock, log: silentLogger, ...options }, signal);
  const kubectl: Cluster["kubectl"] = async (args, stdin) => {
    const result = await run(
      tools.kubectl,
      args,
      {
        ...(stdin === undefined ? {} : { stdin }),
        env: { KUBECONFIG: controlPlane.kubeconfigPath, HOME: directory, PATH: "/usr/bin:/bin" },
        timeoutMs: 60_000,
        graceMs: 1_000,
        maxOutputBytes: 4_000_000,
        parentDeathSignal: true,
      },
      signal,
    );
    if (result.exitCode !== 0) throw new Error(`kubectl ${args.join(" ")}: ${result.failedToStart ?? result.stderr}`);
    return result.stdout;
  };
  const account = join(directory, "operator.kubeconfig");
  let created: Promise<void> | undefined;
  return {
    kubeconfig: controlPlane.kubeconfigPath,
    operatorKubeconfig: async () => {
      await (created ??= createAccount(account, { controlPlane, kubectl }));
      return account;
    },
    controlPlane,
    tools,
    kubectl,
    stop: async () => {
      await controlPlane.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
