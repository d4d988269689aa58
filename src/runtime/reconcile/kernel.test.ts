import { describe, expect, test } from "@jest/globals";
import { ApiError } from "../api.ts";
import { FINALIZER, never, ref, toy, TOYS, World, world } from "../testing/toy.ts";

/** The next write of a status fails. */
const failOnce = (w: World, error: Error): void => {
  let left = 1;
  w.api.before = ({ verb, body }) => {
    if (verb === "patch" && JSON.stringify(body).includes("/status") && left-- > 0) throw error;
  };
};

const unavailable = new ApiError("try later", { status: 503, reason: "ServiceUnavailable" });
const conflict = new ApiError("changed", { status: 409, reason: "Conflict" });
const notFound = new ApiError("not found", { status: 404, reason: "NotFound" });

const doomed = async (): Promise<World> => {
  const w = await world(["a", "b"]);
  await w.reconcile();
  await w.byHand(() => w.api.delete(ref, never));
  return w;
};

describe("a pass", () => {
  test("protects the object before it looks, then acts until nothing is left to do", async () => {
    const w = await world(["a", "b"]);
    expect(await w.reconcile()).toEqual({});
    expect(w.parts).toEqual(["a", "b"]);
    expect(w.writes[0]).toBe("finalizers");
    expect((await w.live())?.metadata.finalizers).toEqual([FINALIZER]);
    expect(w.journal.filter((line) => !line.startsWith("event"))).toEqual(["observe", "make a", "observe", "make b", "observe"]);
    expect((await w.live())?.status).toEqual({ has: "a b", done: true });
  });

  test("writes no status that says the same", async () => {
    const w = await world(["a"]);
    await w.reconcile();
    const before = w.api.calls.length;
    await w.reconcile();
    expect(w.api.calls.slice(before).filter(({ verb }) => verb === "patch")).toEqual([]);
  });

  test("emits events after the status that tells the same has been written", async () => {
    const w = await world(["a"]);
    failOnce(w, unavailable);
    await expect(w.reconcile()).rejects.toBe(unavailable);
    expect(w.events).toEqual([]);
    await w.reconcile();
    expect(w.events.map(({ note }) => note)).toEqual(["make a"]);
  });

  test("says what its effect waits for before it begins, and that it has begun, however little time has passed", async () => {
    const w = await world(["a"]);
    w.kind.awaits = ["for a place", undefined];
    w.kind.minor = true;
    await w.reconcile();
    const statuses = w.api.calls.flatMap(({ verb, body }) =>
      verb === "patch" && JSON.stringify(body).includes("/status") ? [JSON.stringify(body)] : [],
    );
    expect(statuses.map((text) => text.includes('"awaits":"for a place"'))).toEqual([false, true, false, false]);
  });

  test("is not ended by a status that cannot be written while its effect waits, and says so when that is over", async () => {
    const w = await world(["a"]);
    w.kind.awaits = ["for a place", undefined];
    failOnce(w, unavailable);
    await expect(w.reconcile()).rejects.toBe(unavailable);
    expect(w.parts).toEqual(["a"]);
  });

  test("keeps the finalizers of others", async () => {
    const w = await world([]);
    await w.byHand(() => w.api.patch(ref, { type: "merge", body: { metadata: { finalizers: ["example.org/other"] } } }, never));
    await w.reconcile();
    expect((await w.live())?.metadata.finalizers).toEqual(["example.org/other", FINALIZER]);
  });

  test("of an object that is not there does nothing", async () => {
    const w = new World();
    expect(await w.reconcile()).toEqual({});
    expect(w.journal).toEqual([]);
  });

  test("comes back when the decision says so", async () => {
    const w = await world([]);
    w.kind.wakeAtMs = w.clock.now() + 5_000;
    expect(await w.reconcile()).toEqual({ afterMs: 5_000 });
    await w.clock.advance(9_000);
    expect(await w.reconcile()).toEqual({ afterMs: 0 });
  });

  test("lets others go first when it does not converge", async () => {
    const w = await world(["a"]);
    w.kind.endless = true;
    expect(await w.reconcile()).toEqual({ afterMs: 0 });
    expect(w.journal.filter((line) => line === "make a").length).toBeLessThanOrEqual(32);
  });

  test("ends with the reason of the abort, and makes no effect after it", async () => {
    const w = await world(["a", "b"]);
    const stop = new AbortController();
    const reason = new Error("the spec has changed");
    w.kind.around = (when) => when === "after" && stop.abort(reason);
    await expect(w.reconcile(stop.signal)).rejects.toBe(reason);
    expect(w.parts).toEqual(["a"]);
  });
});

describe("minor news", () => {
  test("are told at most every quarter of a second, and the pass comes back to tell them", async () => {
    const w = await world([]);
    w.kind.minor = true;
    await w.reconcile();
    const written = w.writes.length;
    w.kind.verdictDone = false;
    expect(await w.reconcile()).toEqual({ afterMs: 250 });
    await w.clock.advance(249);
    expect(await w.reconcile()).toEqual({ afterMs: 1 });
    expect(w.writes).toHaveLength(written);
    await w.clock.advance(1);
    expect(await w.reconcile()).toEqual({});
    expect(w.writes).toHaveLength(written + 1);
  });

  test("hold up nothing else: what is so is told at once, and with it what was held back", async () => {
    const w = await world([]);
    w.kind.minor = true;
    await w.reconcile();
    w.kind.verdictDone = false;
    await w.reconcile();
    w.kind.minor = false;
    expect(await w.reconcile()).toEqual({});
    expect((await w.live())?.status?.done).toBe(false);
  });
});

describe("minor news with an event", () => {
  test("are told at once: what is about to be done would hide it", async () => {
    const w = await world(["a"]);
    w.kind.minor = true;
    await w.reconcile();
    expect(w.events.map(({ note }) => note)).toEqual(["make a"]);
  });
});

describe("an effect", () => {
  test("that failed is said, and decides again with what failed", async () => {
    const w = await world(["a"]);
    let left = 1;
    w.kind.around = (when) => {
      if (when === "before" && left-- > 0) throw new Error("no wood");
    };
    await w.reconcile();
    expect(w.kind.seenOutcomes.map(({ error }) => (error instanceof Error ? error.message : "well"))).toEqual(["no wood", "well"]);
    expect(w.parts).toEqual(["a"]);
  });

  test.each([
    ["conflict", conflict],
    ["absence", notFound],
  ])("that meets a %s steps back for the watch, and is not called a failure", async (_, error) => {
    const w = await world(["a"]);
    w.kind.around = (when) => {
      if (when === "before") throw error;
    };
    expect(await w.reconcile()).toEqual({ afterMs: 50, conflict: true });
    expect(w.kind.seenOutcomes).toEqual([]);
    w.kind.around = () => undefined;
    expect(await w.reconcile()).toEqual({});
    expect(w.parts).toEqual(["a"]);
  });

  test("keeps its outcome until a status tells of it, though the pass is lost in between", async () => {
    const w = await world(["a"]);
    let observed = 0;
    w.kind.around = (when) => {
      if (when === "observe" && (observed += 1) === 2) throw unavailable;
    };
    await expect(w.reconcile()).rejects.toBe(unavailable);
    expect(w.kind.seenOutcomes).toEqual([]);
    await w.reconcile();
    expect(w.kind.seenOutcomes.map(({ action }) => action)).toEqual([{ make: "a" }]);
  });

  test("keeps its outcome when the status that tells of it is not written", async () => {
    const w = await world(["a"]);
    let statuses = 0;
    w.api.before = ({ verb, body }) => {
      if (verb === "patch" && JSON.stringify(body).includes("/status") && (statuses += 1) === 2) throw unavailable;
    };
    await expect(w.reconcile()).rejects.toBe(unavailable);
    w.api.before = () => undefined;
    await w.reconcile();
    // told of twice to the report, once to people
    expect(w.kind.seenOutcomes).toHaveLength(2);
    expect(w.events).toHaveLength(1);
  });
});

describe("an object that is being deleted", () => {
  test("is let go when nothing is left, and not before", async () => {
    const w = await doomed();
    let partsThen: readonly string[] | undefined;
    w.api.before = ({ verb, body }) => {
      if (verb === "patch" && JSON.stringify(body).includes("finalizers")) partsThen = [...w.parts];
    };
    expect(await w.reconcile()).toEqual({});
    expect(await w.live()).toBeUndefined();
    expect(partsThen).toEqual([]);
  });

  test.each([
    ["a refusal", new ApiError("toys/status is forbidden", { status: 403, reason: "Forbidden" })],
    ["a status that breaks a rule", new ApiError("status is invalid", { status: 400, reason: "BadRequest" })],
    ["trouble", unavailable],
  ])("is let go although its last status is not written because of %s, and its events tell", async (_, error) => {
    const w = await doomed();
    w.api.before = ({ verb, body }) => {
      if (verb === "patch" && JSON.stringify(body).includes("/status")) throw error;
    };
    const passes = Array.from({ length: 5 }, () => w.reconcile.bind(w));
    for (const pass of passes) await pass().catch((thrown: unknown) => expect(thrown).toBe(error));
    expect(await w.live()).toBeUndefined();
    expect(w.events.length).toBeGreaterThan(0);
  });

  test("keeps its finalizer when its pass was ended while the last status was written", async () => {
    const w = await doomed();
    const stop = new AbortController();
    const reason = new Error("stopped");
    let statuses = 0;
    w.api.before = ({ verb, body }) => {
      // The last of three: two parts are taken away before.
      if (verb !== "patch" || !JSON.stringify(body).includes("/status") || (statuses += 1) < 3) return;
      stop.abort(reason);
      throw unavailable;
    };
    await expect(w.reconcile(stop.signal)).rejects.toBe(reason);
    expect((await w.live())?.metadata.finalizers).toEqual([FINALIZER]);
  });

  test("is not touched when it carries no finalizer of ours", async () => {
    const w = await world(["a"]);
    await w.api.patch(ref, { type: "merge", body: { metadata: { finalizers: ["example.org/other"] } } }, never);
    await w.byHand(() => w.api.delete(ref, never));
    expect(await w.reconcile()).toEqual({});
    expect(w.journal).toEqual([]);
    expect((await w.live())?.metadata.finalizers).toEqual(["example.org/other"]);
  });

  test("that has gone meanwhile is no error", async () => {
    const w = await doomed();
    await w.api.patch(ref, { type: "merge", body: { metadata: { finalizers: [] } } }, never);
    await expect(w.reconcile()).resolves.toEqual({});
  });
});

test("an object that has gone before it was protected is asked for once, not again and again", async () => {
  const w = await world(["a"]);
  await w.api.delete(ref, never);
  expect(await w.reconcile()).toEqual({});
  expect(w.writes).toEqual(["finalizers"]);
});

test("of an object that has gone nothing is remembered", async () => {
  const w = await world(["a"]);
  let looks = 0;
  w.kind.around = (when) => {
    if (when === "observe" && (looks += 1) === 2) throw unavailable;
  };
  await expect(w.reconcile()).rejects.toBe(unavailable);
  const gone = await w.live();
  if (gone !== undefined) w.store.remove(gone);
  await w.reconcile();
  await w.byHand(() => w.api.patch(ref, { type: "merge", body: { metadata: { labels: { back: "again" } } } }, never));
  await w.reconcile();
  expect(w.kind.seenOutcomes).toEqual([]);
});

test("an object that was made anew under the same name gets nothing of the old one's status", async () => {
  const w = await world(["a"]);
  await w.api.delete(ref, never);
  await w.api.create({ resource: TOYS, namespace: "n" }, toy(["b"]), never);
  expect(await w.reconcile()).toEqual({ afterMs: 50, conflict: true });
  expect((await w.live())?.status).toBeUndefined();
});

test("finalizers of an operator before this one are taken off when ours is put on, and from an object that is going", async () => {
  const w = await world(["a"]);
  w.kind.legacyFinalizers = ["uninstall-toy"];
  await w.byHand(() => w.api.patch(ref, { type: "merge", body: { metadata: { finalizers: ["uninstall-toy", "example.org/other"] } } }, never));
  await w.reconcile();
  expect((await w.live())?.metadata.finalizers).toEqual(["example.org/other", FINALIZER]);
  await w.byHand(() => w.api.patch(ref, { type: "merge", body: { metadata: { finalizers: ["uninstall-toy"] } } }, never));
  await w.byHand(() => w.api.delete(ref, never));
  await w.reconcile();
  await w.relist();
  expect(await w.live()).toBeUndefined();
});
