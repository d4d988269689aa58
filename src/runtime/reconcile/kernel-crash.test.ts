import { describe, expect, test } from "@jest/globals";
import { FINALIZER, never, ref, world, type World } from "../testing/toy.ts";

type After = (w: World) => Promise<void>;

/** Throws at the n-th await that reaches outside, once. Returns how many there were. */
const arm = (w: World, at: number): (() => number) => {
  let count = 0;
  const strike = (): void => {
    count += 1;
    if (count === at) throw new Error("lost");
  };
  w.api.before = strike;
  w.kind.around = strike;
  return () => count;
};

/** A lost pass is made again. */
const settle = async (w: World, after: After) => {
  await w.reconcile().catch(async () => {
    await after(w);
    await w.reconcile();
  });
  const object = await w.live();
  const { finalizers } = object?.metadata ?? {};
  return { parts: w.parts.toSorted(), finalizers, has: object?.status?.has.split(" ").toSorted(), done: object?.status?.done };
};

/** A toy is made, changed and deleted. */
const life = async (at: number, after: After) => {
  const w = await world(["a", "b"]);
  const count = arm(w, at);
  const made = await settle(w, after);
  await w.byHand(() => w.api.patch(ref, { type: "merge", body: { spec: { parts: ["b", "c"] } } }, never));
  const changed = await settle(w, after);
  await w.byHand(() => w.api.delete(ref, never));
  const deleted = await settle(w, after);
  return { states: { made, changed, deleted }, awaits: count() };
};

describe("a fault at any moment", () => {
  test.each([
    ["a new process takes over", (w: World) => w.crash()],
    ["the same process tries again", (w: World) => w.relist()],
  ] as const)("leads to the undisturbed state: %s", async (_, after) => {
    const { states, awaits } = await life(Number.POSITIVE_INFINITY, after);
    expect(states).toEqual({
      made: { parts: ["a", "b"], finalizers: [FINALIZER], has: ["a", "b"], done: true },
      changed: { parts: ["b", "c"], finalizers: [FINALIZER], has: ["b", "c"], done: true },
      deleted: { parts: [] },
    });
    expect(awaits).toBeGreaterThanOrEqual(30);
    for (let at = 1; at <= awaits; at += 1) expect([at, (await life(at, after)).states]).toEqual([at, states]);
  });
});
