import { beforeEach, describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import type { ChartArtifact } from "../../sources/source.ts";
import { unreachable } from "../../sources/errors.ts";
import { chart } from "../testing/estate.ts";
import { ChartReader } from "./chart-source/reader.ts";
import { intervalMs } from "./decision/context.ts";
import { ARTIFACT, KEEPER } from "./testing/charts.ts";

const never = new AbortController().signal;
const of = chart("blog");
const edited = { ...of, metadata: { ...of.metadata, generation: 2 } };
const broken = unreachable("no server there");

let clock: ManualClock;
let reader: ChartReader;
/** What the source is asked and has not answered yet. */
let asked: PromiseWithResolvers<ChartArtifact>[];
let changed: string[];
let held: string[];
let signals: AbortSignal[];

beforeEach(() => {
  clock = new ManualClock();
  [asked, changed, held, signals] = [[], [], [], []];
  const fetch = (_: unknown, signal: AbortSignal): Promise<ChartArtifact> => {
    signals.push(signal);
    const answer = Promise.withResolvers<ChartArtifact>();
    asked.push(answer);
    return answer.promise;
  };
  reader = new ChartReader({
    source: { fetch },
    keeper: { ...KEEPER, hold: (_, { version: one }) => Promise.resolve(held.push(one) > 0) },
    clock,
    secrets: () => Promise.resolve({}),
    onChange: (uid) => void changed.push(uid),
  });
});

/** The view of a pass; the source answers the last question after `ms`. */
const pass = async (ms: number, answer?: ChartArtifact | Error, what = of) => {
  const reading = reader.read(what, {}, never);
  await clock.advance(ms);
  if (answer instanceof Error) asked.at(-1)?.reject(answer);
  else if (answer !== undefined) asked.at(-1)?.resolve(answer);
  await clock.advance(0);
  return reading;
};
const version = (number: string): ChartArtifact => ({ ...ARTIFACT, version: number, digest: `sha256.${number}` });

describe("a source that takes more than a second", () => {
  test("does not keep the first pass: it is told that it is being read, and when it is there the chart is looked at again", async () => {
    expect(await pass(1_000)).toEqual({ state: "reading" });
    expect(await pass(0)).toEqual({ state: "reading" });
    expect([asked.length, changed]).toEqual([1, []]);
    asked[0]?.resolve(version("1"));
    await clock.advance(0);
    expect(changed).toEqual([of.metadata.uid]);
    expect(await pass(0)).toMatchObject({ state: "ready", artifact: { version: "1" } });
    expect([asked.length, clock.sleepers]).toEqual([1, 0]);
  });

  test("is believed as it was while it is read again, whether it could be read or not", async () => {
    await pass(0, version("1"));
    await clock.advance(intervalMs(of));
    expect(await pass(1_000)).toMatchObject({ state: "ready", artifact: { version: "1" } });
    asked[1]?.reject(broken);
    await clock.advance(0);
    const failed = await pass(0);
    expect([failed.state, changed]).toEqual(["failed", [of.metadata.uid]]);
    await clock.advance(60_000);
    const again = await pass(1_000);
    expect(again).toMatchObject({ state: "failed", failure: { message: "no server there" } });
    expect("retryAtMs" in again ? again.retryAtMs : 0).toBeGreaterThan(clock.now());
    expect(asked.length).toBe(3);
  });

  test("is not believed as it was for another spec", async () => {
    await pass(0, version("1"));
    expect(await pass(1_000, undefined, edited)).toEqual({ state: "reading" });
    expect(await pass(0, undefined, of)).toMatchObject({ state: "ready" });
  });

  test("comes too late when another spec has been read, which stays, and is stopped", async () => {
    expect(await pass(1_000)).toEqual({ state: "reading" });
    expect(await pass(0, version("2"), edited)).toMatchObject({ state: "ready" });
    expect([signals[0]?.aborted, changed]).toEqual([true, [of.metadata.uid]]);
    asked[0]?.resolve(version("1"));
    await clock.advance(0);
    expect(await pass(0, undefined, edited)).toMatchObject({ state: "ready", artifact: { version: "2" } });
    expect([asked.length, new Set(held)]).toEqual([2, new Set(["2"])]);
  });

  test("is stopped when the chart is gone", async () => {
    await pass(1_000);
    reader.forget(of.metadata.uid);
    expect(signals[0]?.aborted).toBe(true);
  });

  test("ends with the pass that is interrupted", async () => {
    const stop = new AbortController();
    const reading = reader.read(of, {}, stop.signal);
    stop.abort(new Error("the spec has changed"));
    await expect(reading).rejects.toThrow("the spec has changed");
    expect(clock.sleepers).toBe(0);
  });
});

test("a source that answers within a second wakes nobody", async () => {
  expect(await pass(999, version("1"))).toMatchObject({ state: "ready" });
  expect([changed, clock.sleepers]).toEqual([[], 0]);
});
