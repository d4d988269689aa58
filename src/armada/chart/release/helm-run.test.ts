import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import { runHelm, Superseded } from "./helm-run.ts";

/** A helm that works until it is told to end, or to finish. */
const world = ({ untouched = false }: { readonly untouched?: boolean | Error } = {}) => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const said: string[] = [];
  const done = Promise.withResolvers<void>();
  let inHook: boolean | Error = false;
  const handle: { begin?: () => void } = {};
  const listeners = new Set<() => void>();
  const running = runHelm(
    (options, signal) => {
      handle.begin = () => {
        said.push("started");
        options.onStart?.();
      };
      signal.addEventListener("abort", () => {
        said.push(`told to end: ${String(signal.reason.message)}`);
        done.reject(new Error("ended"));
      });
      return done.promise.then(() => ({ revision: 1, warnings: [] }));
    },
    {
      onStart: () => said.push("told of the start"),
      waitsInHook: () => (inHook instanceof Error ? Promise.reject(inHook) : Promise.resolve(inHook)),
      isUntouched: () => (untouched instanceof Error ? Promise.reject(untouched) : Promise.resolve(untouched)),
      onRecordChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      stopGraceMs: () => 4_000,
      sleep: (ms, signal) => clock.sleep(ms, signal),
    },
    stop.signal,
  );
  running.catch(() => undefined);
  return {
    clock,
    said,
    running,
    stop: (reason: Error) => stop.abort(reason),
    begin: () => handle.begin?.(),
    finish: () => done.resolve(),
    hook: (value: boolean | Error) => (inHook = value),
    recordChanges: () => listeners.forEach((listener) => listener()),
    listeners,
  };
};

const edit = new Superseded("the spec has changed");
const stopping = new Error("stopped by SIGTERM");

test("who waits is told how many go before, and that the wait is over; who does not wait is told nothing", async () => {
  const told: (number | undefined)[] = [];
  const { signal } = new AbortController();
  const deps = {
    onStart: () => undefined,
    onWait: (before: number | undefined) => void told.push(before),
    waitsInHook: () => Promise.resolve(false),
    isUntouched: () => Promise.resolve(false),
    onRecordChange: () => () => undefined,
    stopGraceMs: () => 1,
    sleep: () => Promise.resolve(),
  };
  const start = (before: number | undefined) =>
    runHelm(
      async ({ onStart, onWait }) => {
        if (before !== undefined) onWait?.(before);
        onStart?.();
        return { warnings: [] };
      },
      deps,
      signal,
    );
  await start(undefined);
  expect(told).toEqual([]);
  await start(3);
  expect(told).toEqual([3, undefined]);
});

describe("a helm run", () => {
  test("that is left alone ends by itself", async () => {
    const { begin, finish, running, said, listeners, clock } = world();
    begin();
    finish();
    expect(await running).toEqual({ revision: 1, warnings: [] });
    expect(said).toEqual(["started", "told of the start"]);
    expect([listeners.size, clock.sleepers]).toEqual([0, 0]);
  });

  test("that waits for a place is given up at once", async () => {
    const { stop, running, said } = world();
    stop(edit);
    await expect(running).rejects.toThrow("ended");
    expect(said).toEqual(["told to end: the spec has changed"]);
  });

  test("that has not written its record a while after the spec has changed renders for nobody, and is ended", async () => {
    const { begin, stop, running, said, clock } = world({ untouched: true });
    begin();
    await clock.advance(3_600_000);
    stop(edit);
    await clock.advance(2_999);
    expect(said).toEqual(["started", "told of the start"]);
    await clock.advance(1);
    await expect(running).rejects.toThrow("ended");
    expect([said.at(-1), clock.sleepers]).toEqual(["told to end: the spec has changed", 0]);
  });

  test.each([
    ["that has written its record", false],
    ["whose record cannot be read", new Error("503")],
  ])("%s is left to finish when the spec changes", async (_title, untouched) => {
    const { begin, stop, finish, running, said, clock } = world({ untouched });
    begin();
    stop(edit);
    await clock.advance(3_600_000);
    expect(said).toEqual(["started", "told of the start"]);
    finish();
    await expect(running).resolves.toMatchObject({ revision: 1 });
  });

  test("that works is left to finish when the spec changes", async () => {
    const { begin, stop, finish, running, said, clock } = world();
    begin();
    stop(edit);
    await clock.advance(3_600_000);
    expect(said).toEqual(["started", "told of the start"]);
    finish();
    await expect(running).resolves.toMatchObject({ revision: 1 });
  });

  test("that waits in a hook is ended when the spec changes", async () => {
    const { begin, stop, hook, running, said } = world();
    begin();
    hook(true);
    stop(edit);
    await expect(running).rejects.toThrow("ended");
    expect(said).toContain("told to end: the spec has changed");
  });

  test("that comes to a hook after the spec has changed is ended there", async () => {
    const { begin, stop, hook, recordChanges, running, clock, said } = world();
    begin();
    stop(edit);
    await clock.advance(0);
    recordChanges();
    await clock.advance(0);
    expect(said).toHaveLength(2);
    hook(true);
    recordChanges();
    await expect(running).rejects.toThrow("ended");
  });

  test("that waits in a hook is left alone while nobody wants anything else", async () => {
    const { begin, hook, recordChanges, finish, running, clock, said } = world();
    begin();
    hook(true);
    recordChanges();
    await clock.advance(0);
    expect(said).toHaveLength(2);
    finish();
    await running;
  });

  test("of which it cannot be read whether it waits is left to finish", async () => {
    const { begin, stop, hook, finish, running, clock } = world();
    begin();
    hook(new Error("no answer"));
    stop(edit);
    await clock.advance(1_000);
    finish();
    await expect(running).resolves.toMatchObject({ revision: 1 });
  });

  test("has a short time to finish when the operator stops", async () => {
    const { begin, stop, running, clock, said } = world();
    begin();
    stop(stopping);
    await clock.advance(3_999);
    expect(said).toHaveLength(2);
    await clock.advance(1);
    await expect(running).rejects.toThrow("ended");
    expect(said).toContain("told to end: stopped by SIGTERM");
  });

  test.each([
    ["that waits in a hook", { hook: true, untouched: false }],
    ["that has not written its record", { hook: false, untouched: true }],
  ])("%s has that time, too", async (_title, { hook: inHook, untouched }) => {
    const { begin, stop, hook, recordChanges, finish, running, clock, said } = world({ untouched });
    begin();
    hook(inHook);
    stop(stopping);
    recordChanges();
    await clock.advance(3_999);
    expect(said).toHaveLength(2);
    finish();
    await expect(running).resolves.toMatchObject({ revision: 1 });
  });

  test("that finishes in that time leaves no timer behind", async () => {
    const { begin, stop, finish, running, clock } = world();
    begin();
    stop(stopping);
    finish();
    await running;
    await clock.advance(0);
    expect(clock.sleepers).toBe(0);
  });
});

test("a signal that has aborted already starts no helm", async () => {
  const started: boolean[] = [];
  const run = runHelm(
    (_, signal) => (started.push(!signal.aborted), signal.aborted ? Promise.reject(new Error("given up")) : Promise.resolve({ warnings: [] })),
    {
      onStart: () => undefined,
      waitsInHook: () => Promise.resolve(false),
      isUntouched: () => Promise.resolve(false),
      onRecordChange: () => () => undefined,
      stopGraceMs: () => 1,
      sleep: () => Promise.resolve(),
    },
    AbortSignal.abort(edit),
  );
  await expect(run).rejects.toThrow("given up");
  expect(started).toEqual([false]);
});

test("a run that a newer spec left to finish is ended all the same when the operator stops", async () => {
  const clock = new ManualClock();
  const pass = new AbortController();
  const operator = new AbortController();
  const ended = Promise.withResolvers<never>();
  const run = runHelm(
    (options, signal) => {
      options.onStart?.();
      signal.addEventListener("abort", () => ended.reject(new Error("ended")));
      return ended.promise;
    },
    {
      onStart: () => undefined,
      waitsInHook: () => Promise.resolve(false),
      isUntouched: () => Promise.resolve(false),
      onRecordChange: () => () => undefined,
      stop: operator.signal,
      stopGraceMs: () => 2_500,
      sleep: (ms, signal) => clock.sleep(ms, signal),
    },
    pass.signal,
  );
  run.catch(() => undefined);
  pass.abort(edit);
  operator.abort(stopping);
  await clock.advance(2_500);
  await expect(run).rejects.toThrow("ended");
});

test("of a helm that has ended nothing listens any more, however long the operator runs", async () => {
  const stop = new AbortController();
  const asked: number[] = [];
  const sleep = async (ms: number) => void asked.push(ms);
  const deps = {
    onStart: () => undefined,
    waitsInHook: async () => false,
    isUntouched: async () => false,
    onRecordChange: () => () => undefined,
    stop: stop.signal,
    stopGraceMs: () => 5_000,
    sleep,
  };
  await runHelm(async () => ({ warnings: [] }), deps, new AbortController().signal);
  stop.abort();
  expect(asked).toEqual([]);
});
