import { describe, expect, test } from "@jest/globals";
import { abortable } from "../../base/time/abortable.ts";
import { KnownNamespaces } from "./known-namespaces.ts";

const never = new AbortController().signal;

/** A watch whose first list is to be answered. */
const watch = (namespace?: string) => {
  const [synced, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let hasSynced = false;
  return {
    namespace,
    get hasSynced() {
      return hasSynced;
    },
    synced: (signal: AbortSignal) => abortable(synced.promise, signal),
    answered: (signal: AbortSignal) => abortable(answered.promise, signal),
    refuse: () => answered.resolve(),
    fill: () => {
      hasSynced = true;
      synced.resolve();
      answered.resolve();
    },
  };
};

/** Two watches in each of two namespaces. */
const world = (apart = true) => {
  const [a1, a2, b1, b2] = [watch("a"), watch("a"), watch("b"), watch("b")];
  const known = new KnownNamespaces({ informers: [a1, b1, a2, b2], apart });
  const settled: string[] = [];
  void known.settled(never).then(() => settled.push("settled"));
  const later = async (): Promise<readonly string[]> => {
    await new Promise((resolve) => setImmediate(resolve));
    return settled;
  };
  return { a1, a2, b1, b2, known, later };
};

describe("a namespace", () => {
  test("is known when all of its lists have come", () => {
    const { a1, a2, known } = world();
    a1.fill();
    expect(known.has("a")).toBe(false);
    a2.fill();
    expect([known.has("a"), known.has("b"), known.has("c")]).toEqual([true, false, false]);
  });

  test("that is refused does not hold up others", async () => {
    const { a1, a2, b1, b2, later } = world();
    for (const one of [b1, b2]) one.refuse();
    a1.fill();
    expect(await later()).toEqual([]);
    a2.fill();
    expect(await later()).toEqual(["settled"]);
  });

  test("that has no answer yet holds up all: an API server that is away tells nothing", async () => {
    const { a1, a2, b1, later } = world();
    for (const one of [a1, a2]) one.fill();
    b1.refuse();
    expect(await later()).toEqual([]);
  });

  test("alone, and refused, is waited for", async () => {
    const { a1, a2, b1, b2, later } = world();
    for (const one of [a1, a2, b1, b2]) one.refuse();
    expect(await later()).toEqual([]);
  });

  test("is known with all others only where its objects have to do with theirs", async () => {
    const { a1, a2, b1, b2, known, later } = world(false);
    for (const one of [a1, a2, b1]) one.fill();
    b2.refuse();
    expect([known.has("a"), await later()]).toEqual([false, []]);
    b2.fill();
    expect([known.has("a"), known.has("b"), await later()]).toEqual([true, true, ["settled"]]);
  });
});

test("every namespace is known with the lists of all", () => {
  const everywhere = watch();
  const known = new KnownNamespaces({ informers: [everywhere], apart: true });
  expect(known.has("any")).toBe(false);
  everywhere.fill();
  expect(known.has("any")).toBe(true);
});

test("tell names those that become known, and ends with its signal", async () => {
  const { a1, a2, b1, b2, known, later } = world();
  for (const one of [a1, a2]) one.fill();
  const told: (string | undefined)[] = [];
  const stop = new AbortController();
  const telling = known.tell((namespace) => told.push(namespace), stop.signal);
  await later();
  expect(told).toEqual([]);
  for (const one of [b1, b2]) one.fill();
  await telling;
  expect(told).toEqual(["b"]);
  const other = world();
  const ended = other.known.tell((namespace) => told.push(namespace), stop.signal);
  stop.abort(new Error("stopped"));
  await ended;
  expect(told).toEqual(["b"]);
});
