import { join } from "node:path";
import { systemClock } from "../src/base/time/clock.ts";
import { startCluster, type Cluster } from "../test/testing/operator/cluster.ts";
import { repository, startOperator, type Operator } from "../test/testing/operator/operator.ts";
import { show, until } from "./measure.ts";

const [asked = "10"] = process.argv.slice(2);
if (!/^[1-9]\d{0,3}$/.test(asked)) {
  process.stderr.write(`"${asked}" is no number of rounds: npm run bench:failover -- 10\n`);
  process.exit(2);
}
const ROUNDS = Number(asked);

/** Of a sorted list: what so large a part of it is not above. */
const quantile = (sorted: readonly number[], part: number): number => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;

/** Milliseconds from the end of the one that works to the moment in which the one that waits is at work. */
const failover = async (
  cluster: Cluster,
  leader: Operator,
  end: (leader: Operator) => Promise<unknown>,
): Promise<{ next: Operator; took: number }> => {
  const next = await startOperator(cluster, { until: "waiting for Lease" });
  const begun = systemClock.monotonic();
  const ending = end(leader);
  await until(async () => (await next.log()).includes('"message":"ready"'));
  const took = systemClock.monotonic() - begun;
  await ending;
  return { next, took };
};

const cluster = await startCluster();
try {
  await cluster.kubectl(["apply", "--server-side", "-f", join(repository, "crds")]);
  await cluster.kubectl(["wait", "--for=condition=Established", "-f", join(repository, "crds")]);
  let leader = await startOperator(cluster);
  const ways = { SIGTERM: (one: Operator) => one.stop(), "kill -9": (one: Operator) => one.kill() };
  for (const [name, end] of Object.entries(ways)) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { next, took } = await failover(cluster, leader, end);
      times.push(took);
      leader = next;
    }
    const sorted = times.toSorted((a, b) => a - b);
    const [p50, p95, max] = [0.5, 0.95, 1].map((part) => `${(quantile(sorted, part) / 1_000).toFixed(2)} s`);
    show(`fail-over after ${name}, ${String(ROUNDS)} times`, `p50 ${p50 ?? ""}, p95 ${p95 ?? ""}, max ${max ?? ""}`);
  }
  await leader.stop();
} finally {
  await cluster.stop();
}
