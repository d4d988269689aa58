import { expect, test } from "@jest/globals";
import { mapAtMost, turns } from "./turns.ts";

test("long work lets others have a turn", async () => {
  let others = 0;
  setImmediate(() => void (others += 1));
  const turn = turns(0);
  await turn();
  expect(others).toBe(1);
});

test("work in places keeps the order, and no more than so many at once", async () => {
  let [running, most] = [0, 0];
  const results = await mapAtMost([5, 4, 3, 2, 1, 0], 2, async (item) => {
    most = Math.max(most, ++running);
    for (let wait = 0; wait < item; wait++) await Promise.resolve();
    running -= 1;
    return item * 10;
  });
  expect([results, most]).toEqual([[50, 40, 30, 20, 10, 0], 2]);
});

test("the first failure is thrown, and no further item is begun", async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    await Promise.resolve();
    if (item === 1) throw new Error("no");
  };
  await expect(mapAtMost([0, 1, 2, 3, 4, 5], 2, work)).rejects.toThrow("no");
  await new Promise(setImmediate);
  expect(begun.length).toBeLessThan(5);
});
