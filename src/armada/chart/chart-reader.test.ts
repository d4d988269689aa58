import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../base/manual-clock.ts";
import { SourceError, type ChartArtifact, type ChartSource } from "../../sources/source.ts";
import { REQUESTED_AT } from "../names.ts";
import { chart } from "../testing.ts";
import { ChartReader } from "./chart-reader.ts";
import { ARTIFACT } from "./testing.ts";

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
  const reader = new ChartReader({ source, clock, secrets: () => Promise.resolve({}) });
  const read = async (what = of): Promise<string> => {
    const view = await reader.read(what, never);
    return view.state === "ready" ? view.artifact.version : view.state === "failed" ? view.failure.reason : view.state;
  };
  return { clock, reader, read, fail: (error: Error) => (failure = error) };
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
    await clock.advance(599_999);
    expect(await read(requested)).toBe("3");
    await clock.advance(1);
    expect(await read(requested)).toBe("4");
  });

  test("after the interval of its spec", async () => {
    const { read, clock } = world();
    const often = chart("blog", { spec: { source: { type: "local", location: "/x", interval: 5 } } });
    await read(often);
    await clock.advance(5_000);
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
    expect(await Promise.all([read(), read(), read(edited)])).toEqual(["1", "1", "2"]);
  });

  const broken = new SourceError("no chart there", { reason: "NotFound", class: "terminal" });

  test.each([
    ["half a minute after a failure", of, 30_000],
    [
      "half an interval after a failure, where that is shorter",
      chart("blog", { spec: { source: { type: "local", location: "/x", interval: 2 } } }),
      1_000,
    ],
  ])("again %s, and not for every pass before", async (_, what, afterMs) => {
    const { read, fail, clock } = world();
    fail(broken);
    expect([await read(what), await read(what)]).toEqual(["NotFound", "NotFound"]);
    await clock.advance(afterMs - 1);
    expect(await read(what)).toBe("NotFound");
    await clock.advance(1);
    expect(await read(what)).toBe("2");
  });

  test("at once after a failure, when somebody asks or changes the spec", async () => {
    const { read, fail } = world();
    fail(broken);
    expect([await read(), await read(requested)]).toEqual(["NotFound", "2"]);
    fail(broken);
    expect([await read(edited), await read(of)]).toEqual(["NotFound", "4"]);
  });
});

test("a reading that was aborted says nothing of the source", async () => {
  const stop = new AbortController();
  const source: ChartSource = { fetch: () => (stop.abort(new Error("the spec has changed")), Promise.reject(new Error("aborted"))) };
  const reader = new ChartReader({ source, clock: new ManualClock(), secrets: () => Promise.resolve({}) });
  await expect(reader.read(of, stop.signal)).rejects.toThrow("the spec has changed");
});
