import type { run as runProcess } from "../../base/process/process.ts";
import type { Environment } from "../../base/process/environment.ts";
import type { OpenHelmAccess } from "../../helm/access.ts";
import { reapLeftoverChildren } from "../../helm/process/children.ts";
import { systemProcesses } from "../../helm/process/processes.ts";
import type { HelmGuard } from "../../helm/process/watchdog.ts";
import { createControllers, type Controllers, type ControllersDeps } from "./controllers.ts";
import { createHelm } from "./helm.ts";
import { Phases } from "./measure/phases.ts";

export interface WorkDeps extends Omit<ControllersDeps, "helm" | "phases" | "isHelmRunning"> {
  readonly run: typeof runProcess;
  readonly helmEnv: Environment;
  readonly helmAccess: OpenHelmAccess;
  /** Ends helm when this process cannot. */
  readonly guard?: HelmGuard;
}

/** Everything that works under one hold of a Lease, made and not yet running. */
export const createWork = ({ run, helmEnv, helmAccess, guard, ...deps }: WorkDeps): Promise<Controllers> => {
  const phases = new Phases(deps);
  const helm = createHelm({ ...deps, run, env: helmEnv, access: helmAccess, phases, ...(guard === undefined ? {} : { guard }) });
  return createControllers({ ...deps, helm, phases, isHelmRunning: () => helm.running > 0 });
};

/** How long helm children may take to be ended that an earlier process left. */
const REAP_GRACE_MS = 5_000;

/** Not before the Lease is ours: an earlier holder that loses it ends its helm by itself. */
export const endLeftovers = async ({ config, clock, log }: Pick<WorkDeps, "config" | "clock" | "log">, signal: AbortSignal): Promise<void> => {
  const deps = { clock, processes: systemProcesses, graceMs: REAP_GRACE_MS };
  for (const { namespace, name, pid } of await reapLeftoverChildren(config.stateDir, deps, signal)) {
    log.warn("stopped a helm process that a previous operator left running", { release: `${namespace}/${name}`, pid });
  }
};
