import { expect, test } from "@jest/globals";
import { ApiError } from "../../runtime/api.ts";
import { ChartWorld } from "./testing/operator.ts";

const unavailable = new ApiError("try later", { status: 503, reason: "ServiceUnavailable" });

/** What a lost pass leads to. */
type After = (world: ChartWorld) => Promise<ChartWorld>;

const restart: After = async (world) => {
  await world.close();
  const next = new ChartWorld(world);
  await next.relist();
  return next;
};

const retry: After = async (world) => {
  await world.relist();
  return world;
};

/** Fails the n-th request to the API server or moment of a helm run, once. Returns how many there were. */
const arm = ({ api, helm }: ChartWorld, at: number): (() => number) => {
  let count = 0;
  const strike = (): void => {
    count += 1;
    if (count === at) throw unavailable;
  };
  api.before = strike;
  helm.around = strike;
  return () => count;
};

/** A pass, made again when it is lost, and again when the back-off has passed. */
const settle = async (world: ChartWorld, after: After): Promise<ChartWorld> => {
  let current = world;
  for (let times = 0; times < 2; times += 1) {
    await current.reconcile().catch(async () => {
      current = await after(current);
      await current.reconcile();
    });
    await current.clock.advance(5_000);
  }
  return current;
};

const stateOf = ({ chart, helm }: ChartWorld) => {
  const { satisfied, actual_state, reason, release } = chart?.status ?? {};
  const record = helm.read({ namespace: "site", name: "blog" });
  return {
    chart: {
      satisfied,
      actual_state,
      reason,
      digest: release?.inputs_digest,
      finalizers: chart?.metadata.finalizers,
      annotations: chart?.metadata.annotations,
    },
    release: record === undefined ? undefined : [record.newest.status, record.newest.labels?.inputs, record.newest.labelsCurrent],
  };
};

/** A chart is installed, changed and deleted. */
const life = async (at: number, after: After) => {
  let world = new ChartWorld();
  const count = arm(world, at);
  await world.create({ values: { replicas: 1 } });
  world = await settle(world, after);
  const installed = stateOf(world);
  await world.clock.advance(60_000);
  await world.edit({ values: { replicas: 2 } });
  world = await settle(world, after);
  const changed = stateOf(world);
  await world.delete();
  world = await settle(world, after);
  const left = await restart(world);
  await left.close();
  const { release } = stateOf(left);
  return {
    states: { installed, changed, release, object: left.chart?.metadata.name },
    verbs: left.helm.calls.map(({ verb }) => verb),
    awaits: count(),
  };
};

test.each([
  ["a new operator takes over", restart],
  ["the same operator tries again", retry],
] as const)("a fault at any request and any moment of helm leads to the undisturbed state, and helm runs no more often: %s", async (_, after) => {
  const undisturbed = await life(Number.POSITIVE_INFINITY, after);
  expect(undisturbed.verbs).toEqual(["install", "upgrade", "uninstall"]);
  expect(undisturbed.states).toMatchObject({
    installed: { chart: { satisfied: true, actual_state: "deployed" }, release: ["deployed", expect.any(String), true] },
    changed: { chart: { satisfied: true, actual_state: "deployed" } },
    release: undefined,
    object: undefined,
  });
  expect(undisturbed.awaits).toBeGreaterThan(15);
  for (let at = 1; at <= undisturbed.awaits; at += 1) {
    const { states, verbs } = await life(at, after);
    expect([at, states, verbs]).toEqual([at, undisturbed.states, undisturbed.verbs]);
  }
});
