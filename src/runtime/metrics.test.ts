import { expect, test } from "@jest/globals";
import { createMetrics } from "./metrics.ts";

test("expose gives what was counted, and asks queues for their depth", async () => {
  const metrics = createMetrics();
  let depth = 1;
  metrics.observeQueue("ArmadaChart", () => depth);
  metrics.reconciles.inc({ kind: "ArmadaChart", result: "success" });
  metrics.handover.observe(0.003);
  depth = 4;
  const lines = (await metrics.expose()).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      'armada_reconcile_total{kind="ArmadaChart",result="success"} 1',
      'armada_workqueue_depth{kind="ArmadaChart"} 4',
      'armada_handover_seconds_bucket{le="0.0025"} 0',
      'armada_handover_seconds_bucket{le="0.005"} 1',
      "armada_events_dropped_total 0",
    ]),
  );
});

test("expose counts CPU time once however often it is read", async () => {
  const metrics = createMetrics();
  await metrics.expose();
  const cpu = Number(/^process_cpu_seconds_total (.+)$/m.exec(await metrics.expose())?.[1]);
  const { user, system } = process.cpuUsage();
  expect(cpu).toBeGreaterThan(0);
  expect(cpu).toBeLessThanOrEqual((user + system) / 1e6);
});

test("two sets of metrics do not meet", async () => {
  const one = createMetrics();
  const other = createMetrics();
  one.eventsDropped.inc();
  expect(await other.expose()).toContain("armada_events_dropped_total 0");
});
