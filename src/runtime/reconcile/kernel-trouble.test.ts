import { describe, expect, test } from "@jest/globals";
import { ApiError } from "../api.ts";
import { world, type World } from "../testing/toy.ts";

const unavailable = new ApiError("try later", { status: 503, reason: "ServiceUnavailable" });
const conflict = new ApiError("changed", { status: 409, reason: "Conflict" });

describe("an object on which a pass breaks off", () => {
  const forbidden = new ApiError("secrets is forbidden", { status: 403, reason: "Forbidden" });
  const api = (status: number): ApiError => new ApiError(`answer ${String(status)}`, { status, reason: "Any" });
  const BLIND = { has: "a", done: false };
  /** A world that was seen once, and then cannot be any more. */
  const whenObservingFails = async (error: Error): Promise<World> => {
    const w = await world(["a"]);
    await w.reconcile();
    w.kind.around = (when) => {
      if (when === "observe") throw error;
    };
    return w;
  };

  test.each([forbidden, api(400), api(401), api(422), new TypeError("x is not a function"), new RangeError("line 3, column 1: bad")])(
    "says what will not pass by itself, and keeps what it knew: %s",
    async (error) => {
      const w = await whenObservingFails(error);
      await expect(w.reconcile()).rejects.toBe(error);
      expect((await w.live())?.status).toEqual({ ...BLIND, failed: error.message });
    },
  );

  test.each([0, 404, 410, 429, 500, 503])("says nothing of what may pass by itself: %d", async (status) => {
    const w = await whenObservingFails(api(status));
    await expect(w.reconcile()).rejects.toMatchObject({ status });
    expect((await w.live())?.status).toEqual({ has: "a", done: true });
  });

  test("says what may pass by itself when it has not for half a minute", async () => {
    const w = await whenObservingFails(unavailable);
    for (const waitMs of [0, 29_999, 1]) {
      await w.clock.advance(waitMs);
      expect((await w.live())?.status?.done).toBe(true);
      await expect(w.reconcile()).rejects.toBe(unavailable);
    }
    expect((await w.live())?.status).toEqual({ ...BLIND, failed: "try later" });
  });

  test("does not say so of two errors with a pass between them that got through", async () => {
    const w = await whenObservingFails(unavailable);
    const { around } = w.kind;
    for (let pass = 0; pass < 6; pass += 1) {
      w.kind.around = pass % 2 === 0 ? around : () => undefined;
      await w.reconcile().catch(() => undefined);
      await w.clock.advance(20_000);
    }
    expect((await w.live())?.status).toEqual({ has: "a", done: true });
  });

  test("repeats itself in no further write, and is set right by the first pass that sees", async () => {
    const w = await whenObservingFails(forbidden);
    await expect(w.reconcile()).rejects.toBe(forbidden);
    const written = w.writes.length;
    await expect(w.reconcile()).rejects.toBe(forbidden);
    expect(w.writes).toHaveLength(written);
    w.kind.around = () => undefined;
    expect(await w.reconcile()).toEqual({});
    expect((await w.live())?.status).toEqual({ has: "a", done: true });
  });

  test("says so, too, when it is the finalizer that may not be written", async () => {
    const w = await world(["a"]);
    w.api.before = ({ body }) => {
      if (JSON.stringify(body ?? "").includes("finalizers")) throw forbidden;
    };
    await expect(w.reconcile()).rejects.toBe(forbidden);
    expect((await w.live())?.status?.failed).toBe("secrets is forbidden");
  });

  test("fails with the first error when that cannot be said either", async () => {
    const w = await whenObservingFails(forbidden);
    w.api.before = () => {
      throw unavailable;
    };
    await expect(w.reconcile()).rejects.toBe(forbidden);
  });

  test("is told nothing when the pass was aborted", async () => {
    const stop = new AbortController();
    const w = await whenObservingFails(forbidden);
    stop.abort(new Error("the spec has changed"));
    await expect(w.reconcile(stop.signal)).rejects.toThrow("the spec has changed");
    expect((await w.live())?.status?.done).toBe(true);
  });
});

test.each(["observe", "before"] as const)(
  "conflicts that go on (%s) are met with longer and longer pauses, until a pass gets through",
  async (at) => {
    const w = await world(["a"]);
    await w.reconcile();
    w.kind.endless = true;
    const meet = (when: string): void => {
      if (when === at) throw conflict;
    };
    w.kind.around = meet;
    const pauses: unknown[] = [];
    for (let pass = 0; pass < 12; pass += 1) pauses.push((await w.reconcile()).afterMs);
    expect([...pauses.slice(0, 3), ...pauses.slice(-2)]).toEqual([50, 100, 200, 30_000, 30_000]);
    w.kind.around = () => undefined;
    w.kind.endless = false;
    await w.reconcile();
    w.kind.around = meet;
    w.kind.endless = true;
    expect(await w.reconcile()).toEqual({ afterMs: 50, conflict: true });
  },
);

test("an effect that meets nothing but conflicts for half a minute has failed", async () => {
  const w = await world(["a"]);
  w.kind.around = (when) => {
    if (when === "before") throw conflict;
  };
  for (let pass = 0; pass < 3; pass += 1) {
    expect(await w.reconcile()).toMatchObject({ conflict: true });
    await w.clock.advance(15_000);
  }
  expect(await w.reconcile()).toEqual({ afterMs: 0 });
  expect((await w.live())?.status?.failed).toBe("changed");
});
