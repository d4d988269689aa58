import { beforeEach, expect, test } from "@jest/globals";
import { MetricsRegistry, runtimeMetrics, type RuntimeMetrics } from "./metrics.ts";

let registry: MetricsRegistry;
let metrics: RuntimeMetrics;
beforeEach(() => {
  registry = new MetricsRegistry("test");
  metrics = runtimeMetrics(registry);
});

test("expose gives what was counted under the prefix, and asks queues for their depth", async () => {
  let depth = 1;
  metrics.observeQueue("ArmadaChart", () => depth);
  metrics.reconciles.inc({ kind: "ArmadaChart", result: "success" });
  registry.histogram("handover_seconds", "Time.", [0.0025, 0.005]).observe(0.003);
  depth = 4;
  const lines = (await registry.expose()).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      'test_reconcile_total{kind="ArmadaChart",result="success"} 1',
      'test_workqueue_depth{kind="ArmadaChart"} 4',
      'test_handover_seconds_bucket{le="0.0025"} 0',
      'test_handover_seconds_bucket{le="0.005"} 1',
      "test_events_dropped_total 0",
    ]),
  );
});

test("expose counts CPU time once however often it is read", async () => {
  await registry.expose();
  const cpu = Number(/^process_cpu_seconds_total (.+)$/m.exec(await registry.expose())?.[1]);
  const { user, system } = process.cpuUsage();
  expect(cpu).toBeGreaterThan(0);
  expect(cpu).toBeLessThanOrEqual((user + system) / 1e6);
});

test("two registries do not meet", async () => {
  const other = new MetricsRegistry("test");
  runtimeMetrics(other);
  metrics.eventsDropped.inc();
  expect(await other.expose()).toContain("test_events_dropped_total 0");
});
