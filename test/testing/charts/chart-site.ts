import { join } from "node:path";
import { CHARTS } from "../../../src/armada/api/chart.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { run } from "../../../src/base/process/process.ts";
import { KubeClient } from "../../../src/kube/client.ts";
import { loadKubeConfig } from "../../../src/kube/config.ts";
import { Discovery } from "../../../src/kube/discovery.ts";
import { KubeHttp } from "../../../src/kube/http.ts";
import { createChartFolder, type ChartFolder } from "./chart-folder.ts";
import { createSpace, type Space } from "./chart-space.ts";
import { startCluster, type Cluster } from "../operator/cluster.ts";
import { repository, startOperator, type Operator, type OperatorOptions } from "../operator/operator.ts";

/** A control plane with CRDs, a folder of charts, and an operator: what a test file about charts boots once. */
export interface ChartSite {
  readonly cluster: Cluster;
  readonly charts: ChartFolder;
  readonly api: KubeClient;
  /** The one started last. */
  readonly operator: () => Operator;
  /** Starts one; the one before must have been ended. */
  readonly start: (options?: OperatorOptions) => Promise<Operator>;
  /** A new namespace for one test; `log`: of other operators than the one started last. */
  readonly space: (log?: () => Promise<string>) => Promise<Space>;
  /** Helm runs of the operator since it started: `verb result` → count. */
  readonly helmRuns: () => Promise<Readonly<Record<string, number>>>;
  readonly stop: () => Promise<void>;
}

/** What the API server says of a chart that is as it should be. */
export const DEPLOYED = { actual_state: "deployed", satisfied: true, reason: "UnderlyingResourcesReady" } as const;

/** Boots everything but the operator. */
export const createChartSite = async (prepare: (charts: ChartFolder) => Promise<void>): Promise<ChartSite> => {
  const cluster = await startCluster();
  const charts = await createChartFolder();
  await prepare(charts);
  const crds = join(repository, "crds");
  await cluster.kubectl(["create", "-f", crds]);
  await cluster.kubectl(["wait", "--for=condition=Established", "--timeout=20s", "-f", crds]);
  const http = new KubeHttp(await loadKubeConfig({ path: cluster.kubeconfig }));
  const api = new KubeClient({ http, discovery: new Discovery({ http, clock: systemClock }) });
  await api.list(CHARTS, {}, new AbortController().signal);
  let operator: Operator | undefined;
  let spaces = 0;
  const running = (): Operator => {
    if (operator === undefined) throw new Error("no operator was started");
    return operator;
  };
  return {
    cluster,
    charts,
    api,
    operator: running,
    start: async (options = {}) => {
      operator = await startOperator(cluster, { chartRoot: charts.path, ...options });
      return operator;
    },
    space: (log = () => running().log()) => createSpace({ api, namespace: `space-${String((spaces += 1))}`, helm: helmOf(cluster), log }),
    helmRuns: async () => parseRuns(await (await fetch(`http://127.0.0.1:${String(await running().metricsPort())}/metrics`)).text()),
    stop: async () => {
      await operator?.stop();
      await http.close();
      await cluster.stop();
      await charts.remove();
    },
  };
};

/** helm as a person runs it. Rejects with what it says. */
const helmOf =
  ({ tools, kubeconfig }: Cluster) =>
  async (args: readonly string[]): Promise<string> => {
    const env = { KUBECONFIG: kubeconfig, HOME: `${kubeconfig}.helm`, PATH: "/usr/bin:/bin" };
    const limits = { timeoutMs: 60_000, graceMs: 1000, maxOutputBytes: 1_000_000, parentDeathSignal: true };
    const result = await run(tools.helm, args, { env, ...limits }, new AbortController().signal);
    if (result.exitCode !== 0) throw new Error(`helm ${args.join(" ")}: ${result.failedToStart ?? result.stderr}`);
    return result.stdout;
  };

const parseRuns = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...text.matchAll(/^armada_helm_runs_total\{verb="(\w+)",result="(\w+)"\} (\d+)$/gm)].map(([, verb, result, count]) => [
      `${verb ?? ""} ${result ?? ""}`,
      Number(count),
    ]),
  );
