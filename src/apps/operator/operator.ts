import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { systemClock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import { ownEnvironment } from "../../base/process/environment.ts";
import { run } from "../../base/process/process.ts";
import type { OpenHelmAccess } from "../../helm/access.ts";
import { readHelmVersion } from "../../helm/version.ts";
import { healthRoute, metricsRoute } from "../../runtime/health.ts";
import { serve } from "../../runtime/http-server.ts";
import { openHelmAccess } from "./access/helm-access.ts";
import { leaseTimes } from "../../runtime/leaderelection/lease-times.ts";
import { connect, kindsServed, type Connections } from "./connections.ts";
import { openHelmPlace, type HelmPlace } from "./helm.ts";
import { lead, type Lead } from "./leadership.ts";
import { createMetrics, type Metrics } from "./measure/metrics.ts";
import { OperatorProbes } from "./probes.ts";
import type { OperatorConfig } from "./settings/settings.ts";
import { securedFor } from "./secured.ts";
import { openStateFolder } from "./state-folder.ts";
import { createWork, endLeftovers } from "./work.ts";

/**
 * Runs the operator until the signal aborts, then ends in order; while its Lease is lost it waits for it. Rejects with one sentence when it
 * cannot start.
 */
export const runOperator = async (config: OperatorConfig, log: Logger, signal: AbortSignal): Promise<void> => {
  const clock = systemClock;
  const env = ownEnvironment();
  const metrics = createMetrics();
  const probes = new OperatorProbes();
  const opened = new AsyncDisposableStack();
  const keep = <T extends { close(): Promise<void> }>(one: T): T => opened.adopt(one, (it) => it.close());
  try {
    await openStateFolder(config.stateDir);
    const helm = keep(await openHelmPlace(config, env));
    const helmVersion = await readHelmVersion(run, config.helm, helm.env, signal);
    const connections = keep(await connect(config, { env, clock, metrics }, signal));
    const { cluster, api, http, leases, watchLeases } = connections;
    const helmAccess = keep(await openHelmAccess({ cluster, http, api }));
    const health = keep(await serve({ address: config.healthAddress, routes: [healthRoute(probes)], log }));
    const secured = await securedFor(config, { api, clock, log, signal });
    const served = keep(await serve({ address: config.metricsAddress, routes: [metricsRoute(metrics)], log, secured }));
    await kindsServed(api, signal);
    log.info("starting", { server: cluster.server, helm: helmVersion, healthPort: health.port, metricsPort: served.port, pid: process.pid });
    probes.waits();
    const identity = `${hostname()}_${String(process.pid)}_${randomBytes(4).toString("hex")}`;
    const namespace = config.leaseNamespace ?? cluster.namespace;
    const own = [...new Set([cluster.namespace, namespace])];
    const operator = { config, log, metrics, probes, helm, helmAccess: helmAccess.open, connections, identity, own };
    const work = (led: Lead): Promise<void> => workUnder(led, operator);
    const leading = {
      api: leases,
      listWatch: watchLeases,
      clock,
      log,
      metrics,
      identity,
      host: hostname(),
      namespace,
      watched: config.watchNamespaces,
    };
    const { drainMs, shards } = config;
    const onShard = (shard: number, held: boolean): void => showShard(metrics, shard, held);
    await lead({ ...leading, times: leaseTimes(config.leaseDurationMs), drainMs, shards, onShard }, work, signal);
  } finally {
    await opened.disposeAsync();
  }
};

interface Operator {
  readonly config: OperatorConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly probes: OperatorProbes;
  readonly helm: HelmPlace;
  readonly helmAccess: OpenHelmAccess;
  readonly connections: Connections;
  readonly identity: string;
  readonly own: readonly string[];
}

/** Works until the Lease is lost, or the operator stops. */
const workUnder = async (led: Lead, { probes, helm, connections, ...shared }: Operator): Promise<void> => {
  const { leaseHold, stop } = led;
  const { epoch } = leaseHold;
  const { cluster, api, listWatch } = connections;
  const deps = { ...shared, clock: systemClock, run, helmEnv: helm.env, api, listWatch, namespace: cluster.namespace };
  const onReady = (): void => {
    probes.isReady();
    shared.log.info("ready", { epoch });
  };
  try {
    probes.fills();
    connections.writeUnder(leaseHold);
    await endLeftovers(deps, stop);
    const { manager, trouble, stuck } = await createWork({ ...deps, ...led, onReady });
    probes.works({ trouble, stuck });
    await manager.run(stop);
  } finally {
    probes.waits();
  }
};

const showShard = ({ shardHeld, shardMoves }: Metrics, shard: number, held: boolean): void => {
  const label = { shard: String(shard) };
  shardMoves.inc({ ...label, move: held ? "taken" : "given" });
  if (held) shardHeld.set(label, 1);
  else shardHeld.remove(label);
};
