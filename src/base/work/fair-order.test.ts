import { expect, test } from "@jest/globals";
import { FairOrder } from "./fair-order.ts";

const orderOf = (...items: readonly string[]): FairOrder<string> => {
  const order = new FairOrder<string>();
  for (const item of items) order.add(item[0] ?? "", item);
  return order;
};

const drain = (order: FairOrder<string>): string => {
  const taken: string[] = [];
  while (order.size > 0) taken.push(order.take(() => true) ?? "nothing");
  return taken.join(" ");
};

test.each([
  ["one account, first in, first out", ["a1", "a2", "a3"], "a1 a2 a3"],
  ["a single item behind many of another", ["a1", "a2", "a3", "a4", "b1"], "a1 b1 a2 a3 a4"],
  ["three accounts", ["a1", "a2", "b1", "b2", "c1", "a3"], "a1 b1 c1 a2 b2 a3"],
  ["what is added twice", ["a1", "a1"], "a1"],
])("accounts come in turn: %s", (_title, items, expected) => {
  expect(drain(orderOf(...items))).toBe(expected);
});

test("an account that may not go is passed over, and keeps its turn", () => {
  const order = orderOf("a1", "a2", "b1", "b2");
  expect(order.take((account) => account !== "a")).toBe("b1");
  expect(order.take((account) => account === "c")).toBeUndefined();
  expect(drain(order)).toBe("a1 b2 a2");
});

test("what is deleted waits no more", () => {
  const order = orderOf("a1", "a2", "b1");
  order.delete("a", "a1");
  order.delete("a", "a1");
  order.delete("b", "b1");
  expect([order.size, drain(order)]).toEqual([1, "a2"]);
});

test.each([
  ["a", ["b1", "b2", "b3"], 1],
  ["a", ["a1", "b1", "b2", "b3", "c1"], 3],
  ["a", ["b1", "b2", "b3", "a1", "c1"], 4],
  ["a", [], 0],
])("how many go before one that is added to %s after %j", (account, items, expected) => {
  const order = orderOf(...items);
  expect(order.before(account)).toBe(expected);
  order.add(account, `${account}x`);
  expect(drain(order).split(" ").indexOf(`${account}x`)).toBe(expected);
});
