import { expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { fnv1a64, shardOf } from "./shard-of.ts";

test.each([
  ["", "cbf29ce484222325"],
  ["a", "af63dc4c8601ec8c"],
  ["foobar", "85944171f73967e8"],
])("FNV-1a of %j is that of its authors", (text, hash) => {
  expect(fnv1a64(text).toString(16)).toBe(hash);
});

test("every object has a shard, and one of one is 0", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 256 }), (uid, shards) => {
      expect(shardOf(uid, shards)).toBeGreaterThanOrEqual(0);
      expect(shardOf(uid, shards)).toBeLessThan(shards);
      expect(shardOf(uid, 1)).toBe(0);
    }),
  );
});

test("objects are spread over all shards", () => {
  const counts = new Map<number, number>();
  for (let index = 0; index < 16_000; index += 1) {
    const shard = shardOf(createHash("sha256").update(String(index)).digest("hex").slice(0, 32), 16);
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  expect(counts.size).toBe(16);
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(200);
});
