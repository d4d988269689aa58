import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { shareOut, type Holdings } from "./share-out.ts";

/** Any number of replicas, and shards that are held by any of them, by dead ones, or by nobody. */
const anyHoldings: fc.Arbitrary<Holdings> = fc
  .record({ shards: fc.integer({ min: 1, max: 64 }), count: fc.integer({ min: 1, max: 9 }), order: fc.boolean() })
  .chain(({ shards, count, order }) => {
    const names = Array.from({ length: count }, (_, index) => `r${String(index)}`);
    const replicas = order ? names : names.toReversed();
    const holder = fc.option(fc.constantFrom(...names, "dead-1", "dead-2"), { nil: undefined });
    return fc.array(holder, { minLength: shards, maxLength: shards }).map((all) => {
      const holders = new Map(all.flatMap((name, shard): [number, string][] => (name === undefined ? [] : [[shard, name]])));
      return { shards, replicas, holders };
    });
  });

const countsOf = ({ replicas }: Holdings, plan: ReadonlyMap<number, string>): readonly number[] =>
  replicas.map((name) => [...plan.values()].filter((holder) => holder === name).length);

const heldBy = ({ holders }: Holdings, name: string): number => [...holders.values()].filter((holder) => holder === name).length;

describe("whoever holds what", () => {
  test("every shard is somebody's who lives, and nobody has two more than another", () => {
    fc.assert(
      fc.property(anyHoldings, (holdings) => {
        const plan = shareOut(holdings);
        expect([...plan.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: holdings.shards }, (_, shard) => shard));
        const counts = countsOf(holdings, plan);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("no fewer could move", () => {
    fc.assert(
      fc.property(anyHoldings, (holdings) => {
        const { shards, replicas, holders } = holdings;
        const moved = [...shareOut(holdings)].filter(([shard, name]) => holders.get(shard) !== name).length;
        // Of those that hold most, as many as may keep one more than the others.
        const [least, rest] = [Math.floor(shards / replicas.length), shards % replicas.length];
        const held = replicas.map((name) => heldBy(holdings, name)).toSorted((a, b) => b - a);
        const stay = held.reduce((sum, count, index) => sum + Math.min(count, index < rest ? least + 1 : least), 0);
        expect(moved).toBe(shards - stay);
      }),
    );
  });

  test("what is so is left so, and everybody sees the same plan", () => {
    fc.assert(
      fc.property(anyHoldings, (holdings) => {
        const plan = shareOut(holdings);
        const sorted = (of: ReadonlyMap<number, string>) => [...of].toSorted(([a], [b]) => a - b);
        expect(sorted(shareOut({ ...holdings, holders: plan }))).toEqual(sorted(plan));
        expect(sorted(shareOut({ ...holdings, replicas: holdings.replicas.toReversed() }))).toEqual(sorted(plan));
      }),
    );
  });

  test("whatever part of it has been carried out, nothing is moved to and fro", () => {
    fc.assert(
      fc.property(anyHoldings, fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }), (holdings, done) => {
        const plan = shareOut(holdings);
        const { holders } = holdings;
        const moves = [...plan].filter(([shard, name]) => holders.get(shard) !== name);
        // Some were given up and not yet taken, some have not begun to move.
        const given = new Set(moves.filter((_, index) => done[index] === true).map(([shard]) => shard));
        const midway = { ...holdings, holders: new Map([...holders].filter(([shard]) => !given.has(shard))) };
        const stays = [...plan].filter(([shard, name]) => holders.get(shard) === name);
        const next = shareOut(midway);
        expect(stays.filter(([shard, name]) => next.get(shard) !== name)).toEqual([]);
      }),
    );
  });
});
