import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ApiError } from "../api.ts";
import { FakeListWatcher } from "../testing/fake-list-watcher.ts";
import { MemoryApi } from "../testing/memory-api.ts";
import type { DynamicObject, Resource } from "../object.ts";
import { ObjectWatches } from "./object-watches.ts";

const THINGS: Resource = { group: "example.org", version: "v1", plural: "things", kind: "Thing", namespaced: true };
const CLUSTERS: Resource = { ...THINGS, plural: "clusters", kind: "Cluster", namespaced: false };
const never = new AbortController().signal;
const thing = (name: string, namespace = "a"): DynamicObject => ({
  apiVersion: "example.org/v1",
  kind: "Thing",
  metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: "1" },
  secret: "body",
});

let clock: ManualClock;
let api: MemoryApi;
let servers: Map<string, FakeListWatcher<DynamicObject>>;
let watches: ObjectWatches;
let stop: AbortController;
let running: Promise<void>;

const make = (namespaces: readonly string[] = []): void => {
  watches = new ObjectWatches({
    api,
    namespaces,
    clock,
    log: silentLogger,
    metadataOnly: () => false,
    project: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }),
    listWatcher: ({ plural }, namespace) => server(plural, namespace),
  });
  running = watches.run(stop.signal);
};

/** The server's side of one watch. */
const server = (plural: string, namespace?: string): FakeListWatcher<DynamicObject> => {
  const key = `${plural} ${namespace ?? "*"}`;
  const found = servers.get(key) ?? new FakeListWatcher<DynamicObject>();
  servers.set(key, found);
  return found;
};

beforeEach(() => {
  clock = new ManualClock();
  api = new MemoryApi();
  servers = new Map();
  stop = new AbortController();
  make();
});

afterEach(async () => {
  stop.abort();
  await running;
  expect(clock.sleepers).toBe(0);
});

describe("watch", () => {
  test("starts a watch when a kind is first met, and one only", async () => {
    server("things").set(thing("x"));
    expect(await watches.watch(THINGS, undefined, never)).toBeUndefined();
    await Promise.all([watches.watch(THINGS, undefined, never), watches.watch(THINGS, undefined, never)]);
    expect(watches.get(THINGS, "a", "x")?.metadata.uid).toBe("uid-x");
    expect(server("things").calls.filter((call) => call === "list")).toHaveLength(1);
  });

  test("that delivers already is not waited for", async () => {
    await watches.watch(THINGS, undefined, never);
    const sleep = jest.spyOn(clock, "sleep");
    expect(await watches.watch(THINGS, undefined, never)).toBeUndefined();
    expect(sleep).not.toHaveBeenCalled();
  });

  test("of one kind says nothing of another", async () => {
    await watches.watch(THINGS, undefined, never);
    expect(watches.get(CLUSTERS, undefined, "x")).toBeUndefined();
    expect(watches.list(CLUSTERS)).toEqual([]);
    expect(watches.listedAt(CLUSTERS, undefined)).toBeUndefined();
  });

  test("watches each namespace it may, and cluster-scoped kinds once", async () => {
    make(["a", "b"]);
    server("things", "a").set(thing("x"));
    server("things", "b").set(thing("y", "b"));
    await watches.watch(THINGS, undefined, never);
    await watches.watch(CLUSTERS, undefined, never);
    expect(watches.list(THINGS).map(({ metadata }) => metadata.name)).toEqual(["x", "y"]);
    expect([...servers.keys()]).toEqual(["things a", "things b", "clusters *"]);
  });

  test.each([401, 403, 404, 405])("says at once that it is refused (%d), and tells when it delivers after all", async (status) => {
    const recovered: string[] = [];
    watches.onRecovery(({ plural }) => recovered.push(plural));
    server("things").failNext(new ApiError("not for you", { status, reason: "Any" }));
    expect(await watches.watch(THINGS, undefined, never)).toBe("not for you");
    expect(await watches.watch(THINGS, undefined, never)).toBe("not for you");
    expect([clock.monotonic(), recovered]).toEqual([0, []]);
    await clock.advance(400);
    expect([await watches.watch(THINGS, undefined, never), recovered]).toEqual([undefined, ["things"]]);
  });

  test("a namespace that is refused is no trouble in another, is named where it is asked for, and tells when it delivers", async () => {
    make(["a", "b"]);
    const recovered: string[] = [];
    watches.onRecovery(({ plural }) => recovered.push(plural));
    server("things", "b").failNext(new ApiError("not for you", { status: 403, reason: "Forbidden" }));
    expect(await watches.watch(THINGS, "a", never)).toBeUndefined();
    expect(await watches.watch(THINGS, "b", never)).toBe("not for you");
    expect(await watches.watch(THINGS, undefined, never)).toBe("not for you");
    expect([watches.listedAt(THINGS, "a"), watches.listedAt(THINGS, "b"), watches.listedAt(THINGS, undefined)]).toEqual([0, undefined, undefined]);
    expect(await watches.watch(THINGS, "elsewhere", never)).toBeUndefined();
    await clock.advance(400);
    expect([await watches.watch(THINGS, "b", never), recovered]).toEqual([undefined, ["things"]]);
  });

  test("that nobody was told to be in trouble tells of no recovery", async () => {
    const recovered: string[] = [];
    watches.onRecovery(({ plural }) => recovered.push(plural));
    await watches.watch(THINGS, undefined, never);
    await clock.advance(400);
    expect(recovered).toEqual([]);
  });

  test("waits ten seconds, once, for a server that is away", async () => {
    server("things").failNext(...Array.from({ length: 20 }, () => new ApiError("try later", { status: 503, reason: "ServiceUnavailable" })));
    const asked = watches.watch(THINGS, undefined, never);
    await clock.advance(10_000);
    expect(await asked).toBe("try later");
    expect(await watches.watch(THINGS, undefined, never)).toBe("try later");
    expect(clock.monotonic()).toBe(10_000);
  });

  test("ends with the pass that asked", async () => {
    server("things").failNext(...Array.from({ length: 20 }, () => new ApiError("no", { status: 503, reason: "ServiceUnavailable" })));
    const pass = new AbortController();
    const asked = watches.watch(THINGS, undefined, pass.signal);
    await clock.advance(1);
    pass.abort(new Error("the spec has changed"));
    await expect(asked).rejects.toThrow("the spec has changed");
  });
});

test("tells every listener of every change, with the kind", async () => {
  const told: string[] = [];
  watches.onChange(({ plural }, { type, object }) => told.push(`${plural} ${type} ${object.metadata.name}`));
  server("things").set(thing("x"));
  await watches.watch(THINGS, undefined, never);
  server("things").delete(thing("x"));
  await clock.advance(0);
  expect(told).toEqual(["things added x", "things deleted x"]);
});

describe("listedAt", () => {
  test("is before the first list began", async () => {
    await clock.advance(500);
    await watches.watch(THINGS, undefined, never);
    await clock.advance(500);
    expect(watches.listedAt(THINGS, undefined)).toBe(500);
  });

  test("of several namespaces is that of the one listed first: no object is less fresh", async () => {
    make(["a", "b"]);
    server("things", "b").failNext(new ApiError("no", { status: 503, reason: "ServiceUnavailable" }));
    const asked = watches.watch(THINGS, undefined, never);
    await clock.advance(9_000);
    expect(await asked).toBeUndefined();
    expect(watches.listedAt(THINGS, undefined)).toBe(0);
  });
});

test.each([
  [[], THINGS, "a", true],
  [["a", "b"], THINGS, "b", true],
  [["a", "b"], THINGS, "c", false],
  [["a"], CLUSTERS, undefined, true],
] as const)("with the namespaces %j, %o in %s is covered: %s", (namespaces, resource, namespace, expected) => {
  make(namespaces);
  expect(watches.covers(resource, namespace)).toBe(expected);
});

test("read asks the server and leaves the cache alone", async () => {
  const ref = { resource: THINGS, namespace: "c" };
  await watches.watch(THINGS, undefined, never);
  await api.create(ref, thing("x", "c"), never);
  const live = await watches.read(THINGS, "c", "x", never);
  expect(live?.metadata.name).toBe("x");
  expect(live).not.toHaveProperty("secret");
  expect(await watches.read(THINGS, "c", "y", never)).toBeUndefined();
  expect(watches.list(THINGS)).toEqual([]);
});

describe("refresh", () => {
  const ref = { resource: THINGS, namespace: "a" };

  test("puts what the server says into the cache, as a watch would", async () => {
    await watches.watch(THINGS, undefined, never);
    await api.create(ref, thing("x"), never);
    await watches.refresh(THINGS, "a", "x", never);
    expect(watches.get(THINGS, "a", "x")).toMatchObject({ metadata: { name: "x" } });
    expect(watches.get(THINGS, "a", "x")).not.toHaveProperty("secret");
  });

  test("takes from the cache what the server does not have any more", async () => {
    server("things").set(thing("x"));
    await watches.watch(THINGS, undefined, never);
    expect(watches.get(THINGS, "a", "x")).toBeDefined();
    await watches.refresh(THINGS, "a", "x", never);
    expect(watches.get(THINGS, "a", "x")).toBeUndefined();
  });

  test("of a kind that is not watched only reads", async () => {
    await api.create(ref, thing("x"), never);
    await watches.refresh(THINGS, "a", "x", never);
    expect(watches.get(THINGS, "a", "x")).toBeUndefined();
  });

  test("of an object that is gone takes it out of the watches of other versions, too", async () => {
    const older = { ...THINGS, version: "v1beta1" };
    for (const name of ["x", "y"]) server("things").set(thing(name));
    await watches.watch(THINGS, undefined, never);
    await watches.watch(older, undefined, never);
    await watches.refresh(older, "a", "x", never);
    expect([watches.get(THINGS, "a", "x"), watches.get(older, "a", "x")]).toEqual([undefined, undefined]);
    expect(watches.get(THINGS, "a", "y")).toBeDefined();
    expect(watches.resources("Thing")).toEqual([THINGS, older]);
  });
});
