import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { stat } from "node:fs/promises";
import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import { systemClock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { ownEnvironment, run } from "../../base/process.ts";
import { ChildNotes, reapLeftoverChildren } from "../../helm/process/children.ts";
import { CliHelmDriver } from "../../helm/cli-driver.ts";
import { helmEnvironment } from "../../helm/process/environment.ts";
import { HELM_LIMITS, limitEnvironment } from "../../helm/process/limits.ts";
import { createHelmHome, removeKubeCache } from "../../helm/process/home.ts";
import { systemProcesses } from "../../helm/process/processes.ts";
import { readHelmVersion } from "../../helm/version.ts";
import { KubeClient } from "../../kube/client.ts";
import { loadKubeConfigApart } from "../../kube/config-apart.ts";
import { Discovery } from "../../kube/discovery.ts";
import { KubeHttp } from "../../kube/http.ts";
import { serveHealth, serveMetrics, type Check } from "../../runtime/health.ts";
import { LEASE_TIMES } from "../../runtime/leaderelection/lease-times.ts";
import { createMetrics } from "../../runtime/metrics.ts";
import type { LeaseHold } from "../../runtime/leaderelection/lease-hold.ts";
import type { OperatorConfig } from "./settings/config.ts";
import { createControllers } from "./controllers.ts";
import { lead, type Lead } from "./leadership.ts";
import { Phases } from "./measure/phases.ts";
import { openStateFolder } from "./state-folder.ts";

/** How long helm children may take to be ended that an earlier process left. */
const REAP_GRACE_MS = 5_000;

/**
 * Runs the operator until the signal aborts, then ends in order; while its Lease is lost it waits for it. Rejects with one sentence when it
 * cannot start.
 */
export const runOperator = async (config: OperatorConfig, log: Logger, signal: AbortSignal): Promise<void> => {
  const clock = systemClock;
  const metrics = createMetrics();
  const environment = ownEnvironment();
  await openStateFolder(config.stateDir);
  const { stateDir } = config;
  const home = await createHelmHome({ stateDir, memoryDir: await folder("/dev/shm"), processes: systemProcesses, ownPid: process.pid });
  const helmEnv = { ...helmEnvironment({ parent: environment, kubeconfig: config.kubeconfig, ...home }), ...limitEnvironment(HELM_LIMITS) };
  const helmVersion = await readHelmVersion(run, config.helm, helmEnv, signal);

  const cluster = await loadKubeConfigApart({ path: config.kubeconfig }, { run, env: environment, clock }, signal);
  /** The last one: nothing is written for a chart when it is over. */
  let held: LeaseHold | undefined;
  const onAnswer = (verb: string, status: number): void => metrics.apiRequests.inc({ verb, code: String(status) });
  const http = new KubeHttp(cluster, { onAnswer, assertMayWrite: () => held?.assertHeld() });
  const discovery = new Discovery({ http, clock });
  const api = new KubeClient({ http, discovery });
  // Connections of its own: a renewal waits behind nothing that is done for a chart.
  const leaseHttp = new KubeHttp(cluster, { onAnswer });
  const leases = new KubeClient({ http: leaseHttp, discovery });
  let state: "starting" | "waiting for the Lease" | "filling caches" | "ready" = "starting";
  let trouble: Check = () => undefined;
  const ready: Check = () => {
    if (state === "waiting for the Lease") return undefined;
    if (state === "ready") return trouble();
    const because = trouble();
    return because === undefined ? state : `${state}: ${because}`;
  };
  const health = await serveHealth({ address: config.healthAddress, ready, log });
  const served = await serveMetrics({ address: config.metricsAddress, metrics, log });
  try {
    await crdsServed(api, signal);
    log.info("starting", { server: cluster.server, helm: helmVersion, healthPort: health.port, metricsPort: served.port, pid: process.pid });
    state = "waiting for the Lease";
    const identity = `${hostname()}_${String(process.pid)}_${randomBytes(4).toString("hex")}`;
    const namespace = config.leaseNamespace ?? cluster.namespace;
    const work = async ({ leaseHold, leaseHolds, guard, stop }: Lead): Promise<void> => {
      state = "filling caches";
      held = leaseHold;
      // Not before the Lease is ours: an earlier holder that loses it ends its helm by itself.
      for (const note of await reapLeftoverChildren(stateDir, { clock, processes: systemProcesses, graceMs: REAP_GRACE_MS }, stop)) {
        log.warn("ended a helm that an earlier operator left running", { release: `${note.namespace}/${note.name}`, pid: note.pid });
      }
      const phases = new Phases({ clock, metrics });
      const children = new ChildNotes(stateDir, systemProcesses, process.pid);
      const helm = new CliHelmDriver({
        run,
        helm: config.helm,
        env: helmEnv,
        concurrency: config.concurrency,
        children,
        limits: HELM_LIMITS,
        guard,
        graceMs: LEASE_TIMES.killGraceMs,
        onRun: ({ verb, result, durationMs }) => {
          metrics.helmRuns.inc({ verb, result: result === "ok" ? "success" : result });
          metrics.helmRunDuration.observe({ verb }, durationMs / 1000);
          phases.helmEnded(verb, durationMs);
        },
      });
      const onReady = (): void => {
        state = "ready";
        log.info("ready", { epoch: leaseHold.epoch });
      };
      const controllers = await createControllers({
        stop,
        config,
        http,
        api,
        helm,
        clock,
        log,
        metrics,
        phases,
        epoch: leaseHold.epoch,
        leaseHolds,
        identity,
        namespace: cluster.namespace,
        onReady,
      });
      trouble = controllers.trouble;
      await controllers.manager.run(stop);
    };
    const workOnce = (led: Lead): Promise<void> =>
      work(led).finally(() => {
        state = "waiting for the Lease";
        trouble = () => undefined;
      });
    await lead({ api: leases, clock, log, identity, namespace, watched: config.watchNamespaces }, workOnce, signal);
  } finally {
    await Promise.all([health.close(), served.close()]);
    await Promise.all([http.close(), leaseHttp.close()]);
    await removeKubeCache(home);
  }
};

const folder = async (path: string): Promise<string | undefined> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true ? path : undefined;

const crdsServed = async (api: KubeClient, signal: AbortSignal): Promise<void> => {
  for (const { group, version, kind, plural } of [CHARTS, GROUPS, MANIFESTS]) {
    if ((await api.resolve(`${group}/${version}`, kind, signal)) === undefined) {
      throw new Error(`the cluster does not serve ${plural}.${group}: install the CustomResourceDefinitions with kubectl apply -f crds/`);
    }
  }
};
