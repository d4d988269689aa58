import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CHARTS, chartStatus } from "../../armada/api/chart.ts";
import { intervalMs } from "../../armada/chart/decision/context.ts";
import { ChartWorld } from "./testing/operator.ts";

const never = new AbortController().signal;

let world: ChartWorld;
beforeEach(() => {
  world = new ChartWorld();
});
afterEach(() => world.close());

const writes = (): number => world.api.calls.filter(({ verb }) => verb !== "get" && verb !== "list").length;

/** Its source is read again then. */
const afterInterval = () => ({ afterMs: world.chart === undefined ? 0 : intervalMs(world.chart) });

describe("a chart, as the operator wires it", () => {
  test("is installed once, and then neither helm runs nor anything is written while nothing changes", async () => {
    await world.create({ values: { a: 1 } });
    expect(await world.reconcile()).toEqual(afterInterval());
    const before = writes();
    for (let times = 0; times < 3; times += 1) {
      await world.clock.advance(700_000);
      expect(await world.reconcile()).toEqual(afterInterval());
    }
    expect([world.helm.calls.length, writes()]).toEqual([1, before]);
  });

  test("tells helm who owns the release, of which inputs it is, and under which lease hold it was made", async () => {
    await world.create({});
    await world.reconcile();
    const [call] = world.helm.calls;
    expect(call).toMatchObject({
      verb: "install",
      release: { namespace: "site", name: "blog" },
      chartPath: "/cache/x",
      timeoutMs: 900_000,
      labels: { owner: world.chart?.metadata.uid, inputs: world.chart?.status?.release?.inputs_digest, revision: 1, epoch: "1-abc" },
      replace: false,
    });
  });

  test("whose record has gone since it was heard of is not called deployed", async () => {
    await world.create({});
    await world.reconcile();
    await world.edit({ suspend: true });
    await world.reconcile();
    await world.edit({ suspend: false });
    world.helm.lost = true;
    expect(await world.reconcile()).toEqual({ afterMs: 50, conflict: true });
    expect(world.chart?.status?.reason).toBe("Suspended");
  });

  test("starts no helm on a revision of which the watch has not told yet", async () => {
    await world.create({});
    await world.reconcile();
    const [install] = world.helm.calls;
    const release = install?.release ?? { namespace: "", name: "" };
    const labels = { owner: world.chart?.metadata.uid ?? "", inputs: "sha256.x", revision: 1, epoch: "0" };
    const request = { release, timeoutMs: 1, chartPath: "/x", values: {}, labels, noHooks: false, force: false, historyMax: 0 };
    await world.helm.upgrade({ ...request, refuse: () => undefined }, never);
    await world.edit({ values: { a: 1 } });
    expect(await world.reconcile()).toEqual({ afterMs: 50, conflict: true });
    expect(world.helm.calls).toHaveLength(2);
    await world.reconcile();
    expect(world.helm.calls[2]).toMatchObject({ verb: "upgrade", values: { a: 1 }, labels: { revision: 3 } });
    expect(world.events.map(({ reason }) => reason)).toContain("ForeignRevision");
  });

  test("whose manifest cannot be read says so, and is deployed again without helm when it can", async () => {
    await world.create({});
    await world.reconcile();
    world.helm.manifest = "kind: [";
    await expect(world.reconcile()).rejects.toThrow("line 1");
    expect(world.chart?.status).toMatchObject({ actual_state: "error", reason: "ReconcileError", release: { revision: 1 } });
    expect(world.chart?.status?.waiting_for).toContain("for a change of the data that is invalid: line 1");
    world.helm.manifest = "";
    expect(await world.reconcile()).toEqual(afterInterval());
    expect(world.chart?.status).toMatchObject({ actual_state: "deployed", satisfied: true });
    expect(world.chart?.status).not.toHaveProperty("waiting_for");
    expect(world.helm.calls).toHaveLength(1);
  });

  test.each([
    ["without a spec", undefined, "spec.release is "],
    ["without a source", { release: "blog" }, 'spec.source.type is ""'],
    ["with a target that is none", { release: "blog", source: { type: "local", location: "/x" }, target_state: "on" }, 'spec.target_state is "on"'],
  ])("stored %s before the CRD had a rule is refused, and can be deleted", async (_, spec, sentence) => {
    await world.store(spec);
    await world.reconcile();
    expect(world.chart?.status).toMatchObject({ actual_state: "error", reason: "InvalidSpec", satisfied: false });
    expect(world.chart?.status?.waiting_for).toContain(sentence);
    expect(chartStatus.safeParse(world.chart?.status).success).toBe(true);
    await world.delete();
    await world.reconcile();
    expect([await world.api.list(CHARTS, {}, never), world.helm.calls]).toEqual([[], []]);
  });
});
