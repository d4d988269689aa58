import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { CONFIG_MAP, DEPLOYMENT, JOB, POD, SERVICE } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";

jest.setTimeout(60_000);

let site: ChartSite;
let space: Space;

/** No node has the label until a test puts it on one. */
const node = (label: string) => ({ node: { [label]: "yes" } });
const label = (labelName: string, value: string | null) => space.patch("Node", "node-1", { metadata: { labels: { [labelName]: value } } });
const NOT_READY = { actual_state: "running", satisfied: false, reason: "ResourcesNotReady" };

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("web", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT, "service.yaml": SERVICE });
    await charts.write("pod", { "map.yaml": CONFIG_MAP, "pod.yaml": POD });
    await charts.write("job", { "map.yaml": CONFIG_MAP, "job.yaml": JOB });
    const ignored = CONFIG_MAP.replace("Release.Name }}", "Release.Name }}-ignored, annotations: {armada.airshipit.org/drift: ignore}");
    await charts.write("ignored", { "map.yaml": CONFIG_MAP, "ignored.yaml": ignored });
  });
  await site.start();
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

describe("pods that do not come up", () => {
  test("are waited for, failed at wait.timeout with the reason of the pod, and deployed by themselves when they are up", async () => {
    await space.apply("slow", { chart: "web", values: node("slow"), wait: { timeout: 2 } });
    const running = await space.status("slow", { ...NOT_READY, waiting_for: expect.stringContaining("Deployment slow: 0 of 1 pods available") });
    expect(running.waiting_for).toMatch(/since \S+Z; will fail at \S+Z \(wait.timeout\)/);
    const sentence = expect.stringMatching(/^not ready 2 s \(wait\.timeout\) .*Deployment slow: 0 of 1 pods available.*Unschedulable/);
    const failed = await space.status("slow", { actual_state: "failed", satisfied: false, reason: "WaitTimeout", release: { revision: 1 } });
    expect(failed.conditions).toContainEqual(expect.objectContaining({ type: "Failed", status: "True", message: sentence }));
    const runs = await site.helmRuns();
    await label("slow", "yes");
    await space.status("slow", { ...DEPLOYED, release: { revision: 1 } });
    expect(await site.helmRuns()).toEqual(runs);
    await space.told("slow", "WaitTimeout", "Unschedulable");
  });

  test("a request runs helm again once the deadline has passed", async () => {
    await space.apply("asked", { chart: "web", values: node("asked"), wait: { timeout: 1 } });
    await space.status("asked", { actual_state: "failed", reason: "WaitTimeout", release: { revision: 1 } });
    const value = await space.request("asked");
    await space.status("asked", { reconcile_requested_at: value, release: { revision: 2 } });
    await space.status("asked", { actual_state: "failed", reason: "WaitTimeout", release: { revision: 2 } });
  });

  test("a lost pod makes a deployed chart run again, and its return deploys it, in the same revision", async () => {
    await label("lost", "yes");
    await space.apply("lost", { chart: "web", values: node("lost") });
    await space.status("lost", DEPLOYED);
    await label("lost", null);
    for (const { metadata } of await space.list("Pod")) if (metadata.name.startsWith("lost-")) await space.remove("Pod", metadata.name);
    await space.status("lost", { ...NOT_READY, waiting_for: expect.stringContaining("Deployment lost: 0 of 1 pods") });
    await label("lost", "yes");
    await space.status("lost", { ...DEPLOYED, release: { revision: 1 } });
  });

  test("wait.timeout counts anew when readiness is lost long after the deployment", async () => {
    await label("later", "yes");
    await space.apply("later", { chart: "web", values: node("later"), wait: { timeout: 3 } });
    await space.status("later", DEPLOYED);
    await eventually("three seconds after the deployment", async () => {
      const [entry] = (await space.chart("later"))?.status?.history ?? [];
      expect(Date.now() - Date.parse(entry?.finished_at ?? "")).toBeGreaterThan(4000);
    });
    await label("later", null);
    for (const { metadata } of await space.list("Pod")) if (metadata.name.startsWith("later-")) await space.remove("Pod", metadata.name);
    await space.status("later", NOT_READY, 2_000);
    await space.status("later", { actual_state: "failed", reason: "WaitTimeout" });
  });
});

describe("a Job of the chart", () => {
  test("that completes and goes by its ttl stays counted as done and is not put back, also after a restart", async () => {
    await space.apply("ttl", { chart: "job", values: { ttl: 1 } });
    await space.status("ttl", { ...DEPLOYED, release: { finished: ["Job ttl-job"] } });
    await eventually("the Job is gone", async () => expect(await space.get("Job", "ttl-job")).toBeUndefined());
    await space.remove("ConfigMap", "ttl");
    await eventually("the ConfigMap is back", async () => expect(await space.get("ConfigMap", "ttl")).toBeDefined());
    await space.status("ttl", { ...DEPLOYED, release: { revision: 1, finished: ["Job ttl-job"] } });
    await site.operator().stop();
    await site.start();
    await space.remove("ConfigMap", "ttl");
    await eventually("the ConfigMap is back", async () => expect(await space.get("ConfigMap", "ttl")).toBeDefined());
    await space.status("ttl", { ...DEPLOYED, release: { revision: 1, finished: ["Job ttl-job"] } });
    expect(await space.get("Job", "ttl-job")).toBeUndefined();
  });

  test("that fails is a failure, and changed values mend it", async () => {
    await space.apply("broken", { chart: "job", values: { ...node("never"), deadline: 1 } });
    const says = expect.stringContaining("Job broken-job: DeadlineExceeded");
    const { conditions } = await space.status("broken", { actual_state: "failed", satisfied: false, reason: "UnderlyingResourcesError" });
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Failed", status: "True", message: says }));
    await space.remove("Job", "broken-job");
    await space.apply("broken", { chart: "text" });
    await space.status("broken", { ...DEPLOYED, release: { revision: 2 } });
  });
});

describe("a deleted object", () => {
  test.each([
    ["Deployment", "web"],
    ["ConfigMap", "web"],
    ["Service", "web"],
    ["Pod", "pod"],
  ])("%s is put back with helm's marks, in the same revision", async (kind, chart) => {
    const name = `back-${kind.toLowerCase()}`;
    await space.apply(name, { chart });
    await space.status(name, DEPLOYED);
    const before = await space.get(kind, name);
    await space.remove(kind, name);
    const after = await eventually(`${kind} is back`, async () => {
      const object = await space.get(kind, name);
      expect(object?.metadata.uid).not.toBe(before?.metadata.uid);
      expect(object).toBeDefined();
      return object;
    });
    expect(after?.metadata.labels).toEqual(before?.metadata.labels);
    expect(after?.metadata.annotations).toMatchObject({ "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": space.namespace });
    await space.status(name, { ...DEPLOYED, release: { revision: 1 } });
    await space.told(name, "Restored", `${kind} ${name}`);
    await space.apply(name, { chart, values: { text: "next" } });
    await space.status(name, { ...DEPLOYED, release: { revision: 2 } });
  });

  test("that was not, but only lost helm's label, gets it back", async () => {
    await space.apply("label", { chart: "text" });
    await space.status("label", DEPLOYED);
    const before = await space.get("ConfigMap", "label");
    await space.patch("ConfigMap", "label", { metadata: { labels: { "app.kubernetes.io/managed-by": null } } });
    await eventually("the label is back", async () =>
      expect((await space.get("ConfigMap", "label"))?.metadata.labels).toEqual(before?.metadata.labels),
    );
    await space.status("label", { ...DEPLOYED, release: { revision: 1 } });
    expect((await space.get("ConfigMap", "label"))?.metadata.uid).toBe(before?.metadata.uid);
  });

  test("that cannot be put back fails the chart after wait.timeout, named with the reason, and comes back at a request when it may", async () => {
    const full = await site.space();
    await full.apply("quota", { chart: "text", wait: { timeout: 1 } });
    await full.status("quota", DEPLOYED);
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "full" }, spec: { hard: { "count/configmaps": "0" } } };
    await site.cluster.kubectl(["-n", full.namespace, "create", "-f", "-"], JSON.stringify(quota));
    await eventually("the quota counts", async () => expect((await full.get("ResourceQuota", "full"))?.["status"]).toHaveProperty("used"));
    await full.remove("ConfigMap", "quota");
    const { conditions } = await full.status("quota", { actual_state: "failed", satisfied: false, reason: "ReconcileError" });
    const message =
      'restore failed: the API server rejects ConfigMap quota, which is being put back: configmaps "quota" is forbidden: exceeded quota: ';
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Failed", status: "True", message: expect.stringContaining(message) }));
    await full.remove("ResourceQuota", "full");
    await full.request("quota");
    await full.status("quota", DEPLOYED);
    expect(await full.get("ConfigMap", "quota")).toBeDefined();
  });

  test("that a policy refuses is named with the policy's own sentence, without the values in it, and put back when there is none any more", async () => {
    const guarded = await site.space();
    await guarded.apply("guarded", { chart: "text", values: { text: "canary-of-values" }, wait: { timeout: 1 } });
    await guarded.status("guarded", DEPLOYED);
    const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }];
    const here = { matchLabels: { "kubernetes.io/metadata.name": guarded.namespace } };
    const api = "admissionregistration.k8s.io/v1";
    const sentence = { expression: "false", messageExpression: "'no map with ' + object.data.text + ' is wanted here'" };
    const policy = {
      ...{ apiVersion: api, kind: "ValidatingAdmissionPolicy", metadata: { name: "maps" } },
      spec: { matchConstraints: { resourceRules: rules, namespaceSelector: here }, validations: [sentence] },
    };
    const binding = {
      ...{ apiVersion: api, kind: "ValidatingAdmissionPolicyBinding", metadata: { name: "maps" } },
      spec: { policyName: "maps", validationActions: ["Deny"] },
    };
    for (const object of [policy, binding]) await site.cluster.kubectl(["create", "-f", "-"], JSON.stringify(object));
    const tried = ["-n", guarded.namespace, "create", "configmap", "other", "--from-literal=text=x", "--dry-run=server"];
    await eventually("the policy counts", () => expect(site.cluster.kubectl(tried)).rejects.toThrow("is wanted here"));
    await guarded.remove("ConfigMap", "guarded");
    const status = await guarded.status("guarded", { actual_state: "failed", reason: "ReconcileError" });
    const message =
      "which is being put back: configmaps \"guarded\" is forbidden: ValidatingAdmissionPolicy 'maps' with binding 'maps' denied request: no map with (value of .text) is wanted here";
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: "Failed", status: "True", message: expect.stringContaining(message) }));
    await site.cluster.kubectl(["delete", "validatingadmissionpolicybinding/maps", "validatingadmissionpolicy/maps"]);
    await eventually("the policy is gone", () => site.cluster.kubectl(tried));
    await guarded.request("guarded");
    await guarded.status("guarded", DEPLOYED);
  });

  test("annotated drift: ignore by its chart stays away, and the chart stays deployed", async () => {
    await space.apply("ignored", { chart: "ignored" });
    await space.status("ignored", DEPLOYED);
    await space.remove("ConfigMap", "ignored-ignored");
    await space.remove("ConfigMap", "ignored");
    await eventually("the other is back", async () => expect(await space.get("ConfigMap", "ignored")).toBeDefined());
    await space.status("ignored", { ...DEPLOYED, release: { revision: 1 } });
    expect(await space.get("ConfigMap", "ignored-ignored")).toBeUndefined();
  });
});
