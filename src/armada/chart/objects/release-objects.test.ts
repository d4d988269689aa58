import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { silentLogger } from "../../../base/log.ts";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import { ApiError } from "../../../runtime/api.ts";
import { FakeListWatcher } from "../../../runtime/testing/fake-list-watcher.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { Resource } from "../../../runtime/object.ts";
import { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { ReleaseObjects } from "./release-objects.ts";

const never = new AbortController().signal;
const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const release = { namespace: "site", name: "blog" };

let api: MemoryApi;
/** When release Secrets were heard of; the watches began at 0. */
let heardAt: number;
let listed: (string | undefined)[];
/** Every watch is. */
let refused: boolean;
let watches: ObjectWatches;
let objects: ReleaseObjects;

beforeEach(() => {
  api = Object.assign(new MemoryApi(), { resolve: () => Promise.resolve(CONFIG_MAPS) });
  listed = [];
  heardAt = -1;
  refused = false;
  const clock = new ManualClock();
  const listWatcher = (_: Resource, namespace: string | undefined) => {
    listed.push(namespace);
    const server = new FakeListWatcher<never>();
    if (refused) server.failNext(new ApiError("not for you", { status: 403, reason: "Forbidden" }));
    return server;
  };
  const rest = { metadataOnly: () => false, clock, log: silentLogger };
  watches = new ObjectWatches({ api, namespaces: ["site"], listWatcher, project: (object) => object, ...rest });
  objects = new ReleaseObjects({
    api,
    watches,
    heardAt: () => heardAt,
    grantOf: (message) => (message.startsWith("not") ? "a role grants it" : undefined),
  });
});
afterEach(() => watches.run(AbortSignal.abort()));

test.each([
  ["Deployment", ["pods that cannot be watched (not for you; a role grants it)"]],
  ["ConfigMap", []],
])("pods of a %s are not called gone while they cannot be watched", async (kind, expected) => {
  refused = true;
  const object = desiredObject(kind === "Deployment" ? "apps/v1" : "v1", kind, { name: "a" });
  expect(await objects.remainingPods(release, [object], never)).toEqual(expected);
});

const find = async () => {
  const [found] = await objects.find(
    release,
    { uid: "s", resourceVersion: "1" },
    [desiredObject("v1", "ConfigMap", { name: "a", namespace: "far" })],
    never,
  );
  return found;
};

describe("an object of a namespace that is not watched", () => {
  test("is read afresh at every look, and no watch is waited for", async () => {
    expect(await find()).toMatchObject({ state: "absent" });
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "far" } };
    await api.create({ resource: CONFIG_MAPS, namespace: "far" }, body, never);
    expect(await find()).toMatchObject({ state: "found", live: body });
    expect(listed).toEqual([]);
  });

  test("that may not be read says why, and who must change what", async () => {
    api.before = () => {
      throw new ApiError("configmaps is forbidden", { status: 403, reason: "Forbidden" });
    };
    expect(await find()).toEqual({
      state: "unknown",
      served: true,
      because: "ConfigMap a: namespace far is outside --watch-namespaces, and the object cannot be read: configmaps is forbidden",
    });
  });

  test("concludes nothing from a server that does not answer", async () => {
    const error = new ApiError("try later", { status: 503, reason: "ServiceUnavailable" });
    api.before = () => {
      throw error;
    };
    await expect(find()).rejects.toBe(error);
  });
});

test("objects are read afresh once a revision, not once a release: a watch may be older than what helm has just written", async () => {
  const uid = async (version: string) => {
    const object = desiredObject("v1", "ConfigMap", { name: "a", namespace: "site" });
    const [found] = await objects.find(release, { uid: `secret-${version}`, resourceVersion: version }, [object], never);
    return found?.state === "found" ? found.live["data"] : found?.state;
  };
  const put = (text: string) => api.create({ resource: CONFIG_MAPS, namespace: "site" }, { ...body, data: { text } }, never);
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "site" } };
  heardAt = 10;
  await put("one");
  expect(await uid("1")).toEqual({ text: "one" });
  await api.delete({ resource: CONFIG_MAPS, namespace: "site", name: "a" }, never);
  await put("two");
  expect(await uid("1")).toEqual({ text: "one" });
  expect(await uid("2")).toEqual({ text: "two" });
});

test("nothing is kept of a release that is gone: the next of its name is read afresh", async () => {
  heardAt = 10;
  const look = () => objects.find(release, { uid: "s", resourceVersion: "1" }, [desiredObject("v1", "ConfigMap", { name: "a" })], never);
  const reads = () => api.said.filter((call) => call.startsWith("get")).length;
  await look();
  await look();
  expect(reads()).toBe(1);
  objects.forget(release);
  await look();
  expect(reads()).toBe(2);
});

describe("an object that was in helm's way", () => {
  const blocking = { kind: "ConfigMap", namespace: "site", name: "a" };
  const isFree = () => objects.isFree(release, blocking, never);
  const marks = (name: string, managedBy = "Helm") => ({
    labels: { "app.kubernetes.io/managed-by": managedBy },
    annotations: { "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": "site" },
  });

  test.each([
    ["is gone", undefined, true],
    ["is the release's", marks("blog"), true],
    ["is another release's", marks("shop"), false],
    ["lacks helm's label, without which helm refuses it still", marks("blog", "nobody"), false],
  ])("no more once it %s", async (_, metadata, expected) => {
    await watches.watch(CONFIG_MAPS, undefined, never);
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "site", ...metadata } };
    if (metadata !== undefined) await api.create({ resource: CONFIG_MAPS, namespace: "site" }, body, never);
    expect(await isFree()).toBe(expected);
  });

  test("is not called gone when nobody knows which kind is meant", async () => {
    expect(await isFree()).toBe(false);
  });
});
