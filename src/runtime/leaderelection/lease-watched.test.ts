import { expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import type { DynamicObject } from "../object.ts";
import { MemoryApi } from "../testing/memory-api.ts";
import { LEASES } from "./lease-record.ts";
import { LEASE_TIMES } from "./lease-times.ts";
import { Leadership } from "./lease.ts";

const annotations = { epoch: "example.com/epoch", watched: "example.com/watched" };
const never = new AbortController().signal;
const ref = { resource: LEASES, namespace: "ops", name: "armada-operator" };

/** One that waits for a Lease which another holds, and is told of it what a test wants it to be told. */
const world = async () => {
  const clock = new ManualClock();
  const api = new MemoryApi();
  const spec = { holderIdentity: "other", leaseDurationSeconds: 15, renewTime: "a" };
  await api.create({ resource: LEASES, namespace: "ops" }, { metadata: { namespace: "ops", name: ref.name }, spec }, never);
  const state: { takenAt?: number; watchEnded?: boolean; onChange?: (lease: DynamicObject | undefined) => void } = {};
  const watch = (onChange: (lease: DynamicObject | undefined) => void, signal: AbortSignal): Promise<void> => {
    state.onChange = onChange;
    signal.addEventListener("abort", () => (state.watchEnded = true));
    return Promise.resolve();
  };
  const deps = {
    api,
    namespace: "ops",
    name: ref.name,
    annotations,
    identity: "one",
    watched: [],
    clock,
    log: silentLogger,
    times: LEASE_TIMES,
    watch,
  };
  void new Leadership(deps).acquire(never).then(() => (state.takenAt = clock.monotonic()));
  await clock.advance(500);
  return { clock, api, state, tell: async () => state.onChange?.(await api.get(ref, never)) };
};

test.each<[string, (api: MemoryApi) => unknown]>([
  ["released", (api) => api.patch(ref, { type: "merge", body: { spec: { holderIdentity: "" } } }, never)],
  ["deleted", (api) => api.delete(ref, never)],
])("a Lease that is %s is taken as soon as the watch tells of it, and the watch is ended", async (_title, end) => {
  const { clock, api, state, tell } = await world();
  await end(api);
  await tell();
  await clock.advance(0);
  expect(state).toMatchObject({ takenAt: 500, watchEnded: true });
});

test("of a holder that dies the last renewal counts from when the watch told of it, not from the next look", async () => {
  const { clock, api, state, tell } = await world();
  await api.patch(ref, { type: "merge", body: { spec: { renewTime: "b" } } }, never);
  await tell();
  await clock.advance(30_000);
  expect(state.takenAt).toBe(15_500);
});

test("a renewal that the watch tells of leaves the Lease to its holder", async () => {
  const { clock, api, state, tell } = await world();
  for (const renewTime of ["b", "c", "d", "e"]) {
    await api.patch(ref, { type: "merge", body: { spec: { renewTime } } }, never);
    await tell();
    await clock.advance(10_000);
  }
  expect(state.takenAt).toBeUndefined();
});
