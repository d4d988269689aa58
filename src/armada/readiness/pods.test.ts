import { describe, expect, it } from "@jest/globals";
import type { OwnerReference } from "../../runtime/object.ts";
import { belongsTo, mayHavePods, podProblem, podSentences } from "./pods.ts";
import { condition, desiredObject, liveObject } from "./testing/objects.ts";

const container = (state: object, lastState: object = {}) => ({ containerStatuses: [{ name: "web", state, lastState }] });
const waiting = (reason: string, message?: string) => ({ waiting: { reason, message } });

describe("podProblem", () => {
  it.each([
    [container(waiting("ImagePullBackOff", 'Back-off pulling image "web:9"')), 'container web: ImagePullBackOff: Back-off pulling image "web:9"'],
    [container(waiting("ErrImagePull", "not found")), "container web: ErrImagePull: not found"],
    [container(waiting("CreateContainerConfigError", 'secret "s" not found')), 'container web: CreateContainerConfigError: secret "s" not found'],
    [
      container(waiting("CrashLoopBackOff", "back-off 5m0s"), { terminated: { exitCode: 1, reason: "Error" } }),
      "container web: CrashLoopBackOff, last exit code 1",
    ],
    [
      container(waiting("CrashLoopBackOff"), { terminated: { exitCode: 137, reason: "OOMKilled" } }),
      "container web: CrashLoopBackOff, last exit code 137 (OOMKilled)",
    ],
    [
      container(waiting("CrashLoopBackOff"), { terminated: { exitCode: 0, reason: "Completed" } }),
      "container web: CrashLoopBackOff, last exit code 0",
    ],
    [container(waiting("CrashLoopBackOff")), "container web: CrashLoopBackOff"],
    [container({ terminated: { exitCode: 2, reason: "Error" } }), "container web: exit code 2"],
    [
      { initContainerStatuses: [{ name: "init", state: waiting("ErrImagePull") }], ...container(waiting("PodInitializing")) },
      "container init: ErrImagePull",
    ],
    [{ conditions: [condition("PodScheduled=False/Unschedulable: 0/3 nodes are available")] }, "Unschedulable: 0/3 nodes are available"],
    [{ phase: "Failed", reason: "Evicted", message: "low on memory", ...container({ terminated: { exitCode: 137 } }) }, "Evicted: low on memory"],
    [container(waiting("ContainerCreating")), undefined],
    [container({ running: {} }, { terminated: { exitCode: 1 } }), undefined],
    [container({ terminated: { exitCode: 0 } }), undefined],
    [{}, undefined],
    [{ containerStatuses: [null, 3, { state: "odd" }] }, undefined],
  ])("of a pod with status %j is %j", (status, problem) => {
    expect(podProblem(liveObject("v1", "Pod", { status }))).toBe(problem);
  });
});

describe("podSentences", () => {
  it("names the pod of each reason, and counts those that have the same", () => {
    const pods = [
      ["a-2", container(waiting("ErrImagePull"))],
      ["a-1", container(waiting("ErrImagePull"))],
      ["b-1", container(waiting("CrashLoopBackOff"))],
      ["c-1", {}],
      ["a-3", container(waiting("ErrImagePull"))],
    ] as const;
    expect(podSentences(pods.map(([name, status]) => liveObject("v1", "Pod", { status }, { name })))).toEqual([
      "Pod a-1 and 2 more: container web: ErrImagePull",
      "Pod b-1: container web: CrashLoopBackOff",
    ]);
  });
});

const owner = (apiVersion: string, kind: string, name: string, controller = true): readonly OwnerReference[] => [
  { apiVersion, kind, name, uid: "o", controller },
];
const pod = (ownerReferences: readonly OwnerReference[], labels: Readonly<Record<string, string>> = {}) =>
  liveObject("v1", "Pod", {}, { ownerReferences, labels });

describe("belongsTo", () => {
  const web = desiredObject("apps/v1", "Deployment", { name: "web", podSelector: { app: "web" } });

  it.each([
    ["apps/v1", "ReplicaSet", "web-5d4f8c7b9", { app: "web", extra: "1" }, true],
    ["apps/v1", "ReplicaSet", "web-5d4f8c7b9", { app: "other" }, false],
    ["apps/v1", "ReplicaSet", "web-2-5d4f8c7b9", { app: "web" }, false],
    ["apps/v1", "ReplicaSet", "web", { app: "web" }, false],
    ["apps/v1", "StatefulSet", "web-1", { app: "web" }, false],
  ])("a pod of %s %s %s with labels %j: %s for Deployment web", (apiVersion, kind, name, labels, expected) => {
    expect(belongsTo(pod(owner(apiVersion, kind, name), labels), web)).toBe(expected);
  });

  it.each([
    ["apps/v1", "StatefulSet", "x", true],
    ["apps/v1", "StatefulSet", "y", false],
    ["apps/v1", "DaemonSet", "x", false],
    ["other.io/v1", "StatefulSet", "x", false],
  ])("a pod of %s %s %s: %s for StatefulSet x", (apiVersion, kind, name, expected) => {
    expect(belongsTo(pod(owner(apiVersion, kind, name)), desiredObject("apps/v1", "StatefulSet"))).toBe(expected);
  });

  it("follows a CronJob through its Jobs", () => {
    const cronJob = desiredObject("batch/v1", "CronJob");
    expect(belongsTo(pod(owner("batch/v1", "Job", "x-29400000")), cronJob)).toBe(true);
    expect(belongsTo(pod(owner("batch/v1", "Job", "x-manual")), cronJob)).toBe(false);
    expect(belongsTo(pod(owner("batch/v1", "Job", "x")), desiredObject("batch/v1", "Job"))).toBe(true);
  });

  it("knows a bare pod by name, and asks others for a controller", () => {
    expect(belongsTo(pod([]), desiredObject("v1", "Pod"))).toBe(true);
    expect(belongsTo(pod([]), desiredObject("v1", "Pod", { name: "y" }))).toBe(false);
    expect(belongsTo(pod(owner("apps/v1", "StatefulSet", "x", false)), desiredObject("apps/v1", "StatefulSet"))).toBe(false);
  });

  it("heeds the namespace that the manifest writes", () => {
    expect(belongsTo(pod([]), desiredObject("v1", "Pod", { namespace: "n" }))).toBe(true);
    expect(belongsTo(pod([]), desiredObject("v1", "Pod", { namespace: "m" }))).toBe(false);
  });
});

describe("mayHavePods", () => {
  it.each([
    ["apps/v1", "Deployment", true],
    ["batch/v1", "Job", true],
    ["v1", "Pod", true],
    ["example.org/v1", "Database", true],
    ["v1", "ConfigMap", false],
    ["rbac.authorization.k8s.io/v1", "Role", false],
    ["networking.k8s.io/v1", "Ingress", false],
  ])("%s %s: %s", (apiVersion, kind, expected) => {
    expect(mayHavePods({ apiVersion, kind })).toBe(expected);
  });
});
