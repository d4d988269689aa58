import { beforeEach, expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ApiError } from "../api.ts";
import { LEASES } from "./lease-record.ts";
import { LEASE_TIMES } from "./lease-times.ts";
import { MemoryApi } from "../testing/memory-api.ts";
import { overlap, Rivals } from "./rivals.ts";

const annotations = { epoch: "example.com/epoch", watched: "example.com/watched" };
const never = new AbortController().signal;
let api: MemoryApi;
let clock: ManualClock;
let said: string[];
const log = { ...silentLogger, info: (text: string) => void said.push(text), warn: (text: string) => void said.push(text) };

beforeEach(() => {
  api = new MemoryApi();
  clock = new ManualClock();
  said = [];
});

const rivalsOf = (watched: readonly string[] = []): Rivals =>
  new Rivals({ api, clock, log, times: LEASE_TIMES, name: "armada-operator", annotations, namespace: "ops", watched });

/** Writes, or renews, a Lease. */
const lease = async (namespace: string, marks: Readonly<Record<string, string>>, holderIdentity = "other", name = "armada-operator") => {
  const ref = { resource: LEASES, namespace, name };
  const spec = { holderIdentity, leaseDurationSeconds: 15, renewTime: String(clock.now()) };
  const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { namespace, name, annotations: marks }, spec };
  await ((await api.get(ref, never)) === undefined ? api.create(ref, body, never) : api.replace(ref, body, never));
};
const epoch = { [annotations.epoch]: "1-aaaaaaaa.zoo" };

test.each([
  [[], [], true],
  [[], ["a"], true],
  [["a"], [], true],
  [["a", "b"], ["b", "c"], true],
  [["a"], ["b"], false],
])("operators of %j and %j meet: %s", (a, b, meet) => {
  expect(overlap(a, b)).toBe(meet);
});

test.each<[string, () => Promise<void>, readonly string[]]>([
  ["of another Lease", () => lease("zoo", { ...epoch, [annotations.watched]: "*" }), ["Lease zoo/armada-operator"]],
  ["of a version that does not say what it watches", () => lease("zoo", epoch), ["Lease zoo/armada-operator"]],
  ["of other namespaces", () => lease("zoo", { ...epoch, [annotations.watched]: "b,c" }), []],
  ["of some of the namespaces", () => lease("zoo", { ...epoch, [annotations.watched]: "c,a" }), ["Lease zoo/armada-operator"]],
  ["of a Lease that nobody holds", () => lease("zoo", epoch, ""), []],
  ["of the own Lease", () => lease("ops", epoch), []],
  ["of a Lease that is no operator's", () => lease("zoo", {}), []],
  ["of a Lease of another name", () => lease("zoo", epoch, "other", "else"), []],
])("a holder %s", async (_, write, found) => {
  await write();
  expect((await rivalsOf(["a"]).find(never)).map(({ title }) => title)).toEqual(found);
});

test("it is waited for until its Lease is not renewed any more, and said once", async () => {
  const rivals = rivalsOf();
  await lease("zoo", { ...epoch, [annotations.watched]: "a,b" });
  let gone = false;
  void rivals.gone(() => false, never).then(() => (gone = true));
  for (let turn = 0; turn < 5; turn++) {
    await clock.advance(10_000);
    await lease("zoo", { ...epoch, [annotations.watched]: "a,b" });
  }
  await clock.advance(14_000);
  expect(gone).toBe(false);
  await clock.advance(4_000);
  expect(gone).toBe(true);
  expect(said).toEqual([
    "waiting: another operator works on the namespaces a, b: Lease zoo/armada-operator is held by other; stop that operator, or give each its own namespaces with --watch-namespaces",
  ]);
});

test.each([
  ["is renewed while it is looked at", 3_000, "Lease zoo/armada-operator", 4_000],
  ["has expired", undefined, undefined, 16_000],
])("whether one works is told by whether its Lease %s", async (_, renewedAfterMs, title, atMs) => {
  await lease("zoo", epoch);
  let answer: { readonly title: string | undefined; readonly atMs: number } | undefined;
  void rivalsOf()
    .renewing(never)
    .then((found) => (answer = { title: found?.title, atMs: clock.monotonic() }));
  await clock.advance(renewedAfterMs ?? 0);
  if (renewedAfterMs !== undefined) await lease("zoo", epoch);
  await clock.advance(60_000);
  expect(answer).toEqual({ title, atMs });
});

test("without the right to list Leases it goes on, and says so", async () => {
  api.before = () => {
    throw new ApiError('leases is forbidden: User "x" cannot list', { status: 403, reason: "Forbidden" });
  };
  expect(await rivalsOf().find(never)).toEqual([]);
  expect(said).toEqual([
    'cannot see whether another operator works on the same namespaces under another Lease: leases is forbidden: User "x" cannot list; see to it that none does',
  ]);
});

test("as long as the API server does not answer nothing is known, and nothing starts", async () => {
  const rivals = rivalsOf();
  api.before = () => {
    throw new ApiError("overloaded", { status: 503, reason: "ServiceUnavailable" });
  };
  let found: number | undefined;
  void rivals.find(never).then((all) => (found = all.length));
  await clock.advance(60_000);
  expect(found).toBeUndefined();
  api.before = () => undefined;
  await clock.advance(2_000);
  expect(found).toBe(0);
  expect(said).toEqual(["waiting to find out whether another operator manages the same namespaces: overloaded"]);
});
