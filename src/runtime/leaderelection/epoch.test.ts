import { expect, test } from "@jest/globals";
import { formatEpoch, isOfLeaseIn, leaseNamespaceOf, shardIn } from "./epoch.ts";

const long = "n".repeat(63);

test.each([
  ["a short namespace", "ops", "3-0a0b0c0d.ops", "ops"],
  ["a namespace of 63 characters", long, /^3-0a0b0c0d\._[0-9a-f]{39}$/, undefined],
])("an epoch of a Lease in %s is a label value and knows its Lease", (_, namespace, text, named) => {
  const epoch = formatEpoch(3, "0a0b0c0d", namespace);
  expect(epoch).toMatch(text);
  expect(formatEpoch(99_999_999, "0a0b0c0d", namespace)).toMatch(/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
  expect(isOfLeaseIn(epoch, namespace)).toBe(true);
  expect(isOfLeaseIn(epoch, `${namespace.slice(1)}x`)).toBe(false);
  expect(leaseNamespaceOf(epoch)).toBe(named);
});

test("an epoch of an earlier version belongs to no Lease that is known", () => {
  expect([isOfLeaseIn("3-0a0b0c0d", "ops"), leaseNamespaceOf("3-0a0b0c0d")]).toEqual([false, undefined]);
});

test.each(["ops", long])("an epoch of a shard names it, and is a label value: namespace %s", (namespace) => {
  const epoch = formatEpoch(99_999_999, "0a0b0c0d", namespace, 255);
  expect(epoch).toMatch(/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
  expect([shardIn(epoch), isOfLeaseIn(epoch, namespace)]).toEqual([255, true]);
  expect(shardIn(formatEpoch(3, "0a0b0c0d", namespace))).toBeUndefined();
});
