import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import type { Clock } from "../../base/time/clock.ts";
import { run } from "../../base/process/process.ts";
import type { Environment } from "../../base/process/environment.ts";
import { KubeClient } from "../../kube/client.ts";
import { loadKubeConfigApart } from "../../kube/config-apart.ts";
import type { ClusterConfig } from "../../kube/config.ts";
import { Discovery } from "../../kube/discovery.ts";
import { KubeHttp } from "../../kube/http.ts";
import { listWatch } from "../../kube/list-watch.ts";
import type { LeaseHold } from "../../runtime/leaderelection/lease-hold.ts";
import type { RuntimeMetrics } from "../../runtime/metrics.ts";
import type { ListWatch } from "./caches.ts";
import type { OperatorConfig } from "./settings/settings.ts";

export interface Connections {
  readonly cluster: ClusterConfig;
  readonly api: KubeClient;
  /** For requests of helm. */
  readonly http: Pick<KubeHttp, "forward">;
  readonly listWatch: ListWatch;
  /** Connections of their own: a renewal of the Lease waits behind nothing that is done for a chart. */
  readonly leases: KubeClient;
  readonly watchLeases: ListWatch;
  /** From now on nothing is written for a chart unless this Lease is held. */
  writeUnder(leaseHold: LeaseHold): void;
  close(): Promise<void>;
}

export interface ConnectionsDeps {
  readonly env: Environment;
  readonly clock: Clock;
  readonly metrics: Pick<RuntimeMetrics, "apiRequests">;
}

/** To the API server of the kubeconfig. Rejects with one sentence when that cannot be read; asks nothing of the API server. */
export const connect = async (
  { kubeconfig }: Pick<OperatorConfig, "kubeconfig">,
  { env, clock, metrics }: ConnectionsDeps,
  signal: AbortSignal,
): Promise<Connections> => {
  const cluster = await loadKubeConfigApart({ path: kubeconfig }, { run, env, clock }, signal);
  let held: LeaseHold | undefined;
  const onAnswer = (verb: string, status: number): void => metrics.apiRequests.inc({ verb, code: String(status) });
  const http = new KubeHttp(cluster, { onAnswer, assertMayWrite: () => held?.assertHeld() });
  const leaseHttp = new KubeHttp(cluster, { onAnswer });
  const discovery = new Discovery({ http, clock });
  return {
    cluster,
    http,
    api: new KubeClient({ http, discovery }),
    listWatch: (resource, options) => listWatch(http, resource, options),
    leases: new KubeClient({ http: leaseHttp, discovery }),
    watchLeases: (resource, options) => listWatch(leaseHttp, resource, options),
    writeUnder: (leaseHold) => void (held = leaseHold),
    close: async () => void (await Promise.all([http.close(), leaseHttp.close()])),
  };
};

/** Rejects with one sentence when the cluster does not serve our kinds. */
export const kindsServed = async (api: Pick<KubeClient, "resolve">, signal: AbortSignal): Promise<void> => {
  for (const { group, version, kind, plural } of [CHARTS, GROUPS, MANIFESTS]) {
    if ((await api.resolve(`${group}/${version}`, kind, signal)) === undefined) {
      throw new Error(`the cluster does not serve ${plural}.${group}: install the CustomResourceDefinitions with kubectl apply -f crds/`);
    }
  }
};
