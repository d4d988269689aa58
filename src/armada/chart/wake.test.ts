import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { FakeListWatcher } from "../../runtime/testing/fake-list-watcher.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import type { DynamicObject, ObjectMeta, Resource } from "../../runtime/object.ts";
import { ObjectWatches } from "../../runtime/cache/object-watches.ts";
import { parseConflict } from "../../helm/output/conflict.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE, RELEASE_NAME } from "../names.ts";
import { chart, estateOf } from "../testing/estate.ts";
import { chartsBlockedBy, chartsOfObject, releaseOfObject } from "./wake.ts";

const APPS = { group: "apps", version: "v1", namespaced: true } as const;
const DEPLOYMENTS: Resource = { ...APPS, plural: "deployments", kind: "Deployment" };
const STATEFUL_SETS: Resource = { ...APPS, plural: "statefulsets", kind: "StatefulSet" };
const never = new AbortController().signal;
const helms = (release: string) => ({ annotations: { [HELM_RELEASE_NAME]: release, [HELM_RELEASE_NAMESPACE]: "site" } });

const object = (kind: string, name: string, metadata: Partial<ObjectMeta> = {}): DynamicObject => ({
  apiVersion: kind === "Pod" ? "v1" : "apps/v1",
  kind,
  metadata: { name, namespace: "site", uid: `uid-${name}`, resourceVersion: "1", ...metadata },
});

const pod = (kind: string, name: string): DynamicObject =>
  object("Pod", "pod", { ownerReferences: [{ apiVersion: "apps/v1", kind, name, uid: "u", controller: true }] });

let watches: ObjectWatches;
const server = new Map<string, FakeListWatcher<DynamicObject>>();

beforeEach(async () => {
  server.clear();
  const listWatcher = ({ plural }: Resource) => server.get(plural) ?? new FakeListWatcher<DynamicObject>();
  watches = new ObjectWatches({
    api: new MemoryApi(),
    listWatcher,
    project: (live) => live,
    metadataOnly: () => false,
    namespaces: [],
    clock: new ManualClock(),
    log: silentLogger,
  });
  for (const [resource, live] of [
    [DEPLOYMENTS, object("Deployment", "web-1", helms("blog"))],
    [STATEFUL_SETS, object("StatefulSet", "db", helms("shop"))],
  ] as const) {
    const one = new FakeListWatcher<DynamicObject>();
    one.set(live);
    server.set(resource.plural, one);
    await watches.watch(resource, undefined, never);
  }
});
afterEach(() => watches.run(AbortSignal.abort()));

test("releaseOfObject reads helm's own annotations, both or none", () => {
  expect(releaseOfObject(object("Service", "x", helms("blog")))).toBe("site/blog");
  expect(releaseOfObject(object("Service", "x", { annotations: { [HELM_RELEASE_NAME]: "blog" } }))).toBeUndefined();
  expect(releaseOfObject(object("Service", "x"))).toBeUndefined();
});

describe("a change of an object wakes", () => {
  const renamed = chart("renamed", {
    metadata: { annotations: { [RELEASE_NAME]: "blog" } },
    spec: { release: "other" },
    status: { satisfied: true },
  });
  const estate = estateOf(
    chart("blog", { status: { satisfied: true } }),
    renamed,
    chart("shop", { status: { satisfied: true } }),
    chart("leaving", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }),
    chart("elsewhere", { metadata: { namespace: "other", deletionTimestamp: "2026-01-01T00:00:00Z" } }),
    chart("parked", { spec: { target_state: "uninitialized" } }),
  );
  const objects = {
    releasesWith: ({ metadata }: DynamicObject) =>
      ["site/pod", "site/orphan", "other/far"].includes(`${metadata.namespace ?? ""}/${metadata.name}`) ? ["site/leaving"] : [],
  };
  test.each([
    ["the charts of its release, as recorded or as named", object("Service", "x", helms("blog")), ["site/blog", "site/renamed"]],
    ["nobody when it is of no release", object("Service", "x"), []],
    ["nobody when its release has no chart", object("Service", "x", helms("unknown")), []],
    ["the charts of the Deployment above a pod's ReplicaSet", pod("ReplicaSet", "web-1-6d4cf56db6"), ["site/blog", "site/renamed"]],
    ["the charts of a pod's StatefulSet", pod("StatefulSet", "db"), ["site/shop"]],
    ["those that have counted a pod whose workload is gone", pod("StatefulSet", "gone"), ["site/leaving"]],
    ["those that have counted a pod that nobody owns any more", object("Pod", "orphan"), ["site/leaving"]],
    ["those that have counted a pod in another namespace", object("Pod", "far", { namespace: "other" }), ["site/leaving"]],
    ["nobody when nobody has counted the pod", object("Pod", "pod", { namespace: "other" }), []],
    ["nobody for a pod of nobody", object("Pod", "other"), []],
  ])("%s", (_, changed, expected) => {
    expect(chartsOfObject(changed, { estate, watches, objects }).toSorted()).toEqual(expected);
  });
});

describe("an object that was in helm's way", () => {
  const message = 'helm: Service "web" in namespace "site" exists and cannot be imported into the current release: invalid ownership metadata';
  const failed = (reason: string, text: string) =>
    chart("blog", { status: { history: [{ action: "install" as const, result: "failed" as const, reason, message: text }] } });
  const of = (release: string) => object("Service", "web", helms(release));
  const blocked = failed("Conflict", message);
  test.each([
    ["wakes the chart when it goes", { type: "deleted", object: of("shop") }, blocked, ["site/blog"]],
    ["wakes the chart when it changes hands", { type: "updated", old: of("shop"), object: of("blog") }, blocked, ["site/blog"]],
    ["wakes nobody otherwise", { type: "updated", old: of("shop"), object: of("shop") }, blocked, []],
    ["is not one of another name", { type: "deleted", object: object("Service", "other") }, blocked, []],
    ["is not one of another kind", { type: "deleted", object: object("Route", "web") }, blocked, []],
    ["wakes nobody who failed for another reason", { type: "deleted", object: of("shop") }, failed("Rejected", message), []],
  ] as const)("%s", (_, change, waiting, expected) => {
    expect(chartsBlockedBy(change, [waiting, chart("other")], parseConflict)).toEqual(expected);
  });
});
