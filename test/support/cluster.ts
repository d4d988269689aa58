import { rm } from "node:fs/promises";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { ownEnvironment } from "../../src/base/process.ts";
import { startControlPlane } from "../../src/local/control-plane.ts";
import type { ControlPlane, ControlPlaneOptions } from "../../src/local/control-plane.ts";
import { reapLeftovers } from "../../src/local/leftovers.ts";
import { createRunDirectory, openRunRoot } from "../../src/local/run-directory.ts";
import { findTools } from "../../src/local/tools.ts";
import type { Tools } from "../../src/local/tools.ts";

/** A control plane of a test file's own. */
export interface Cluster {
  /** Path of the kubeconfig. */
  readonly kubeconfig: string;
  readonly controlPlane: ControlPlane;
  readonly tools: Tools;
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
  return {
    kubeconfig: controlPlane.kubeconfigPath,
    controlPlane,
    tools,
    stop: async () => {
      await controlPlane.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
