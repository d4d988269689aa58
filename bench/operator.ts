import type { Cluster } from "../test/testing/operator/cluster.ts";
import type { Operator } from "../test/testing/operator/operator.ts";
import { parkedGroup } from "./estate.ts";
import { until } from "./measure.ts";

/** Values of a metric by its labels, from `/metrics`. */
export const metric = async (operator: Operator, name: string): Promise<ReadonlyMap<string, number>> => {
  const response = await fetch(`http://127.0.0.1:${String(await operator.metricsPort())}/metrics`);
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith(name));
  return new Map(lines.map((line) => [line.slice(name.length, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
};

export const helmRuns = async (operator: Operator): Promise<number> =>
  [...(await metric(operator, "armada_helm_runs_total")).values()].reduce((sum, runs) => sum + runs, 0);

const groupState = (cluster: Cluster, namespace: string): Promise<string> =>
  cluster.kubectl(["-n", namespace, "get", "acg", "bench", "-o", "jsonpath={.status.actual_state}"]);

/** Applies a parked estate and waits until every object has been seen. */
export const park = async (cluster: Cluster, estate: Parameters<typeof parkedGroup>[0]): Promise<void> => {
  await cluster.kubectl(["apply", "-f", "-"], parkedGroup(estate));
  await until(async () => {
    const states = await cluster.kubectl(["-n", estate.namespace, "get", "act", "-o", "jsonpath={.items[*].status.actual_state}"]);
    return (
      states.split(" ").filter((state) => state === "uninitialized").length === estate.charts &&
      (await groupState(cluster, estate.namespace)) === "uninitialized"
    );
  });
};

/** One command brings the group up; resolves when it says that everything is deployed. */
export const bringUp = async (cluster: Cluster, namespace: string): Promise<void> => {
  await cluster.kubectl(["-n", namespace, "patch", "acg", "bench", "--type=merge", "-p", '{"spec":{"target_state":"deployed"}}']);
  await cluster.kubectl(["-n", namespace, "wait", "acg/bench", "--for=jsonpath={.status.actual_state}=deployed", "--timeout=60s"]);
};

export const tearDown = async (cluster: Cluster, namespace: string): Promise<void> => {
  await cluster.kubectl(["-n", namespace, "delete", "acg", "bench", "--timeout=60s"]);
};
