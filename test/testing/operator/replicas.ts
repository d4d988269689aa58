import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LEASE_ANNOTATIONS } from "../../../src/armada/names.ts";
import { LEASES, parseLease, type LeaseRecord } from "../../../src/runtime/leaderelection/lease-record.ts";
import type { ApiClient } from "../../../src/runtime/api.ts";
import { eventually } from "../eventually.ts";
import type { Cluster } from "./cluster.ts";
import { startOperator, type Operator, type OperatorOptions } from "./operator.ts";
import { plugInto, type Plug } from "./plug.ts";

/** An operator with a network of its own. */
export interface Replica extends Operator {
  /** Between it, its helm processes and the API server. */
  readonly plug: Plug;
  /** Answers to requests of its own that would change something, by method and status; renewals of the Lease are none of them. */
  writes(): Promise<string>;
}

/** Several operators under one Lease. */
export interface Replicas {
  start(options?: OperatorOptions): Promise<Replica>;
  /** Who holds the Lease, and the other one. */
  pair(): Promise<{ readonly leader: Replica; readonly standby: Replica }>;
  lease(): Promise<LeaseRecord>;
  /** Of the holder: another than `pid`, when that is given. Waits for one. */
  holder(other?: number): Promise<number>;
  /** Of all that run. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

const never = new AbortController().signal;

export const openReplicas = (cluster: Cluster, api: ApiClient, common: OperatorOptions): Replicas => {
  const running = new Set<Replica>();
  let count = 0;
  const lease = async (): Promise<LeaseRecord> => {
    const found = await api.get({ resource: LEASES, namespace: "armada-operator", name: "armada-operator" }, never);
    if (found === undefined) throw new Error("there is no Lease");
    return parseLease(found, LEASE_ANNOTATIONS);
  };
  const holder = (other?: number): Promise<number> =>
    eventually(
      "a replica holds the Lease",
      async () => {
        const pid = Number((await lease()).holder.split("_").at(-2));
        if (!(pid > 0) || pid === other) throw new Error(`the holder is ${String(pid)}`);
        return pid;
      },
      60_000,
    );
  return {
    lease,
    holder,
    start: async (options = {}) => {
      const kubeconfig = await readFile(await cluster.operatorKubeconfig(), "utf8");
      const [server, port] = /127\.0\.0\.1:(\d+)/.exec(kubeconfig) ?? [];
      if (server === undefined) throw new Error("the kubeconfig names no server on loopback");
      const plug = await plugInto(Number(port));
      const path = join(cluster.directory, `replica-${String((count += 1))}.kubeconfig`);
      await writeFile(path, kubeconfig.replaceAll(server, `127.0.0.1:${String(plug.port)}`), { mode: 0o600 });
      const operator = await startOperator(cluster, { until: '"starting"', ...common, ...options, kubeconfig: path });
      const replica: Replica = { ...operator, plug, writes: () => writesOf(operator) };
      running.add(replica);
      void operator.ended().then(async () => (running.delete(replica), plug.pull()));
      return replica;
    },
    pair: async () => {
      const pid = await holder();
      const [leader, standby] = [...running].toSorted((a) => (a.pid === pid ? -1 : 1));
      if (leader?.pid !== pid || standby === undefined) throw new Error("there are no two replicas");
      return { leader, standby };
    },
    log: async () => (await Promise.all([...running].map((replica) => replica.log()))).join("\n"),
    stop: async () => {
      for (const { pid, plug } of running) {
        plug.thaw();
        process.kill(pid, "SIGCONT");
      }
      await Promise.all([...running].map((replica) => replica.stop()));
    },
  };
};

const writesOf = async (operator: Operator): Promise<string> => {
  const text = await (await fetch(`http://127.0.0.1:${String(await operator.metricsPort())}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => /^armada_api_requests_total\{verb="(?:POST|PATCH|DELETE)",code="[1-9]/.test(line))
    .toSorted()
    .join("\n");
};
