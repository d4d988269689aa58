import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { assessObject } from "./readiness.ts";
import { condition, desiredObject, liveObject } from "./testing/objects.ts";
import type { AssessOptions } from "./verdict.ts";

/** `ready`, `progressing: …`, `failed Reason: …`; the leading `Kind x: ` of messages is checked and dropped. */
const verdict = (apiVersion: string, kind: string, rest: object, options: AssessOptions & { suspended?: true; metadata?: object } = {}): string => {
  const { suspended, metadata, ...assess } = options;
  const desired = desiredObject(apiVersion, kind, suspended === undefined ? {} : { suspended });
  const readiness = assessObject(liveObject(apiVersion, kind, rest, metadata), desired, assess);
  if (readiness.state === "ready") return "ready";
  expect(readiness.message.startsWith(`${kind} x: `)).toBe(true);
  const message = readiness.message.slice(kind.length + 4);
  return readiness.state === "failed" ? `failed ${readiness.reason}: ${message}` : `${readiness.state}: ${message}`;
};

const withConditions = (conditions: readonly string[], status: object = {}) => ({ status: { ...status, conditions: conditions.map(condition) } });

describe("assessObject: Deployment", () => {
  const done = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
  it.each([
    [{ replicas: 2 }, done, "ready"],
    [{ replicas: 2 }, { ...done, observedGeneration: 1 }, "progressing: its newest spec has not been observed yet"],
    [{ replicas: 2 }, { ...done, observedGeneration: 3 }, "ready"],
    [{}, undefined, "progressing: its newest spec has not been observed yet"],
    [{}, { observedGeneration: 2 }, "progressing: 0 of 1 pods updated"],
    [{}, { observedGeneration: 2, updatedReplicas: 1, replicas: 1 }, "progressing: 0 of 1 pods available"],
    [{ replicas: 2 }, { ...done, updatedReplicas: 1 }, "progressing: 1 of 2 pods updated"],
    [{ replicas: 2 }, { ...done, replicas: 3 }, "progressing: 1 old pod still running"],
    [{ replicas: 2 }, { ...done, availableReplicas: 1 }, "progressing: 1 of 2 pods available"],
    [{ replicas: 1 }, done, "progressing: 1 surplus pod still running"],
    [{ replicas: 2 }, { ...done, terminatingReplicas: 1 }, "progressing: 1 old pod still terminating"],
    [{ replicas: 0 }, { observedGeneration: 2 }, "ready"],
    [{ replicas: 2, paused: true }, { observedGeneration: 2 }, "ready"],
    [{ replicas: 2, paused: true }, { observedGeneration: 1 }, "progressing: its newest spec has not been observed yet"],
  ])("with spec %j and status %j is %s", (spec, status, expected) => {
    expect(verdict("apps/v1", "Deployment", { spec, status })).toBe(expected);
  });

  it.each([
    ["Progressing=False/ProgressDeadlineExceeded: took too long", "progressing: 1 of 2 pods available (ProgressDeadlineExceeded: took too long)"],
    ["ReplicaFailure=True/FailedCreate: exceeded quota", "progressing: 1 of 2 pods available (FailedCreate: exceeded quota)"],
    ["Progressing=True/ReplicaSetUpdated: going on", "progressing: 1 of 2 pods available"],
  ])("says why under %s, without giving up", (text, expected) => {
    const status = { ...done, availableReplicas: 1 };
    expect(verdict("apps/v1", "Deployment", { spec: { replicas: 2 }, ...withConditions([text], status) })).toBe(expected);
  });

  it("lets an autoscaler end pods of a revision that was ready before", () => {
    const live = { spec: { replicas: 2 }, status: { ...done, terminatingReplicas: 1 } };
    expect(verdict("apps/v1", "Deployment", live, { wasReady: true })).toBe("ready");
  });

  it("is missing when there is none, and progressing while it is deleted", () => {
    expect(assessObject(undefined, desiredObject("apps/v1", "Deployment"))).toEqual({ state: "missing", message: "Deployment x: it does not exist" });
    const metadata = { deletionTimestamp: "2026-11-21T07:37:30Z" };
    expect(verdict("apps/v1", "Deployment", { spec: { replicas: 2 }, status: done }, { metadata })).toBe("progressing: it is being deleted");
  });
});

const rolling = (partition: number) => ({ replicas: 3, updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition } } });

describe("assessObject: StatefulSet", () => {
  const done = { observedGeneration: 2, replicas: 3, readyReplicas: 3, updatedReplicas: 3, currentRevision: "b", updateRevision: "b" };
  it.each([
    [rolling(0), done, "ready"],
    [rolling(0), { ...done, observedGeneration: 1 }, "progressing: its newest spec has not been observed yet"],
    [rolling(0), { ...done, readyReplicas: 2 }, "progressing: 2 of 3 pods ready"],
    [rolling(0), { ...done, availableReplicas: 1 }, "progressing: 1 of 3 pods ready"],
    [rolling(0), { ...done, currentRevision: "a", updatedReplicas: 1 }, "progressing: 1 of 3 pods updated"],
    [rolling(0), { ...done, currentRevision: "a" }, "progressing: its update has not been completed yet"],
    [rolling(2), { ...done, currentRevision: "a", updatedReplicas: 1 }, "ready"],
    [rolling(2), { ...done, currentRevision: "a", updatedReplicas: 0 }, "progressing: 0 of 1 pods updated"],
    [rolling(5), { ...done, currentRevision: "a", updatedReplicas: 0 }, "ready"],
    [{ replicas: 3, updateStrategy: { type: "OnDelete" } }, { ...done, currentRevision: "a", updatedReplicas: 0 }, "ready"],
    [{ replicas: 3, updateStrategy: { type: "OnDelete" } }, { ...done, readyReplicas: 0 }, "progressing: 0 of 3 pods ready"],
    [{ replicas: 2 }, done, "progressing: 1 surplus pod still running"],
    [{ replicas: 0 }, { observedGeneration: 2, replicas: 0 }, "ready"],
    [{}, {}, "progressing: its newest spec has not been observed yet"],
  ])("with spec %j and status %j is %s", (spec, status, expected) => {
    expect(verdict("apps/v1", "StatefulSet", { spec, status })).toBe(expected);
  });
});

describe("assessObject: DaemonSet, ReplicaSet, ReplicationController", () => {
  const done = { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 };
  it.each([
    ["DaemonSet", {}, done, "ready"],
    ["DaemonSet", {}, { ...done, observedGeneration: 1 }, "progressing: its newest spec has not been observed yet"],
    ["DaemonSet", {}, { ...done, updatedNumberScheduled: 1 }, "progressing: 1 of 3 pods updated"],
    ["DaemonSet", {}, { ...done, numberAvailable: 0 }, "progressing: 0 of 3 pods available"],
    ["DaemonSet", { updateStrategy: { type: "OnDelete" } }, { ...done, updatedNumberScheduled: 0 }, "ready"],
    ["DaemonSet", {}, { observedGeneration: 2, desiredNumberScheduled: 0 }, "ready"],
    ["ReplicaSet", { replicas: 1 }, { observedGeneration: 2, replicas: 1, availableReplicas: 1 }, "ready"],
    ["ReplicaSet", { replicas: 1 }, { observedGeneration: 2, replicas: 1 }, "progressing: 0 of 1 pods available"],
    ["ReplicaSet", { replicas: 0 }, { observedGeneration: 2, replicas: 1 }, "progressing: 1 surplus pod still running"],
  ])("%s with spec %j and status %j is %s", (kind, spec, status, expected) => {
    expect(verdict("apps/v1", kind, { spec, status })).toBe(expected);
  });

  it("counts ready pods of a ReplicationController that says nothing of available ones", () => {
    const live = { spec: { replicas: 1 }, status: { observedGeneration: 2, replicas: 1, readyReplicas: 1 } };
    expect(verdict("v1", "ReplicationController", live)).toBe("ready");
  });
});

describe("assessObject: Job, CronJob, Workflow", () => {
  it.each([
    [
      "a retry that may still come (K9)",
      { completions: 1 },
      withConditions([], { failed: 1 }),
      "progressing: 0 of 1 pods succeeded, 1 failed so far",
    ],
    ["success after a retry (K9)", { completions: 1 }, withConditions(["Complete=True"], { failed: 3, succeeded: 1 }), "ready"],
    ["its success criteria met", { completions: 2 }, withConditions(["SuccessCriteriaMet=True"], { succeeded: 1 }), "ready"],
    [
      "no retry left",
      {},
      withConditions(["FailureTarget=True", "Failed=True/BackoffLimitExceeded: gave up"]),
      "failed BackoffLimitExceeded: BackoffLimitExceeded: gave up",
    ],
    ["a failure without words", {}, withConditions(["Failed=True"]), "failed JobFailed: it failed"],
    ["its failure decided", {}, withConditions(["FailureTarget=True/DeadlineExceeded: late"]), "progressing: it is failing: DeadlineExceeded: late"],
    ["no completions asked for", { completions: null }, withConditions([], { active: 1 }), "progressing: not complete yet"],
    ["no completions asked for, and one success", { completions: null }, withConditions(["Complete=True"], { succeeded: 1 }), "ready"],
    ["half of its completions", { completions: 2 }, { status: { succeeded: 1 } }, "progressing: 1 of 2 pods succeeded"],
    ["no status at all", { completions: 1 }, {}, "progressing: 0 of 1 pods succeeded"],
    ["a suspension from elsewhere", { suspend: true }, withConditions(["Suspended=True"]), "progressing: it is suspended"],
  ])("a Job with %s", (_name, spec, rest, expected) => {
    expect(verdict("batch/v1", "Job", { spec, ...rest })).toBe(expected);
  });

  it("takes a Job that its chart suspends for ready, until somebody resumes it", () => {
    expect(verdict("batch/v1", "Job", { spec: { suspend: true } }, { suspended: true })).toBe("ready");
    expect(verdict("batch/v1", "Job", { spec: { suspend: false } }, { suspended: true })).toBe("progressing: not complete yet");
  });

  it("takes any CronJob for ready", () => {
    expect(verdict("batch/v1", "CronJob", { status: {} })).toBe("ready");
  });

  it.each([
    [{ phase: "Succeeded" }, "ready"],
    [{ phase: "Running" }, "progressing: it is running"],
    [{ phase: "Failed", message: "step 2" }, "failed WorkflowFailed: step 2"],
    [{ phase: "Error" }, "failed WorkflowError: it ended as Error"],
    [{}, "progressing: it has not started yet"],
  ])("a Workflow with status %j is %s (K11)", (status, expected) => {
    expect(verdict("argoproj.io/v1alpha1", "Workflow", { status })).toBe(expected);
  });
});

const bindingMode: AssessOptions["bindingMode"] = (name) => (name === "fast" ? "Immediate" : "WaitForFirstConsumer");

describe("assessObject: single objects", () => {
  const claim = "PersistentVolumeClaim";
  const crd = "CustomResourceDefinition";
  it.each([
    ["v1", "Pod", withConditions(["Ready=True"], { phase: "Running" }), "ready"],
    ["v1", "Pod", withConditions(["Ready=False/Completed"], { phase: "Succeeded" }), "ready"],
    ["v1", "Pod", withConditions(["Ready=False"], { phase: "Running" }), "progressing: it is not ready yet"],
    ["v1", "Pod", { status: { phase: "Failed", reason: "Evicted", message: "no memory" } }, "failed Evicted: Evicted: no memory"],
    ["v1", "Pod", { status: { phase: "Failed" } }, "failed PodFailed: it failed"],
    ["v1", "Pod", withConditions(["PodScheduled=False/Unschedulable: 0/3 nodes"]), "progressing: Unschedulable: 0/3 nodes"],
    ["v1", claim, { status: { phase: "Bound" } }, "ready"],
    ["v1", claim, { status: { phase: "Pending" } }, "progressing: it is not bound to a volume yet"],
    ["v1", claim, { status: { phase: "Lost" } }, "failed VolumeLost: its volume is lost"],
    ["v1", "Service", { spec: { type: "ClusterIP" } }, "ready"],
    ["v1", "Service", { spec: { type: "ExternalName" } }, "ready"],
    ["v1", "Service", { spec: {} }, "ready"],
    [
      "v1",
      "Service",
      { spec: { type: "LoadBalancer" }, status: { loadBalancer: {} } },
      "progressing: no load balancer has been assigned yet (annotate it with armada.airshipit.org/drift=ignore not to wait for one)",
    ],
    ["v1", "Service", { spec: { type: "LoadBalancer" }, status: { loadBalancer: { ingress: [{ ip: "10.0.0.1" }] } } }, "ready"],
    ["v1", "Service", { spec: { type: "LoadBalancer", externalIPs: ["10.0.0.1"] } }, "ready"],
    ["v1", "Namespace", { status: { phase: "Active" } }, "ready"],
    ["v1", "Namespace", { status: { phase: "Terminating" } }, "progressing: it is being deleted"],
    ["v1", "ConfigMap", {}, "ready"],
    ["v1", "Secret", {}, "ready"],
    ["rbac.authorization.k8s.io/v1", "ClusterRole", {}, "ready"],
    ["networking.k8s.io/v1", "Ingress", { status: { loadBalancer: {} } }, "ready"],
    ["apiextensions.k8s.io/v1", crd, withConditions(["NamesAccepted=True", "Established=True"]), "ready"],
    ["apiextensions.k8s.io/v1", crd, {}, "progressing: it is not established yet"],
    ["apiextensions.k8s.io/v1", crd, withConditions(["NamesAccepted=False/NamesConflict: taken"]), "failed NamesConflict: NamesConflict: taken"],
    ["apiregistration.k8s.io/v1", "APIService", withConditions(["Available=True"]), "ready"],
    ["apiregistration.k8s.io/v1", "APIService", withConditions(["Available=False/MissingEndpoints: none"]), "progressing: MissingEndpoints: none"],
  ])("%s %s with %j is %s", (apiVersion, kind, rest, expected) => {
    expect(verdict(apiVersion, kind, rest)).toBe(expected);
  });

  it.each([
    [{ storageClassName: "late" }, {}, "ready"],
    [{}, {}, "ready"],
    [{ storageClassName: "fast" }, {}, "progressing: it is not bound to a volume yet"],
    [{ storageClassName: "" }, {}, "progressing: it is not bound to a volume yet"],
    [{ storageClassName: "late" }, { "volume.kubernetes.io/selected-node": "n1" }, "progressing: it is not bound to a volume yet"],
  ])("a pending claim with spec %j and annotations %j, where classes bind late, is %s", (spec, annotations, expected) => {
    expect(verdict("v1", claim, { spec, status: { phase: "Pending" } }, { bindingMode, metadata: { annotations } })).toBe(expected);
  });
});

describe("assessObject: own kinds and unknown ones", () => {
  it.each([
    [{ actual_state: "deployed", satisfied: true, observedGeneration: 2 }, "ready"],
    [{ actual_state: "uninitialized", satisfied: true }, "ready"],
    [{ actual_state: "deployed" }, "ready"],
    [{ actual_state: "deployed", satisfied: false }, "progressing: deployed"],
    [{ actual_state: "deployed", satisfied: true, observedGeneration: 1 }, "progressing: its newest spec has not been observed yet"],
    [{ actual_state: "Deployed" }, "progressing: Deployed"],
    [{ actual_state: "running", satisfied: false, waiting_for: "pods" }, "progressing: running: pods"],
    [{ actual_state: "failed", satisfied: false, reason: "RenderFailed" }, "failed RenderFailed: failed: RenderFailed"],
    [{ actual_state: "error", satisfied: false, waiting_for: "member b" }, "failed Failed: error: member b"],
    [{}, "progressing: it has no status yet"],
  ])("an ArmadaChart with status %j is %s (K10)", (status, expected) => {
    expect(verdict("armada.airshipit.org/v1alpha1", "ArmadaChart", { status })).toBe(expected);
  });

  it.each([
    [{}, "ready"],
    [{ status: {} }, "ready"],
    [{ status: { observedGeneration: 1 } }, "progressing: its newest spec has not been observed yet"],
    [withConditions(["Ready=True"], { observedGeneration: 2 }), "ready"],
    [withConditions(["Ready=False/Waiting: for a disk"]), "progressing: Waiting: for a disk"],
    [withConditions(["Ready=Unknown"]), "progressing: it is not ready yet"],
    [withConditions(["Reconciling=True", "Ready=True"]), "progressing: it is reconciling"],
    [withConditions(["Stalled=True/BadSpec: no", "Ready=False"]), "failed BadSpec: BadSpec: no"],
    [withConditions(["Available=False"]), "ready"],
    [{ status: { conditions: [{ type: "Ready", status: "True", observedGeneration: 1 }] } }, "progressing: it is not ready yet"],
    [{ status: { conditions: [{ type: "Stalled", status: "True", observedGeneration: 1 }] } }, "ready"],
  ])("an unknown kind with %j is %s", (rest, expected) => {
    expect(verdict("example.org/v1", "Widget", rest)).toBe(expected);
  });

  it("keeps messages on one line and short", () => {
    const readiness = assessObject(
      liveObject("example.org/v1", "Widget", { status: { conditions: [{ type: "Ready", status: "False", message: `a\n b ${"c".repeat(5000)}` }] } }),
      desiredObject("example.org/v1", "Widget"),
    );
    expect(readiness).toMatchObject({ message: expect.stringMatching(/^Widget x: a b c{100,620}…$/) });
  });

  it("never throws, whatever spec and status hold (K11)", () => {
    const kinds = ["apps/v1 Deployment", "apps/v1 StatefulSet", "apps/v1 DaemonSet", "apps/v1 ReplicaSet", "batch/v1 Job", "v1 Pod", "v1 Service"];
    const others = [
      "v1 PersistentVolumeClaim",
      "v1 Namespace",
      "example.org/v1 Widget",
      "argoproj.io/v1 Workflow",
      "armada.airshipit.org/v1alpha1 ArmadaChart",
    ];
    const names = ["conditions", "containerStatuses", "replicas", "updateStrategy", "loadBalancer", "phase", "observedGeneration", "actual_state"];
    const odd = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), fc.constant(undefined));
    fc.assert(
      fc.property(fc.constantFrom(...kinds, ...others), odd, odd, (text, spec, status) => {
        const [apiVersion = "", kind = ""] = text.split(" ");
        const readiness = assessObject(liveObject(apiVersion, kind, { spec, status }), desiredObject(apiVersion, kind));
        expect(["ready", "progressing", "failed"]).toContain(readiness.state);
      }),
      { numRuns: 500 },
    );
  });
});
