import { join } from "node:path";
import { ownEnvironment } from "../src/base/process/environment.ts";
import { run } from "../src/base/process/process.ts";
import { startCluster, type Cluster } from "../test/testing/operator/cluster.ts";
import { repository, startOperator, type Operator } from "../test/testing/operator/operator.ts";
import { oneCommit } from "./git.ts";
import { cpuOf, median, memoryOf, pause, seconds, show } from "./measure.ts";
import { bringUp, helmRuns, metric, park, tearDown } from "./operator.ts";

const CHARTS = 50;
const ROUNDS = 3;

/** What people would type instead. */
const xargs = async (cluster: Cluster, namespace: string): Promise<void> => {
  const chart = join(repository, "helm-charts", "testchart");
  const each = `${cluster.tools.helm} upgrade --install bench-{} ${chart} --namespace ${namespace} --create-namespace --set replicaCount=0 --history-max 3`;
  const env = { ...ownEnvironment(), KUBECONFIG: cluster.kubeconfig };
  const limits = { timeoutMs: 300_000, graceMs: 1000, maxOutputBytes: 1_000_000, parentDeathSignal: true };
  const child = await run("sh", ["-c", `seq ${String(CHARTS)} | xargs -P4 -I{} ${each}`], { env, ...limits }, new AbortController().signal);
  if (child.exitCode !== 0) throw new Error(child.stderr);
};

const together = async (cluster: Cluster, operator: Operator): Promise<void> => {
  const ours: number[] = [];
  const theirs: number[] = [];
  const cpu: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const namespace = `bench-xargs-${String(round)}`;
    await cluster.kubectl(["create", "namespace", namespace]);
    theirs.push(await seconds(() => xargs(cluster, namespace)));
    const estate = { namespace: `bench-${String(round)}`, charts: CHARTS, replicas: 0, sequenced: false };
    await park(cluster, estate);
    const before = cpuOf(operator.pid);
    ours.push(await seconds(() => bringUp(cluster, estate.namespace)));
    cpu.push(cpuOf(operator.pid) - before);
    if (round < ROUNDS) await tearDown(cluster, estate.namespace);
  }
  show(
    `${String(CHARTS)} charts, xargs -P4 helm upgrade --install`,
    `${theirs.map((s) => s.toFixed(2)).join(", ")} s; median ${median(theirs).toFixed(2)} s`,
  );
  show(`${String(CHARTS)} charts, one group, not sequenced`, `${ours.map((s) => s.toFixed(2)).join(", ")} s; median ${median(ours).toFixed(2)} s`);
  show("  ratio of medians (aim: at most 0.7)", (median(ours) / median(theirs)).toFixed(2));
  show("  CPU of the operator and its helm children, a chart", `${(median(cpu) / CHARTS).toFixed(3)} s`);
};

const inSequence = async (cluster: Cluster, operator: Operator): Promise<void> => {
  const estate = { namespace: "bench-sequence", charts: 10, replicas: 1, sequenced: true };
  await park(cluster, estate);
  const before = await metric(operator, "armada_handover_seconds_bucket");
  const took = await seconds(() => bringUp(cluster, estate.namespace));
  const after = await metric(operator, "armada_handover_seconds_bucket");
  const counts = [...after].map(([labels, count]) => ({ le: /le="([^"]+)"/.exec(labels)?.[1] ?? "", count: count - (before.get(labels) ?? 0) }));
  const total = counts.find(({ le }) => le === "+Inf")?.count ?? 0;
  const p95 = counts.find(({ count }) => count >= Math.ceil(total * 0.95))?.le ?? "?";
  show("10 charts with one pod each, sequenced", `${took.toFixed(2)} s`);
  show("  hand-over, last object ready → next helm started, p95 (aim: 50 ms)", `at most ${p95} s, of ${String(total)}`);
  show("  its distribution (at most seconds: hand-overs)", counts.map(({ le, count }) => `${le}: ${String(count)}`).join("  "));
  await tearDown(cluster, estate.namespace);
};

const restart = async (cluster: Cluster, operator: Operator): Promise<void> => {
  const namespace = `bench-${String(ROUNDS)}`;
  const versions = (): Promise<string> =>
    cluster.kubectl(["-n", namespace, "get", "act,acg,secret,deployment", "-o", "jsonpath={.items[*].metadata.resourceVersion}"]);
  await pause(2000);
  const { now: idle, peak } = memoryOf(operator.pid);
  show("memory of the operator after that, now and at its highest", `${idle.toFixed(0)} MiB, ${peak.toFixed(0)} MiB`);
  const before = await versions();
  await operator.stop();
  let next: Operator | undefined;
  const took = await seconds(async () => (next = await startOperator(cluster)));
  if (next === undefined) throw new Error("the operator did not start");
  await pause(5000);
  const changed = before === (await versions()) ? "no" : "SOME";
  show(`restart with ${String(CHARTS)} deployed charts: until it is at work`, `${took.toFixed(2)} s`);
  show("  helm processes, and objects written, within 5 s after", `${String(await helmRuns(next))}, ${changed}`);
  show("  memory and CPU of the restarted operator", `${memoryOf(next.pid).now.toFixed(0)} MiB, ${cpuOf(next.pid).toFixed(2)} s`);
  await next.stop();
};

await oneCommit();
const cluster = await startCluster();
try {
  await cluster.kubectl(["apply", "--server-side", "-f", join(repository, "crds")]);
  await cluster.kubectl(["wait", "--for=condition=Established", "-f", join(repository, "crds")]);
  const operator = await startOperator(cluster);
  await pause(1000);
  show("memory of the operator at rest, nothing to do", `${memoryOf(operator.pid).now.toFixed(0)} MiB`);
  await together(cluster, operator);
  await inSequence(cluster, operator);
  await restart(cluster, operator);
} finally {
  await cluster.stop();
}
