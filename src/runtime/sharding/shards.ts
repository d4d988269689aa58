import type { Clock } from "../../base/time/clock.ts";
import { withDeadline } from "../../base/time/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { oneLine } from "../../base/text.ts";
import type { Store } from "../cache/store.ts";
import { parseLease, type LeaseAnnotations, shardOfLease } from "../leaderelection/lease-record.ts";
import type { LeaseTimes } from "../leaderelection/lease-times.ts";
import type { DynamicObject } from "../object.ts";
import type { Gate } from "./gate.ts";
import { isLeaving, isReplica, shardsOf, type ShardNames } from "./names.ts";
import type { ReplicasSeen } from "./replicas-seen.ts";
import type { ShardLeases } from "./shard-leases.ts";
import { shareOut } from "./share-out.ts";

export interface ShardsDeps {
  readonly gate: Gate;
  readonly leases: ShardLeases;
  readonly seen: ReplicasSeen;
  /** Leases of the group, kept equal to what the API server holds. */
  readonly store: Store<DynamicObject>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly times: LeaseTimes;
  readonly names: ShardNames;
  readonly annotations: LeaseAnnotations;
  /** This one. */
  readonly replica: string;
  /** Resolves when this replica may begin. */
  readonly admitted: (signal: AbortSignal) => Promise<void>;
  /** Called with each shard that has become ours, or is not ours any more, or in which passes may begin again. */
  readonly onChange: (shard: number) => void;
  /** Aborts when the operator is told to stop: then every shard is given back as soon as nothing is done in it. */
  readonly stop: AbortSignal;
}

/** How long a shard that is to be handed over may take to come to rest before it goes on, and how long then until the next try. */
const REST_MS = 2_000;
const AGAIN_MS = 10_000;

/** Holds as many shards as are this replica's share: hands some over to a newcomer, takes over those of a dead one. */
export class Shards {
  readonly #deps: ShardsDeps;
  #changed = new AbortController();
  readonly #notBefore = new Map<number, number>();

  constructor(deps: ShardsDeps) {
    this.#deps = deps;
    deps.store.onChange(({ type, object }) => {
      const { name } = object.metadata;
      if (isReplica(deps.names, name)) deps.seen.heldMs(name, type === "deleted" ? undefined : object);
      this.#changed.abort();
    });
  }

  /** Works until the signal aborts; then everything is given back. Rejects when a shard that is ours was taken: nobody may do that. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, stop } = this.#deps;
    const working = AbortSignal.any([signal, stop]);
    await this.#deps.admitted(working).catch((error: unknown) => {
      if (!working.aborted) throw error;
    });
    while (!working.aborted) {
      this.#changed = new AbortController();
      const afterMs = await this.#step(working).catch((error: unknown) => this.#failed(error, working));
      await clock.sleep(afterMs, AbortSignal.any([working, this.#changed.signal])).catch(() => undefined);
    }
    await this.#leave();
    // Passes have been told to end; as long as they do not, their shards are theirs.
    const never = new AbortController().signal;
    await Promise.all(this.#deps.gate.held.map((shard) => this.#give(shard, never)));
  }

  async #leave(): Promise<void> {
    const { leases, log } = this.#deps;
    const unsaid = (error: unknown): void => log.debug("could not say that this replica leaves", { error: oneLine(messageOf(error)) });
    await this.#bounded((bounded) => leases.leave(bounded), new AbortController().signal).catch(unsaid);
  }

  /** In how many milliseconds to look again although nothing has changed. */
  async #step(signal: AbortSignal): Promise<number> {
    const { gate, leases, replica, clock, times } = this.#deps;
    const { holders, replicas, blocked, dead, aliveMs } = this.#look();
    const plan = shareOut({ shards: gate.shards, replicas, holders });
    for (const [shard, name] of plan) {
      const mine = gate.epochOfShard(shard) !== undefined;
      if (name === replica && !mine && !blocked.has(shard)) await this.#take(shard, signal);
      if (name !== replica && mine && clock.monotonic() >= (this.#notBefore.get(shard) ?? 0)) await this.#handOver(shard, signal);
    }
    if (replicas.toSorted()[0] === replica) for (const lease of dead) await this.#bounded((bounded) => leases.bury(lease, bounded), signal);
    return Math.min(aliveMs, times.renewMs * 5);
  }

  /** Who holds what; `blocked`: held by another who may be at work; `dead`: Leases of replicas that are gone, and hold nothing. */
  #look() {
    const { store, seen, names, annotations, replica, gate } = this.#deps;
    const leases = store.list();
    const alive = new Set([replica]);
    const working = new Set<string>();
    let aliveMs = Infinity;
    const note = (name: string, lease: DynamicObject | undefined): void => {
      const heldMs = name === replica ? 1 : seen.heldMs(name, lease);
      if (heldMs <= 0) return;
      if (lease !== undefined && !isLeaving(names, lease) && shardsOf(names, lease) === gate.shards) alive.add(name);
      if (name !== replica) working.add(name);
      if (name !== replica) aliveMs = Math.min(aliveMs, heldMs);
    };
    const byName = new Map(leases.map((lease) => [lease.metadata.name, lease]));
    for (const lease of leases) {
      if (isReplica(names, lease.metadata.name)) note(lease.metadata.name, lease);
    }
    const holders = new Map<number, string>();
    const blocked = new Set<number>();
    const needed = new Set<string>();
    for (const lease of leases) {
      const shard = shardOfLease(names.operator, lease.metadata.name);
      const { holder, epoch } = parseLease(lease, annotations);
      if (shard === undefined || shard >= gate.shards || holder === "") continue;
      needed.add(holder);
      if (!byName.has(holder)) note(holder, undefined);
      const ours = gate.epochOfShard(shard);
      if (ours !== undefined && epoch !== ours && holder !== replica)
        throw new ShardTaken(`shard ${String(shard)} was taken by ${holder} although it is ours`);
      if (alive.has(holder)) holders.set(shard, holder);
      if (working.has(holder)) blocked.add(shard);
    }
    for (const shard of gate.held) holders.set(shard, replica);
    const dead = leases.filter(({ metadata: { name } }) => isReplica(names, name) && name !== replica && !working.has(name) && !needed.has(name));
    return { holders, replicas: [...alive], blocked, dead, aliveMs };
  }

  async #take(shard: number, signal: AbortSignal): Promise<void> {
    const { gate, leases, log, store, onChange } = this.#deps;
    const taken = await this.#bounded((bounded) => leases.take(shard, bounded), signal);
    if (taken === undefined) return;
    const { epoch, lease } = taken;
    // Before the watch tells it: what is held is compared with what is known.
    store.upsert(lease);
    log.info("took a shard", { shard, epoch });
    gate.gain(shard, epoch);
    onChange(shard);
  }

  /** Where work is under way for long it stays ours for now, and nothing in it is held up. */
  async #handOver(shard: number, signal: AbortSignal): Promise<void> {
    const { clock, gate, onChange } = this.#deps;
    const patience = new AbortController();
    const timer = clock.sleep(REST_MS, AbortSignal.any([signal, patience.signal])).then(
      () => patience.abort(),
      () => undefined,
    );
    const atRest = await gate.close(shard, AbortSignal.any([signal, patience.signal]));
    patience.abort();
    await timer;
    if (atRest) return this.#give(shard, signal);
    if (signal.aborted) return;
    this.#notBefore.set(shard, clock.monotonic() + AGAIN_MS);
    gate.reopen(shard);
    onChange(shard);
  }

  /** When all of its passes have ended, unless the signal aborts before. */
  async #give(shard: number, signal: AbortSignal): Promise<void> {
    const { gate, leases, log, onChange } = this.#deps;
    const epoch = gate.epochOfShard(shard);
    if (epoch === undefined || !(await gate.close(shard, signal))) return;
    gate.lose(shard);
    onChange(shard);
    try {
      await this.#bounded((bounded) => leases.release(shard, epoch, bounded), new AbortController().signal);
      log.info("gave a shard up", { shard });
    } catch (error) {
      log.warn("could not give a shard up; another takes it when this replica's Lease has expired", { shard, error: oneLine(messageOf(error)) });
    }
  }

  #bounded<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, times } = this.#deps;
    return withDeadline({ clock, ms: times.renewDeadlineMs / 2, reason: new Error("the API server does not respond") }, work, signal);
  }

  #failed(error: unknown, signal: AbortSignal): number {
    if (signal.aborted) return 0;
    if (error instanceof ShardTaken) throw error;
    this.#deps.log.warn("could not take or give up a shard", { error: oneLine(messageOf(error)) });
    return this.#deps.times.renewMs;
  }
}

class ShardTaken extends Error {}
