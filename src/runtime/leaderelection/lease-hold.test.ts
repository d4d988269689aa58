import { expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ApiError } from "../api.ts";
import { LEASES } from "./lease-record.ts";
import { LEASE_TIMES } from "./lease-times.ts";
import { Leadership } from "./lease.ts";
import { MemoryApi } from "../testing/memory-api.ts";

const annotations = { epoch: "example.com/epoch", watched: "example.com/watched" };
const never = new AbortController().signal;
const ref = { resource: LEASES, namespace: "ops", name: "armada-operator" };

/** One that has just taken its Lease. */
const held = async () => {
  const clock = new ManualClock();
  const api = new MemoryApi();
  const renewed: number[] = [];
  const onRenewed = (at: number): void => void renewed.push(at);
  const deps = { api, clock, log: silentLogger, times: LEASE_TIMES, watched: [], watch: () => new Promise<void>(() => undefined), onRenewed };
  const leaseHold = await new Leadership({ ...deps, namespace: ref.namespace, name: ref.name, annotations, identity: "one" }).acquire(never);
  return { clock, api, leaseHold, renewed };
};

const unavailable = (): never => {
  throw new ApiError("connection refused", { status: 0, reason: "Unreachable" });
};

/** Another's now. */
const taken = { type: "merge", body: { metadata: { annotations: { [annotations.epoch]: "9-other" } }, spec: { holderIdentity: "two" } } } as const;

test("what is lost is not renewed: a process that was stopped for a while asks nothing before it knows", async () => {
  const { clock, api, leaseHold } = await held();
  const asked = api.calls.length;
  await clock.stall(40_000);
  expect([leaseHold.signal.aborted, api.calls.length]).toEqual([true, asked]);
});

test("as long as the Lease is renewed everything may be written", async () => {
  const { clock, leaseHold } = await held();
  await clock.advance(60_000);
  expect(() => leaseHold.assertHeld()).not.toThrow();
});

test.each<[string, number, string, (api: MemoryApi) => unknown]>([
  ["shortly before another may take a Lease that is not renewed", 14_500, "it was not renewed in time", (api) => (api.before = unavailable)],
  ["when it is another's", 2_000, "two holds it", (api) => api.patch(ref, taken, never)],
])("nothing may be written %s: after %s ms", async (_, ms, why, meanwhile) => {
  const { clock, api, leaseHold } = await held();
  await meanwhile(api);
  await clock.advance(ms - 1);
  expect(() => leaseHold.assertHeld()).not.toThrow();
  await clock.advance(1);
  const refusal = new ApiError(`Lease ops/armada-operator may be another operator's: ${why}`, { status: 0, reason: "NotLeading" });
  expect(() => leaseHold.assertHeld()).toThrow(refusal);
});

test("each renewal is told with the time before it was asked for, and the end of a lease hold is not", async () => {
  const { clock, leaseHold, renewed } = await held();
  await clock.advance(4_000);
  await leaseHold.release();
  expect(renewed).toEqual([0, 2_000, 4_000]);
});
