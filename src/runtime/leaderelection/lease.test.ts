import { expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ApiError } from "../api.ts";
import { LEASES, parseLease } from "./lease-record.ts";
import { LEASE_TIMES } from "./lease-times.ts";
import { Leadership } from "./lease.ts";
import { MemoryApi, type ApiCall } from "../testing/memory-api.ts";
import type { DynamicObject } from "../object.ts";
import type { LeaseHold } from "./lease-hold.ts";

const annotations = { epoch: "example.com/epoch", watched: "example.com/watched" };
const never = new AbortController().signal;
const plain = { times: LEASE_TIMES, watched: [], watch: () => Promise.resolve() };
const ref = { resource: LEASES, namespace: "ops", name: "armada-operator" };

const world = () => {
  const clock = new ManualClock();
  const api = new MemoryApi();
  const said: string[] = [];
  const log = { ...silentLogger, info: (message: string) => void said.push(message) };
  /** Begins to acquire; `leaseHold` is set once it holds the Lease. */
  const candidate = (identity: string, via = api) => {
    const state: { leaseHold?: LeaseHold; error?: unknown; at?: number } = {};
    const leadership = new Leadership({ api: via, namespace: ref.namespace, name: ref.name, annotations, identity, clock, log, ...plain });
    leadership.acquire(never).then(
      (leaseHold) => Object.assign(state, { leaseHold, at: clock.monotonic() }),
      (error: unknown) => Object.assign(state, { error }),
    );
    return state;
  };
  const lease = async (): Promise<DynamicObject> => {
    const found = await api.get(ref, never);
    if (found === undefined) throw new Error("no Lease");
    return found;
  };
  return { clock, api, log, said, candidate, lease };
};

test("the first one creates the Lease and writes its epoch on it", async () => {
  const { clock, candidate, lease } = world();
  const one = candidate("one");
  await clock.advance(0);
  expect(one.leaseHold?.epoch).toMatch(/^0-[0-9a-f]{8}\.ops$/);
  expect(await lease()).toMatchObject({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { annotations: { [annotations.epoch]: one.leaseHold?.epoch } },
    spec: {
      holderIdentity: "one",
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: "2023-11-14T22:13:20.000000Z",
      renewTime: "2023-11-14T22:13:20.000000Z",
    },
  });
});

test("a second one waits while the first renews, says once for whom, and starts at the next look when it is released", async () => {
  const { clock, candidate, said, lease } = world();
  const one = candidate("one");
  await clock.advance(0);
  const two = candidate("two");
  await clock.advance(60_000);
  expect(two.leaseHold).toBeUndefined();
  expect(said.filter((line) => line.startsWith("waiting"))).toEqual([
    "waiting for Lease ops/armada-operator held by one, renewed at 2023-11-14T22:13:20.000000Z",
  ]);
  expect(parseLease(await lease(), annotations).renewTime).toBe("2023-11-14T22:14:20.000000Z");
  await one.leaseHold?.release();
  expect(parseLease(await lease(), annotations)).toMatchObject({ holder: "", epoch: one.leaseHold?.epoch });
  expect(one.leaseHold?.signal.aborted).toBe(false);
  await clock.advance(2_000);
  expect(two.leaseHold?.epoch).toMatch(/^1-/);
});

test("a released Lease is taken at once", async () => {
  const { clock, candidate } = world();
  const one = candidate("one");
  await clock.advance(0);
  await one.leaseHold?.release();
  const two = candidate("two");
  await clock.advance(0);
  expect(two.at).toBe(0);
});

const foreign = (spec: object) => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { namespace: "ops", name: ref.name, labels: { kept: "yes" } },
  spec,
});

test.each([
  ["as long as it says", { holderIdentity: "dead", leaseDurationSeconds: 7, renewTime: "2001-01-01T00:00:00.000000Z", leaseTransitions: 4 }, 7_000],
  [
    "its clock may be ahead",
    { holderIdentity: "dead", leaseDurationSeconds: 7, renewTime: "2099-01-01T00:00:00.000000Z", leaseTransitions: 4 },
    7_000,
  ],
  ["our duration when it says none", { holderIdentity: "dead", leaseTransitions: 4 }, 15_000],
  ["not at all when nobody holds it", { leaseTransitions: 4 }, 0],
])("a holder that does not renew is waited for %s", async (_title, spec, waited) => {
  const { clock, api, candidate, lease } = world();
  await api.create({ resource: LEASES, namespace: "ops" }, foreign(spec), never);
  const one = candidate("one");
  await clock.advance(30_000);
  expect(one.at).toBe(waited);
  expect(one.leaseHold?.epoch).toMatch(/^5-/);
  expect((await lease()).metadata.labels).toEqual({ kept: "yes" });
});

test("a holder with the same identity is somebody else", async () => {
  const { clock, candidate } = world();
  candidate("one");
  await clock.advance(0);
  const twin = candidate("one");
  await clock.advance(60_000);
  expect(twin.leaseHold).toBeUndefined();
});

test("of many at once exactly one gets it", async () => {
  const { clock, candidate } = world();
  const all = ["a", "b", "c", "d"].map((identity) => candidate(identity));
  await clock.advance(60_000);
  expect(all.filter(({ leaseHold }) => leaseHold !== undefined)).toHaveLength(1);
});

/** Fails what `one` writes: its own connection to the same server. */
const broken = (fault: (call: ApiCall, signal: AbortSignal) => void | Promise<void>) => {
  const here = world();
  return { ...here, cut: () => void (here.api.before = fault) };
};
const unavailable = (): never => {
  throw new ApiError("connection refused", { status: 0, reason: "Unreachable" });
};

test.each<[string, () => void | Promise<void>]>([
  ["refuses connections", unavailable],
  ["does not answer", () => new Promise<void>(() => undefined)],
])("the Lease is lost 10 s after the last renewal when the API server %s", async (_title, fault) => {
  const { clock, candidate, cut } = broken(fault);
  const one = candidate("one");
  await clock.advance(4_000);
  cut();
  await clock.advance(9_999);
  expect(one.leaseHold?.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(String(one.leaseHold?.signal.reason)).toBe("Error: lost Lease ops/armada-operator: not renewed for 10 s");
});

test("a short failure does not lose it, nor does a change somebody else makes to its labels", async () => {
  const { clock, api, candidate, cut } = broken(unavailable);
  const one = candidate("one");
  await clock.advance(0);
  cut();
  await clock.advance(8_000);
  api.before = () => undefined;
  await clock.advance(5_000);
  await api.patch(ref, { type: "merge", body: { metadata: { labels: { a: "b" } } } }, never);
  await clock.advance(60_000);
  expect(one.leaseHold?.signal.aborted).toBe(false);
});

test("a renewal whose answer was lost counts at the next one", async () => {
  const { clock, api, candidate } = world();
  const one = candidate("one");
  await clock.advance(0);
  await api.patch(ref, { type: "merge", body: { spec: { renewTime: "2023-11-14T22:13:21.000000Z" } } }, never);
  await clock.advance(30_000);
  expect(one.leaseHold?.signal.aborted).toBe(false);
});

test.each<[string, object | undefined, string]>([
  ["another took it", { metadata: { annotations: { [annotations.epoch]: "9-ffffffff" } }, spec: { holderIdentity: "two" } }, "two holds it"],
  ["somebody emptied it", { spec: { holderIdentity: "" } }, "its holder was cleared"],
  ["somebody deleted it", undefined, "it was deleted"],
])("it is lost at the next renewal when %s", async (_title, change, why) => {
  const { clock, api, candidate } = world();
  const one = candidate("one");
  await clock.advance(0);
  if (change === undefined) await api.delete(ref, never);
  else await api.patch(ref, { type: "merge", body: change }, never);
  await clock.advance(2_000);
  expect(one.leaseHold?.signal.reason).toEqual(new Error(`lost Lease ops/armada-operator: ${why}`));
  const calls = api.calls.length;
  await one.leaseHold?.release();
  expect(api.calls).toHaveLength(calls);
});

test("release does not hang on an API server that is gone, and can be called twice", async () => {
  const { clock, candidate, cut } = broken(() => new Promise<void>(() => undefined));
  const one = candidate("one");
  await clock.advance(0);
  cut();
  let released = 0;
  void one.leaseHold?.release().then(() => (released += 1));
  void one.leaseHold?.release().then(() => (released += 1));
  await clock.advance(5_000);
  expect(released).toBe(2);
  expect(clock.sleepers).toBe(0);
});

test.each([
  ["create", 404, 'Cannot create Lease ops/armada-operator: namespace "ops" does not exist; create it first (no)'],
  ["get", 403, 'Cannot use Lease ops/armada-operator: no; the operator needs get, create and update on leases of namespace "ops"'],
])("acquire gives up with a sentence when %s answers %d", async (verb, status, message) => {
  const { clock, api, candidate } = world();
  api.before = (call) => {
    if (call.verb === verb) throw new ApiError("no", { status, reason: "Any" });
  };
  const one = candidate("one");
  await clock.advance(0);
  expect(one.error).toEqual(new Error(message));
});

test("acquire waits for an API server that comes up later, looking every two seconds", async () => {
  const { clock, api, candidate, said } = world();
  api.before = unavailable;
  const one = candidate("one");
  await clock.advance(20_000);
  expect(api.calls).toHaveLength(11);
  api.before = () => undefined;
  await clock.advance(2_000);
  expect(one.leaseHold).toBeDefined();
  expect(said[0]).toBe("waiting for Lease ops/armada-operator: connection refused");
});

test("acquire rejects with the reason of its signal, and starts nothing afterwards", async () => {
  const { clock, api } = world();
  await api.create({ resource: LEASES, namespace: "ops" }, foreign({ holderIdentity: "other" }), never);
  const stop = new AbortController();
  const pending = new Leadership({ ...ref, namespace: "ops", api, identity: "one", annotations, clock, log: silentLogger, ...plain }).acquire(
    stop.signal,
  );
  const rejected = expect(pending).rejects.toThrow("stopping");
  await clock.advance(3_000);
  stop.abort(new Error("stopping"));
  await rejected;
  expect(clock.sleepers).toBe(0);
});

/** One that held the Lease, lost it because the API server was away, and wants it again. */
const bereft = async () => {
  const here = broken(unavailable);
  const { clock, api, log } = here;
  const leadership = new Leadership({ api, namespace: ref.namespace, name: ref.name, annotations, identity: "one", clock, log, ...plain });
  const state: { leaseHolds: LeaseHold[] } = { leaseHolds: [] };
  const acquire = () => void leadership.acquire(never).then((leaseHold) => state.leaseHolds.push(leaseHold));
  acquire();
  await clock.advance(0);
  here.cut();
  await clock.advance(10_000);
  expect(state.leaseHolds[0]?.signal.aborted).toBe(true);
  acquire();
  await clock.advance(20_000);
  return { ...here, state, back: () => void (api.before = () => undefined) };
};

test("a Lease that was lost and that nobody took is taken again at the next look, with an epoch of its own", async () => {
  const { clock, state, said, back } = await bereft();
  expect(said.filter((line) => line.startsWith("waiting"))).toEqual(["waiting for Lease ops/armada-operator: connection refused"]);
  back();
  await clock.advance(2_000);
  expect(state.leaseHolds[1]?.epoch).toMatch(/^1-/);
  expect(state.leaseHolds[1]?.signal.aborted).toBe(false);
});

test("a Lease that was lost and that another has taken meanwhile is waited for", async () => {
  const { clock, api, state, back, candidate } = await bereft();
  back();
  await api.patch(
    ref,
    { type: "merge", body: { metadata: { annotations: { [annotations.epoch]: "9-ffffffff" } }, spec: { holderIdentity: "two" } } },
    never,
  );
  await clock.advance(14_000);
  expect(state.leaseHolds).toHaveLength(1);
  const two = candidate("three");
  await clock.advance(20_000);
  expect([state.leaseHolds.length, two.leaseHold?.epoch]).toEqual([2, undefined]);
});

test.each([401, 403, 404])("what was held once is waited for although the answer is %d: accounts and rights come back", async (status) => {
  const { clock, api, state, back } = await bereft();
  api.before = () => {
    throw new ApiError("no", { status, reason: "Any" });
  };
  await clock.advance(60_000);
  back();
  await clock.advance(2_000);
  expect(state.leaseHolds).toHaveLength(2);
});
