import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHelmPlace } from "../../src/apps/operator/helm.ts";
import { parseConfig } from "../../src/apps/operator/settings/config.ts";
import type { OperatorConfig } from "../../src/apps/operator/settings/settings.ts";
import { systemClock } from "../../src/base/time/clock.ts";
import { ownEnvironment } from "../../src/base/process/environment.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { loadKubeConfig, type ClusterConfig } from "../../src/kube/config.ts";
import { Discovery } from "../../src/kube/discovery.ts";
import { KubeHttp } from "../../src/kube/http.ts";
import { startCluster } from "../testing/operator/cluster.ts";
import { repository } from "../testing/operator/operator.ts";
import { createSweepCharts } from "./scenarios.ts";

/** What trials share: a control plane with the CRDs, charts, and how an operator of a trial is configured. */
export interface SweepSite {
  readonly cluster: ClusterConfig;
  /** Not through any operator. */
  readonly api: KubeClient;
  readonly helmEnv: Readonly<Record<string, string>>;
  /**
   * Of an operator that sees one namespace only, so that many trials go on side by side. Each has a new state folder, as in a new pod: what one
   * that was killed here still writes to its own is seen by nobody.
   */
  configOf(namespace: string, leaseHold: number): Promise<OperatorConfig>;
  stop(): Promise<void>;
}

export const startSweepSite = async (): Promise<SweepSite> => {
  const [booted, charts, folder] = await Promise.all([startCluster(), createSweepCharts(), mkdtemp(join(tmpdir(), "armada-sweep-"))]);
  const crds = join(repository, "crds");
  await booted.kubectl(["create", "-f", crds]);
  await booted.kubectl(["wait", "--for=condition=Established", "--timeout=20s", "-f", crds]);
  const cluster = await loadKubeConfig({ path: booted.kubeconfig });
  const http = new KubeHttp(cluster);
  const helm = await openHelmPlace({ stateDir: folder }, ownEnvironment());
  return {
    cluster,
    api: new KubeClient({ http, discovery: new Discovery({ http, clock: systemClock }) }),
    helmEnv: helm.env,
    configOf: async (namespace, leaseHold) =>
      configWith({
        "--kubeconfig": booted.kubeconfig,
        "--watch-namespaces": namespace,
        "--lease-namespace": namespace,
        "--concurrency": "4",
        "--chart-root": `/opt/armada/helm-charts=${charts.path}`,
        "--helm": booted.tools.helm,
        "--metrics-bind-address": "0",
        "--health-probe-bind-address": "0",
        "--state-dir": await mkdtemp(join(folder, `${namespace}-${String(leaseHold)}-`)),
      }),
    stop: async () => {
      await http.close();
      await booted.stop();
      await helm.close();
      await Promise.all([charts.remove(), rm(folder, { recursive: true, force: true, maxRetries: 3 })]);
    },
  };
};

const configWith = (flags: Readonly<Record<string, string>>): OperatorConfig => {
  const parsed = parseConfig(Object.entries(flags).flat(), {});
  if ("exitCode" in parsed) throw new Error(parsed.text);
  return parsed.config;
};
