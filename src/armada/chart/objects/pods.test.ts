import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { silentLogger } from "../../../base/log.ts";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import { FakeListWatcher } from "../../../runtime/testing/fake-list-watcher.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { DynamicObject } from "../../../runtime/object.ts";
import { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import { parseManifest } from "../../readiness/manifest.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { PODS } from "./release-pods.ts";
import { ReleaseObjects } from "./release-objects.ts";

const never = new AbortController().signal;
const blog = { namespace: "site", name: "blog" };
const shop = { namespace: "site", name: "shop" };

/** A Deployment of that name in another namespace than its release. */
const workload = (name: string) =>
  parseManifest(
    `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, namespace: elsewhere}, spec: {selector: {matchLabels: {app: ${name}}}}}`,
  );

const pod = (app: string, namespace: string): DynamicObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `${app}-1-x`,
    namespace,
    uid: `uid-${app}-${namespace}`,
    resourceVersion: "1",
    labels: { app },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: `${app}-1`, uid: "u", controller: true }],
  },
});

/** A bare Pod of the release `blog` that is done. */
const bare = (namespace: string): DynamicObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "once",
    namespace,
    uid: `uid-${namespace}`,
    resourceVersion: "1",
    annotations: { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" },
  },
  status: { phase: "Succeeded" },
});

let server: FakeListWatcher<DynamicObject>;
let watches: ObjectWatches;
let objects: ReleaseObjects;

beforeEach(async () => {
  server = new FakeListWatcher();
  const clock = new ManualClock();
  const api = new MemoryApi();
  const listWatcher = () => server;
  watches = new ObjectWatches({ api, listWatcher, project: (live) => live, metadataOnly: () => false, namespaces: [], clock, log: silentLogger });
  objects = new ReleaseObjects({ api, watches, heardAt: () => 0, grantOf: () => undefined });
  for (const one of [pod("blog", "elsewhere"), pod("blog", "site"), pod("shop", "elsewhere"), bare("elsewhere"), bare("site")]) server.set(one);
  await watches.watch(PODS, undefined, never);
});
afterEach(() => watches.run(AbortSignal.abort()));

test("a pod is of the releases that have counted it among those of their workloads, wherever these are", async () => {
  expect(await objects.remainingPods(blog, workload("blog"), never)).toHaveLength(1);
  expect(await objects.remainingPods(shop, workload("shop"), never)).toHaveLength(1);
  expect(objects.releasesWith(pod("blog", "elsewhere"))).toEqual(["site/blog"]);
  expect(objects.releasesWith(pod("shop", "elsewhere"))).toEqual(["site/shop"]);
  expect(objects.releasesWith(pod("blog", "site"))).toEqual([]);
});

test("a pod is of nobody any more when it is not counted again", async () => {
  await objects.remainingPods(blog, workload("blog"), never);
  await objects.remainingPods(blog, workload("other"), never);
  expect(objects.releasesWith(pod("blog", "elsewhere"))).toEqual([]);
});

test("a bare Pod that went when it was done is not its namesake in another namespace", async () => {
  const seen = (namespace?: string) =>
    objects.wasSeenComplete(blog, desiredObject("v1", "Pod", { name: "once", ...(namespace === undefined ? {} : { namespace }) }));
  await watches.refresh(PODS, "elsewhere", "once", never);
  expect([seen("elsewhere"), seen("site"), seen()]).toEqual([true, false, false]);
  await watches.refresh(PODS, "site", "once", never);
  expect([seen("site"), seen()]).toEqual([true, true]);
});
