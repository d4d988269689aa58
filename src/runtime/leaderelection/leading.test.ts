import { expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { StillAtWork } from "../manager.ts";
import { whileLeading } from "./leading.ts";
import type { LeaseHold } from "./lease-hold.ts";

const lost = new Error("lost the Lease");

/** What happened, in order; each lease hold ends as `work` says. */
const led = async (works: readonly ((leaseHold: { lose: () => void }, stop: AbortSignal) => Promise<void>)[]) => {
  const happened: string[] = [];
  const over = new AbortController();
  let count = 0;
  const losses = new Map<string, AbortController>();
  const acquire = (): Promise<LeaseHold> => {
    const loss = new AbortController();
    const epoch = String((count += 1));
    losses.set(epoch, loss);
    happened.push(`hold ${epoch}`);
    return Promise.resolve({ epoch, previousEpoch: "", assertHeld: () => undefined, signal: loss.signal, ...leaving(epoch) });
  };
  const leaving = (epoch: string) => {
    let left = false;
    const leave = (how: string) => (): Promise<void> => {
      if (!left) happened.push(`${how} ${epoch}`);
      left = true;
      return Promise.resolve();
    };
    return { release: leave("release"), abandon: leave("abandon") };
  };
  const work = async ({ epoch }: LeaseHold, stop: AbortSignal): Promise<void> => {
    const one = works[Number(epoch) - 1];
    if (one === undefined) over.abort(new Error("stopped"));
    else await one({ lose: () => losses.get(epoch)?.abort(lost) }, stop);
    happened.push(`end ${epoch}`);
  };
  let leading: boolean | undefined;
  const leads = (is: boolean): void => {
    if (is !== leading) happened.push(is ? "leads" : "follows");
    leading = is;
  };
  const error = await whileLeading({ leadership: { acquire }, log: silentLogger, leads }, work, over.signal).catch((thrown: unknown) => thrown);
  return { happened, error };
};

test.each<[string, (stop: AbortSignal) => void]>([
  ["ends in order", () => undefined],
  ["is cut off by the loss", (stop) => stop.throwIfAborted()],
])("a lost Lease is acquired again when work that %s has ended", async (_title, end) => {
  const { happened, error } = await led([
    ({ lose }, stop) => {
      lose();
      expect(stop.aborted).toBe(true);
      return Promise.resolve().then(() => end(stop));
    },
  ]);
  expect(happened.filter((what) => what !== "end 1")).toEqual([
    ...["follows", "hold 1", "leads", "follows", "release 1"],
    ...["hold 2", "leads", "end 2", "release 2", "follows"],
  ]);
  expect(error).toBeUndefined();
});

test.each([
  ["release", new Error("a defect")],
  ["abandon", new StillAtWork(["deaf"], undefined)],
])("another failure of the work is thrown, also after a loss: %s", async (how, deaf) => {
  const { happened, error } = await led([
    ({ lose }) => {
      lose();
      return Promise.reject(deaf);
    },
  ]);
  expect([happened, error]).toEqual([["follows", "hold 1", "leads", "follows", `${how} 1`], deaf]);
});
