import { beforeEach, describe, expect, test } from "@jest/globals";
import { LivingCharts } from "./living-charts.ts";

const never = new AbortController().signal;

/** Lists in the order in which they began; each is answered by hand. */
let lists: PromiseWithResolvers<ReadonlySet<string>>[];
let charts: LivingCharts;

beforeEach(() => {
  lists = [];
  const list = (): Promise<ReadonlySet<string>> => {
    const pending = Promise.withResolvers<ReadonlySet<string>>();
    lists.push(pending);
    return pending.promise;
  };
  charts = new LivingCharts({ list, stop: never });
});

const answer = (index: number, ...uids: readonly string[]): void => lists[index]?.resolve(new Set(uids));
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe("whether a chart exists", () => {
  test("is told by a list that began after the question", async () => {
    const first = charts.has("a", never);
    const [second, third] = [charts.has("b", never), charts.has("c", never)];
    expect(lists).toHaveLength(1);
    answer(0, "a");
    expect(await first).toBe(true);
    await settled();
    expect(lists).toHaveLength(2);
    answer(1, "a", "b");
    expect([await second, await third]).toEqual([true, false]);
  });

  test.each([
    ["a list has told so", () => charts.has("a", never)],
    ["a watch has told so", async () => charts.buried("a")],
  ])("is not asked again once %s", async (_, learn) => {
    const learning = learn();
    answer(0);
    await learning;
    const asked = lists.length;
    expect(await charts.has("a", never)).toBe(false);
    expect(lists).toHaveLength(asked);
  });

  test("is asked again for one that did exist", async () => {
    for (const index of [0, 1]) {
      const asking = charts.has("a", never);
      answer(index, "a");
      expect(await asking).toBe(true);
      await settled();
    }
    expect(lists).toHaveLength(2);
  });

  test("is not known when the list fails, and the next question begins another", async () => {
    const [asking, waiting] = [charts.has("a", never), charts.has("b", never)];
    lists[0]?.reject(new Error("forbidden"));
    await expect(asking).rejects.toThrow("forbidden");
    await settled();
    answer(1, "b");
    expect(await waiting).toBe(true);
  });

  test("is waited for only as long as the one that asks wants to know", async () => {
    const asking = charts.has("a", AbortSignal.abort(new Error("superseded")));
    await expect(asking).rejects.toThrow("superseded");
    const other = charts.has("a", never);
    answer(0, "a");
    await settled();
    answer(1, "a");
    expect(await other).toBe(true);
  });

  test("of many that are gone, the oldest is forgotten and asked for again", async () => {
    for (let index = 0; index <= 10_000; index += 1) charts.buried(`uid-${String(index)}`);
    expect(await charts.has("uid-1", never)).toBe(false);
    const asking = charts.has("uid-0", never);
    answer(0);
    expect(await asking).toBe(false);
    expect(lists).toHaveLength(1);
  });
});
