import { describe, expect, test } from "@jest/globals";
import type { Clock } from "../../../base/time/clock.ts";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import type { ArtifactKeeper, ChartArtifact, ChartSource } from "../../../sources/source.ts";
import { noRoom, notFound } from "../../../sources/errors.ts";
import { REQUESTED_AT } from "../../names.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { chart } from "../../testing/estate.ts";
import { ChartReader } from "./reader.ts";
import { intervalMs } from "../decision/context.ts";
import { ARTIFACT, KEEPER } from "../testing/charts.ts";

const never = new AbortController().signal;
const of = chart("blog");
const edited = { ...of, metadata: { ...of.metadata, generation: 2 } };
const requested = { ...of, metadata: { ...of.metadata, annotations: { [REQUESTED_AT]: "now" } } };

/** A source that gives version 1, then 2, …; `fail` makes the next fetch fail. */
const world = () => {
  const clock = new ManualClock();
  let reads = 0;
  let failure: Error | undefined;
  const source: ChartSource = {
    fetch: () => {
      reads += 1;
      const error = failure;
      failure = undefined;
      const artifact: ChartArtifact = { ...ARTIFACT, version: String(reads) };
      return error === undefined ? Promise.resolve(artifact) : Promise.reject(error);
    },
  };
  let setBackMs = 0;
  const wall: Clock = {
    now: () => clock.now() - setBackMs,
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
  const held = new Map<string, string>();
  const gone = new Set<string>();
  const keeper: ArtifactKeeper = {
    hold: ({ uid }, { version }) => {
      held.set(uid, version);
      return Promise.resolve(!gone.has(version));
    },
    release: (holder) => void held.delete(holder),
  };
  const reader = new ChartReader({ source, keeper, clock: wall, secrets: () => Promise.resolve({}) });
  const read = async (what = of): Promise<string> => {
    const view = await reader.read(what, {}, never);
    return view.state === "ready" ? view.artifact.version : view.state === "failed" ? view.failure.reason : view.state;
  };
  return { clock, reader, read, held, gone, fail: (error: Error) => (failure = error), setBack: (ms: number) => (setBackMs = ms) };
};

describe("a chart is read", () => {
  test("once for many passes", async () => {
    const { read } = world();
    expect([await read(), await read(), await read()]).toEqual(["1", "1", "1"]);
  });

  test("again for a new generation, a request, and after the interval", async () => {
    const { read, clock } = world();
    expect([await read(), await read(edited), await read(edited)]).toEqual(["1", "2", "2"]);
    expect([await read(requested), await read(requested)]).toEqual(["3", "3"]);
    await clock.advance(intervalMs(of) - 1);
    expect(await read(requested)).toBe("3");
    await clock.advance(1);
    expect(await read(requested)).toBe("4");
  });

  test("after the interval of its spec", async () => {
    const { read, clock } = world();
    const often = chart("blog", { spec: { source: { type: "local", location: "/x", interval: 5 } } });
    await read(often);
    await clock.advance(5_500);
    expect(await read(often)).toBe("2");
  });

  test("each for itself", async () => {
    const { read } = world();
    expect([await read(), await read(chart("other")), await read()]).toEqual(["1", "2", "1"]);
  });

  test.each(["forget", "distrust"] as const)("again after %s", async (method) => {
    const { read, reader } = world();
    await read();
    reader[method](of.metadata.uid);
    expect([await read(), await read()]).toEqual(["2", "2"]);
  });

  test("once for all who come for the same at the same time", async () => {
    const { read } = world();
    expect(await Promise.all([read(), read()])).toEqual(["1", "1"]);
  });

  test("and not for a spec that is no longer wanted", async () => {
    const { read, held } = world();
    expect(await Promise.all([read(), read(edited)])).toEqual(["reading", "2"]);
    expect([await read(edited), [...held]]).toEqual(["2", [[of.metadata.uid, "2"]]]);
  });

  const broken = notFound("no chart there");

  /** Seconds from each failure to the time at which it will be retried. */
  const pauses = async ({ reader, clock, fail, read }: ReturnType<typeof world>, what: ArmadaChart, count: number): Promise<readonly number[]> => {
    const taken: number[] = [];
    for (let failures = 1; failures <= count; failures += 1) {
      fail(broken);
      const view = await reader.read(what, {}, never);
      if (view.state !== "failed") throw new Error(`it was read before its time, after ${String(failures - 1)} failures`);
      const pauseMs = view.retryAtMs - clock.now();
      taken.push(pauseMs / 1000);
      await clock.advance(pauseMs - 1);
      expect(await read(what)).toBe("NotFound");
      await clock.advance(1);
    }
    return taken;
  };

  test.each([
    ["ten minutes", 3_600, [10, 20, 40, 80, 160, 320, 600, 600]],
    ["the interval, where that is shorter", 30, [10, 20, 33, 33]],
  ])("after pauses that double up to %s, each of them between the half and the whole", async (_, interval, bounds) => {
    const at = world();
    const taken = await pauses(at, chart("blog", { spec: { source: { type: "local", location: "/x", interval } } }), bounds.length);
    for (const [index, bound] of bounds.entries()) {
      expect(taken[index]).toBeLessThanOrEqual(bound);
      expect(taken[index]).toBeGreaterThanOrEqual(bound * 0.4);
    }
  });

  test("after other pauses than another chart that broke at the same time", async () => {
    expect(await pauses(world(), of, 4)).not.toEqual(await pauses(world(), chart("other"), 4));
  });

  test("after the first pause again, once it could be read", async () => {
    const at = world();
    const [first] = await pauses(at, of, 3);
    expect(await at.read()).toBe("4");
    await at.clock.advance(660_000);
    expect(await pauses(at, of, 1)).toEqual([first]);
  });

  test("without waiting for a time that only a clock set back has made so distant", async () => {
    const { read, fail, setBack } = world();
    fail(broken);
    await read();
    setBack(3_600_000);
    expect(await read()).toBe("2");
  });

  test("at once after a failure, when somebody asks or changes the spec", async () => {
    const { read, fail } = world();
    fail(broken);
    expect([await read(), await read(requested)]).toEqual(["NotFound", "2"]);
    fail(broken);
    expect([await read(edited), await read(of)]).toEqual(["NotFound", "4"]);
  });
});

describe("what was read is held", () => {
  test("from the first pass until the chart is forgotten, and nothing else beside it", async () => {
    const { read, reader, held } = world();
    await read();
    await read(edited);
    expect([...held]).toEqual([[of.metadata.uid, "2"]]);
    reader.forget(of.metadata.uid);
    expect([...held]).toEqual([]);
  });

  test("and not when the chart was forgotten while it was read", async () => {
    const { reader, held, read } = world();
    const reading = read();
    reader.forget(of.metadata.uid);
    await reading;
    expect([...held]).toEqual([]);
    expect(await read()).toBe("2");
  });

  test("or read again in the pass that finds it gone", async () => {
    const { read, gone } = world();
    expect(await read()).toBe("1");
    gone.add("1");
    expect([await read(), await read()]).toEqual(["2", "2"]);
  });

  test("or has failed, when it went as soon as it had come", async () => {
    const { read, gone } = world();
    gone.add("1");
    expect(await read()).toBe("Unreadable");
  });
});

test("a chart that is more than its namespace may hold is a failure that says so, for this namespace", async () => {
  const refusal = noRoom('no room for namespace "site"');
  const keeper: ArtifactKeeper = {
    ...KEEPER,
    hold: ({ uid, namespace }) => (namespace === "site" ? Promise.reject(refusal) : Promise.resolve(uid !== "")),
  };
  const source: ChartSource = { fetch: () => Promise.resolve(ARTIFACT) };
  const reader = new ChartReader({ source, keeper, clock: new ManualClock(), secrets: () => Promise.resolve({}) });
  expect(await reader.read(of, {}, never)).toMatchObject({ state: "failed", failure: { reason: "TooLarge", message: refusal.message } });
  const elsewhere = chart("blog", { metadata: { namespace: "other", uid: "other" } });
  expect(await reader.read(elsewhere, {}, never)).toMatchObject({ state: "ready" });
});

test("a reading that was aborted says nothing of the source", async () => {
  const stop = new AbortController();
  const source: ChartSource = { fetch: () => (stop.abort(new Error("the spec has changed")), Promise.reject(new Error("aborted"))) };
  const reader = new ChartReader({ source, keeper: KEEPER, clock: new ManualClock(), secrets: () => Promise.resolve({}) });
  await expect(reader.read(of, {}, stop.signal)).rejects.toThrow("the spec has changed");
});
