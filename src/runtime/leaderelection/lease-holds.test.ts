import { beforeEach, expect, test } from "@jest/globals";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ApiError } from "../api.ts";
import { LEASES } from "./lease-record.ts";
import { LEASE_TIMES } from "./lease-times.ts";
import { MemoryApi } from "../testing/memory-api.ts";
import { LeaseHolds } from "./lease-holds.ts";

const annotations = { epoch: "example.com/epoch", watched: "example.com/watched" };
const never = new AbortController().signal;
const own = { epoch: "5-aaaaaaaa.ops", previousEpoch: "4-bbbbbbbb" };
let api: MemoryApi;
let clock: ManualClock;
let leaseHolds: LeaseHolds;

beforeEach(() => {
  api = new MemoryApi();
  clock = new ManualClock();
  leaseHolds = new LeaseHolds({ api, clock, times: LEASE_TIMES, namespace: "ops", name: "armada-operator", annotations, own });
});

const lease = async (epoch: string, holderIdentity: string, renewTime = "1"): Promise<void> => {
  const metadata = { namespace: "zoo", name: "armada-operator", annotations: { [annotations.epoch]: epoch } };
  const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: { holderIdentity, leaseDurationSeconds: 15, renewTime } };
  const ref = { resource: LEASES, namespace: "zoo", name: "armada-operator" };
  await ((await api.get(ref, never)) === undefined ? api.create({ resource: LEASES, namespace: "zoo" }, body, never) : api.replace(ref, body, never));
};
const look = async (epoch: string): Promise<string> => (await leaseHolds.look(epoch, never)).is;

test.each([
  ["the own one", own.epoch, "ours"],
  ["an earlier one of the own Lease", "2-cccccccc.ops", "over"],
  ["the one before, of a version that named no Lease", own.previousEpoch, "over"],
  ["another one of such a version", "3-dddddddd", "unknown"],
  ["one of a Lease whose namespace is too long to be named", "3-dddddddd._0123", "unknown"],
  ["one of a Lease that does not exist", "3-dddddddd.zoo", "unknown"],
])("the lease hold of %s", async (_, epoch, state) => {
  expect(await look(epoch)).toBe(state);
});

test("a lease hold of another Lease runs as long as that is renewed", async () => {
  await lease("3-dddddddd.zoo", "other");
  expect(await leaseHolds.look("3-dddddddd.zoo", never)).toEqual({ is: "running", who: "Lease zoo/armada-operator, held by other" });
  await clock.advance(14_000);
  await lease("3-dddddddd.zoo", "other", "2");
  expect(await look("3-dddddddd.zoo")).toBe("running");
  await clock.advance(14_999);
  expect(await look("3-dddddddd.zoo")).toBe("running");
  await clock.advance(1);
  expect(await look("3-dddddddd.zoo")).toBe("over");
});

test("a hold of a shard elsewhere runs as long as the shard's Lease says so: whether its replica lives is not to be seen from here", async () => {
  const shard = (holderIdentity: string) => ({
    metadata: { namespace: "zoo", name: "armada-operator-shard-7", annotations: { [annotations.epoch]: "3-dddddddd-7.zoo" } },
    spec: { holderIdentity, renewTime: "1" },
  });
  expect(await look("3-dddddddd-7.zoo")).toBe("unknown");
  await api.create({ resource: LEASES, namespace: "zoo" }, shard("other"), never);
  await clock.advance(60_000);
  expect(await look("3-dddddddd-7.zoo")).toBe("running");
  expect(await look("2-cccccccc-7.zoo")).toBe("over");
  await api.replace({ resource: LEASES, namespace: "zoo", name: "armada-operator-shard-7" }, shard(""), never);
  expect(await look("3-dddddddd-7.zoo")).toBe("over");
});

test.each([
  ["was released", "3-dddddddd.zoo", ""],
  ["was taken by another", "4-eeeeeeee.zoo", "third"],
])("a lease hold whose Lease %s is over", async (_, epoch, holder) => {
  await lease(epoch, holder);
  expect(await look("3-dddddddd.zoo")).toBe("over");
});

test.each([403, 500, 0])("of a Lease that cannot be read (%s) nothing is known", async (status) => {
  await lease("3-dddddddd.zoo", "");
  api.before = () => {
    throw new ApiError("no", { status, reason: "No" });
  };
  expect(await leaseHolds.look("3-dddddddd.zoo", never)).toEqual({
    is: "unknown",
    why: "Lease zoo/armada-operator, under which it was written, cannot be read: no",
  });
});
