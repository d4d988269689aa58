import { stat } from "node:fs/promises";
import type { Environment } from "../../base/process/environment.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { run as runProcess } from "../../base/process/process.ts";
import type { OpenHelmAccess } from "../../helm/access.ts";
import { CliHelmDriver } from "../../helm/cli-driver.ts";
import { ChildNotes } from "../../helm/process/children.ts";
import { helmEnvironment } from "../../helm/process/environment.ts";
import { createHelmHome, removeKubeCache } from "../../helm/process/home.ts";
import { HELM_LIMITS, limitEnvironment } from "../../helm/process/limits.ts";
import { systemProcesses } from "../../helm/process/processes.ts";
import type { HelmGuard } from "../../helm/process/watchdog.ts";
import { leaseTimes } from "../../runtime/leaderelection/lease-times.ts";
import type { HelmMetrics } from "./measure/metrics.ts";
import type { Phases } from "./measure/phases.ts";
import type { OperatorConfig } from "./settings/settings.ts";

/** Where every helm of this process runs. */
export interface HelmPlace {
  /** The environment of helm, its way to the API server aside. */
  readonly env: Environment;
  /** Removes what is of use to this process only. */
  close(): Promise<void>;
}

/** Makes helm's private folders below the state folder. `parent` is the environment of this process. */
export const openHelmPlace = async ({ stateDir }: Pick<OperatorConfig, "stateDir">, parent: Environment): Promise<HelmPlace> => {
  const home = await createHelmHome({ stateDir, memoryDir: await folder("/dev/shm"), processes: systemProcesses, ownPid: process.pid });
  const env = { ...helmEnvironment({ path: parent["PATH"] ?? "", ...home }), ...limitEnvironment(HELM_LIMITS) };
  return { env, close: () => removeKubeCache(home) };
};

const folder = async (path: string): Promise<string | undefined> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true ? path : undefined;

export interface HelmDeps {
  readonly config: Pick<OperatorConfig, "helm" | "concurrency" | "stateDir" | "leaseDurationMs">;
  readonly run: typeof runProcess;
  readonly env: Environment;
  readonly access: OpenHelmAccess;
  readonly metrics: Pick<HelmMetrics, "helmRuns" | "helmRunDuration">;
  readonly phases: Phases;
  readonly clock: Clock;
  /** Ends helm when this process cannot. */
  readonly guard?: HelmGuard;
}

/** Runs helm, and counts its runs. */
export const createHelm = ({ config, metrics, phases, ...deps }: HelmDeps): CliHelmDriver =>
  new CliHelmDriver({
    ...deps,
    helm: config.helm,
    concurrency: config.concurrency,
    children: new ChildNotes(config.stateDir, systemProcesses, process.pid),
    limits: HELM_LIMITS,
    graceMs: leaseTimes(config.leaseDurationMs).killGraceMs,
    onRun: ({ verb, result, durationMs }) => {
      metrics.helmRuns.inc({ verb, result: result === "ok" ? "success" : result });
      metrics.helmRunDuration.observe({ verb }, durationMs / 1000);
      phases.helmEnded(verb, durationMs);
    },
  });
