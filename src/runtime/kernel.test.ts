import { describe, expect, test } from "@jest/globals";
import { silentLogger } from "../base/log.ts";
import { ManualClock } from "../base/manual-clock.ts";
import { ApiError } from "./api.ts";
import type { EventInput } from "./event.ts";
import { Kernel, type Decision, type Kind, type Outcome, type Report } from "./kernel.ts";
import { MemoryApi } from "./memory-api.ts";
import { apiVersionOf, type KubeObject, type Resource } from "./object.ts";
import { Store } from "./store.ts";

const TOYS: Resource = { group: "example.org", version: "v1", plural: "toys", kind: "Toy", namespaced: true };
const FINALIZER = "example.org/parts";
const never = new AbortController().signal;
const ref = { resource: TOYS, namespace: "n", name: "toy" };

interface Status {
  readonly has: string;
  readonly done: boolean;
  readonly failed?: string;
}

/** Wants the parts of `spec.parts`, makes one after the other, and takes them away when it is deleted. */
interface Toy extends KubeObject {
  readonly spec: { readonly parts: readonly string[] };
  readonly status?: Status;
}

type Action = { readonly make: string } | { readonly take: string };
interface Seen {
  readonly parts: readonly string[];
}
interface Verdict {
  readonly done: boolean;
}

const toy = (parts: readonly string[]): Toy => ({
  apiVersion: apiVersionOf(TOYS),
  kind: TOYS.kind,
  metadata: { name: "toy", namespace: "n", uid: "", resourceVersion: "" },
  spec: { parts },
});

const parse = (object: KubeObject): Toy => {
  const { spec, status } = object as Toy; // oxlint-disable-line typescript/no-unsafe-type-assertion -- what this test stored
  return { ...object, spec, ...(status === undefined ? {} : { status }) };
};

/** The parts are a world of their own, as releases are; `journal` says what the kernel did, in order. */
class ToyKind implements Kind<Toy, Seen, Action, Verdict> {
  readonly resource = TOYS;
  readonly finalizer = FINALIZER;
  readonly world: string[];
  readonly journal: string[];
  readonly seenOutcomes: Outcome<Action>[] = [];
  wakeAtMs: number | undefined;
  /** Called before and after each effect. */
  around: (when: "observe" | "before" | "after") => void = () => undefined;
  endless = false;

  constructor(world: string[], journal: string[]) {
    this.world = world;
    this.journal = journal;
  }

  async observe(): Promise<Seen> {
    this.journal.push("observe");
    await Promise.resolve();
    this.around("observe");
    return { parts: [...this.world] };
  }

  decide({ metadata, spec }: Toy, { parts }: Seen): Decision<Action, Verdict> {
    const leaving = metadata.deletionTimestamp !== undefined;
    const wanted = leaving ? [] : spec.parts;
    const missing = wanted.filter((part) => !parts.includes(part) || this.endless).slice(0, 1);
    const extra = parts.filter((part) => !wanted.includes(part)).slice(0, 1);
    const actions = [...missing.map((make): Action => ({ make })), ...extra.map((take): Action => ({ take }))];
    return { verdict: { done: actions.length === 0 }, actions, wakeAtMs: this.wakeAtMs, gone: leaving && parts.length === 0 };
  }

  async perform(_toy: Toy, _seen: Seen, action: Action): Promise<readonly string[]> {
    await Promise.resolve();
    this.around("before");
    this.journal.push(this.describe(action));
    if ("take" in action) this.world.splice(this.world.indexOf(action.take), 1);
    else if (!this.world.includes(action.make)) this.world.push(action.make);
    await Promise.resolve();
    this.around("after");
    return [];
  }

  report(_toy: Toy, { observed, decision, outcomes }: Parameters<Kind<Toy, Seen, Action, Verdict>["report"]>[1]): Report<Status> {
    this.seenOutcomes.push(...outcomes);
    const failed = outcomes.find(({ error }) => error !== undefined)?.error;
    const status = { has: observed.parts.join(" "), done: decision.verdict.done, ...(failed instanceof Error ? { failed: failed.message } : {}) };
    return { status, events: outcomes.map(({ action }) => ({ type: "Normal", reason: "Did", note: this.describe(action) })) };
  }

  describe(action: Action): string {
    return "make" in action ? `make ${action.make}` : `take ${action.take}`;
  }
}

/** Everything but the kernel outlives a crash. */
class World {
  readonly api = new MemoryApi();
  readonly clock = new ManualClock();
  readonly parts: string[] = [];
  readonly journal: string[] = [];
  readonly events: EventInput[] = [];
  readonly kind = new ToyKind(this.parts, this.journal);
  store = new Store<Toy>();
  kernel = this.#newKernel();

  #newKernel() {
    const { api, clock, store, events } = this;
    const sink = {
      emit: (event: EventInput) => {
        this.journal.push(`event ${event.note}`);
        events.push(event);
      },
    };
    return new Kernel<Toy, Seen, Action, Verdict>(this.kind, { api, store, clock, events: sink, log: silentLogger, parse });
  }

  async create(parts: readonly string[]): Promise<void> {
    await this.api.create({ resource: TOYS, namespace: "n" }, toy(parts), never);
    await this.relist();
  }

  /** What a watch would tell. */
  async relist(): Promise<void> {
    const live = await this.live();
    const known = this.store.get("n/toy");
    if (live !== undefined) this.store.upsert(live);
    else if (known !== undefined) this.store.remove(known);
  }

  async live(): Promise<Toy | undefined> {
    const before = this.api.before;
    this.api.before = () => undefined;
    const found = await this.api.get(ref, never);
    this.api.before = before;
    return found === undefined ? undefined : parse(found);
  }

  async crash(): Promise<void> {
    this.store = new Store<Toy>();
    this.kernel = this.#newKernel();
    await this.relist();
  }

  reconcile(signal = never) {
    return this.kernel.reconcile("n/toy", signal);
  }

  /** Writes of the kernel as words. */
  get writes(): readonly string[] {
    return this.api.calls.flatMap(({ verb, body }) => (verb === "patch" ? [JSON.stringify(body).includes("/status") ? "status" : "finalizers"] : []));
  }
}

const world = async (parts: readonly string[]): Promise<World> => {
  const made = new World();
  await made.create(parts);
  return made;
};

/** Makes the n-th call of the kind that matches fail. */
const failWrite = (w: World, which: "status" | "finalizers", error: Error): void => {
  let left = 1;
  w.api.before = ({ verb, body }) => {
    const isStatus = JSON.stringify(body ?? "").includes("/status");
    if (verb === "patch" && isStatus === (which === "status") && left-- === 1) throw error;
  };
};

const unavailable = new ApiError("try later", { status: 503, reason: "ServiceUnavailable" });
const conflict = new ApiError("changed", { status: 409, reason: "Conflict" });
const notFound = new ApiError("not found", { status: 404, reason: "NotFound" });

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
    failWrite(w, "status", unavailable);
    w.kind.around = () => undefined;
    await expect(w.reconcile()).rejects.toBe(unavailable);
    expect(w.events).toEqual([]);
    await w.reconcile();
    expect(w.events.map(({ note }) => note)).toEqual(["make a"]);
  });

  test("keeps the finalizers of others", async () => {
    const w = await world([]);
    await w.api.patch(ref, { type: "merge", body: { metadata: { finalizers: ["example.org/other"] } } }, never);
    await w.relist();
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
    expect(await w.reconcile()).toEqual({ afterMs: 50 });
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
  const doomed = async (): Promise<World> => {
    const w = await world(["a", "b"]);
    await w.reconcile();
    await w.api.delete(ref, never);
    await w.relist();
    return w;
  };

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

  test("is not touched when it carries no finalizer of ours", async () => {
    const w = await world(["a"]);
    await w.api.patch(ref, { type: "merge", body: { metadata: { finalizers: ["example.org/other"] } } }, never);
    await w.api.delete(ref, never);
    await w.relist();
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

test("an object that was made anew under the same name gets nothing of the old one's status", async () => {
  const w = await world(["a"]);
  await w.api.delete(ref, never);
  await w.api.create({ resource: TOYS, namespace: "n" }, toy(["b"]), never);
  await expect(w.reconcile()).rejects.toMatchObject({ status: 409 });
  expect((await w.live())?.status).toBeUndefined();
});

describe("a fault at any moment", () => {
  class Crash extends Error {}

  /** Counts every await of the kernel's that reaches outside, and throws at the n-th. */
  const arm = (w: World, at: number): { readonly fired: () => boolean } => {
    let count = 0;
    const strike = (): void => {
      count += 1;
      if (count === at) throw new Crash("lost");
    };
    w.api.before = strike;
    w.kind.around = strike;
    return { fired: () => count >= at };
  };

  const disarm = (w: World): void => {
    w.api.before = () => undefined;
    w.kind.around = () => undefined;
  };

  const bringUp = async (w: World, after: (w: World) => Promise<void>): Promise<void> => {
    await w.reconcile().catch(() => after(w));
  };

  /** Life of a toy: made, changed, deleted; `after` is what happens when a pass is lost. */
  const live = async (at: number, after: (w: World) => Promise<void>) => {
    const w = await world(["a", "b"]);
    const { fired } = arm(w, at);
    await bringUp(w, after);
    if (fired()) disarm(w);
    await bringUp(w, after);
    const up = { parts: [...w.parts], object: await w.live() };
    await w.api.patch(ref, { type: "merge", body: { spec: { parts: ["b", "c"] } } }, never).catch(() => disarm(w));
    if ((await w.live())?.spec.parts[0] !== "b") await w.api.patch(ref, { type: "merge", body: { spec: { parts: ["b", "c"] } } }, never);
    await w.relist();
    await bringUp(w, after);
    if (fired()) disarm(w);
    await bringUp(w, after);
    const changed = { parts: [...w.parts], object: await w.live() };
    disarm(w);
    await w.api.delete(ref, never);
    await w.relist();
    if (!fired()) arm(w, at);
    await bringUp(w, after);
    disarm(w);
    await bringUp(w, after);
    return { up: comparable(up), changed: comparable(changed), parts: [...w.parts], gone: (await w.live()) === undefined };
  };

  /** Without resource versions, and without the trace of a failed effect, which the next success removes. */
  const comparable = ({ parts, object }: { readonly parts: readonly string[]; readonly object: Toy | undefined }) => ({
    parts: parts.toSorted(),
    finalizers: object?.metadata.finalizers,
    has: object?.status?.has.split(" ").toSorted(),
    done: object?.status?.done,
  });

  const ways = [
    ["a new process takes over", (w: World) => w.crash()],
    ["the same process tries again", (w: World) => w.relist()],
  ] as const;

  test.each(ways)("leads to the undisturbed state: %s", async (_, after) => {
    const undisturbed = await live(Number.POSITIVE_INFINITY, after);
    expect(undisturbed).toEqual({
      up: { parts: ["a", "b"], finalizers: [FINALIZER], has: ["a", "b"], done: true },
      changed: { parts: ["b", "c"], finalizers: [FINALIZER], has: ["b", "c"], done: true },
      parts: [],
      gone: true,
    });
    for (let at = 1; at <= 40; at += 1) expect([at, await live(at, after)]).toEqual([at, undisturbed]);
  });
});
