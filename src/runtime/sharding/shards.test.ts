import { expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import type { DeleteRef, ObjectRef } from "../api.ts";
import { Store } from "../cache/store.ts";
import { LEASES } from "../leaderelection/lease-record.ts";
import { LEASE_TIMES } from "../leaderelection/lease-times.ts";
import type { DynamicObject, KubeObject } from "../object.ts";
import { MemoryApi } from "../testing/memory-api.ts";
import { Gate } from "./gate.ts";
import { Membership } from "./membership.ts";
import { ReplicasSeen } from "./replicas-seen.ts";
import { ShardHolds } from "./shard-holds.ts";
import { ShardLeases } from "./shard-leases.ts";
import { shardOf } from "./shard-of.ts";
import { Shards } from "./shards.ts";

const SHARDS = 12;
const annotations = { epoch: "example.com/epoch", watched: "example.com/watched" };
const names = { operator: "armada-operator", shardsLabel: "example.com/shards", leavingLabel: "example.com/leaving" };
const never = new AbortController().signal;

/** Tells each store of what is written, as a watch does. */
class WatchedApi extends MemoryApi {
  readonly stores = new Set<Store<DynamicObject>>();

  override async create<T extends KubeObject = DynamicObject>(ref: Omit<ObjectRef, "name">, body: unknown, signal: AbortSignal): Promise<T> {
    return this.#told(await super.create<T>(ref, body, signal));
  }

  override async replace<T extends KubeObject = DynamicObject>(ref: ObjectRef, body: unknown, signal: AbortSignal): Promise<T> {
    return this.#told(await super.replace<T>(ref, body, signal));
  }

  override async delete(ref: DeleteRef, signal: AbortSignal): Promise<void> {
    const old = await super.get(ref, signal);
    await super.delete(ref, signal);
    if (old !== undefined) for (const store of this.stores) store.remove(old);
  }

  #told<T extends KubeObject>(object: T): T {
    for (const store of this.stores) store.upsert(object as unknown as DynamicObject); // oxlint-disable-line typescript/no-unsafe-type-assertion -- a Lease
    return object;
  }
}

const world = () => {
  const clock = new ManualClock();
  const api = new WatchedApi();
  const gates = new Map<string, Gate>();
  const shared = { clock, log: silentLogger, times: LEASE_TIMES, namespace: "ops", names, annotations, watched: [], shards: SHARDS };
  const start = async (host: string, count = SHARDS) => {
    const stop = new AbortController();
    const dead = new AbortController();
    const own = { ...shared, api: mortal(api, dead.signal), shards: count };
    const joining = new Membership({ ...own, identity: host, host }).acquire(stop.signal);
    const joined: { replica?: string } = {};
    const running = joining.then(async (hold) => {
      joined.replica = hold.replica;
      const store = new Store<DynamicObject>();
      for (const lease of await api.list(LEASES, { namespace: "ops" }, never)) store.upsert(lease);
      api.stores.add(store);
      const gate = new Gate(count);
      gates.set(host, gate);
      const seen = new ReplicasSeen({ ...own, store });
      const leases = new ShardLeases({ ...own, replica: hold.replica, hold, seen });
      const admitted = () => Promise.resolve();
      const shards = new Shards({ ...own, gate, leases, seen, store, admitted, replica: hold.replica, stop: stop.signal, onChange: check });
      await shards.run(dead.signal);
      await hold.release();
      gates.delete(host);
      return seen;
    });
    running.catch(() => undefined);
    await clock.advance(0);
    const kill = (): void => {
      dead.abort(new Error("killed"));
      gates.delete(host);
    };
    return { joined, kill, stop: () => stop.abort(new Error("stopped")), running };
  };
  /** No shard is ever held by two. */
  const check = (): void => {
    const all = [...gates.values()].flatMap(({ held }) => held);
    expect(all.length).toBe(new Set(all).size);
  };
  const counts = (): Readonly<Record<string, number>> => Object.fromEntries([...gates].map(([host, { held }]) => [host, held.length]));
  return { clock, api, gates, start, counts, shared };
};

/** Of a process that is gone nothing comes any more. */
const mortal = (api: MemoryApi, dead: AbortSignal): MemoryApi =>
  new Proxy(api, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown => (dead.aborted ? new Promise(() => undefined) : Reflect.apply(member, target, args));
    },
  });

test("shards are shared out among all who come, and those of one that goes among those who stay", async () => {
  const { clock, api, start, counts } = world();
  const one = await start("one");
  await clock.advance(0);
  expect(counts()).toEqual({ one: 12 });
  const two = await start("two");
  await clock.advance(0);
  expect(counts()).toEqual({ one: 6, two: 6 });
  await start("three");
  await clock.advance(0);
  expect(counts()).toEqual({ one: 4, two: 4, three: 4 });
  one.stop();
  await clock.advance(0);
  expect(counts()).toEqual({ two: 6, three: 6 });
  await clock.advance(120_000);
  expect(counts()).toEqual({ two: 6, three: 6 });
  const replicas = async (): Promise<number> =>
    (await api.list(LEASES, { namespace: "ops" }, never)).filter(({ metadata }) => metadata.name.includes("-replica-")).length;
  expect(await replicas()).toBe(2);
  two.kill();
  await clock.advance(12_000);
  expect(counts()).toEqual({ three: 6 });
  await clock.advance(4_000);
  expect(counts()).toEqual({ three: 12 });
  await clock.advance(60_000);
  expect(await replicas()).toBe(1);
});

test("nothing moves while nobody comes or goes", async () => {
  const { clock, api, start } = world();
  await start("one");
  await start("two");
  await clock.advance(60_000);
  const shardWrites = (): number => api.calls.filter(({ verb, name }) => verb === "replace" && name?.includes("-shard-") === true).length;
  const before = shardWrites();
  await clock.advance(600_000);
  expect(shardWrites()).toBe(before);
});

/** A uid in that shard. */
const uidIn = (shard: number): string => {
  for (let index = 0; ; index += 1) if (shardOf(`uid-${String(index)}`, SHARDS) === shard) return `uid-${String(index)}`;
};

test("a shard in which a pass is under way for long stays where it is until that ends, and passes may begin in it meanwhile", async () => {
  const { clock, gates, start, counts } = world();
  await start("one");
  await clock.advance(0);
  const gate = gates.get("one") ?? new Gate(SHARDS);
  const ends = Promise.withResolvers<string>();
  const passes = Array.from({ length: SHARDS }, (_, shard) => gate.pass(uidIn(shard), () => ends.promise));
  await start("two");
  await clock.advance(60_000);
  expect(counts()).toEqual({ one: 12, two: 0 });
  await clock.advance(5_000);
  expect(await gate.pass(uidIn(3), () => Promise.resolve("done"))).toBe("done");
  ends.resolve("ended");
  await Promise.all(passes);
  await clock.advance(60_000);
  expect(counts()).toEqual({ one: 6, two: 6 });
});

test("one that is told to stop gives back at once what is at rest, and the rest when its pass has ended", async () => {
  const { clock, gates, start, counts } = world();
  const one = await start("one");
  await start("two");
  await clock.advance(0);
  const gate = gates.get("one");
  const [busy = 0] = gate?.held ?? [];
  const ends = Promise.withResolvers<void>();
  const pass = gate?.pass(uidIn(busy), () => ends.promise);
  one.stop();
  await clock.advance(0);
  expect(counts()).toEqual({ one: 1, two: 11 });
  expect(await gate?.pass(uidIn(busy), () => Promise.resolve("begun"))).toBeUndefined();
  ends.resolve();
  await pass;
  await clock.advance(0);
  expect(counts()).toEqual({ two: 12 });
});

test("an operator that goes by another number of shards waits until nobody goes by the first", async () => {
  const { clock, start, counts } = world();
  const one = await start("one");
  await clock.advance(0);
  await start("other", 5);
  await clock.advance(60_000);
  expect(counts()).toEqual({ one: 12 });
  one.stop();
  await clock.advance(10_000);
  expect(counts()).toEqual({ other: 5 });
});

test("of an epoch it is known whether its hold is ours, another's that lives, or over", async () => {
  const { clock, api, gates, start, shared } = world();
  await start("one");
  const two = await start("two");
  await clock.advance(0);
  const gate = gates.get("one");
  const store = new Store<DynamicObject>();
  const seen = new ReplicasSeen({ ...shared, api, store });
  const others = { look: () => Promise.resolve({ is: "over" } as const) };
  const holds = new ShardHolds({ ...shared, api, gate: gate ?? new Gate(SHARDS), seen, others });
  const [mine = 0] = gate?.held ?? [];
  const [theirs = 0] = gates.get("two")?.held ?? [];
  const epoch = gates.get("two")?.epochOfShard(theirs) ?? "";
  expect(await holds.look(gate?.epochOfShard(mine) ?? "", never)).toEqual({ is: "ours" });
  expect(await holds.look(epoch, never)).toEqual({
    is: "running",
    who: `Lease ops/armada-operator-shard-${String(theirs)}, held by ${two.joined.replica ?? ""}`,
  });
  expect(await holds.look(`0-00000000-${String(mine)}.ops`, never)).toEqual({ is: "over" });
  two.kill();
  await clock.advance(20_000);
  expect(await holds.look(epoch, never)).toEqual({ is: "over" });
});
