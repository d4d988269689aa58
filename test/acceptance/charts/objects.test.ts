import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { CONFIG_MAP } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { allowCharts } from "../../testing/operator/rights.ts";

jest.setTimeout(90_000);

let site: ChartSite;
let space: Space;

/** The API server refuses it while values.port is too large. */
const PORT = `
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}-web}
spec: {selector: {a: b}, ports: [{port: {{ .Values.port | default 80 }}}]}
`;
const NAMESPACE = "{{ if .Values.explicit }}, namespace: {{ .Release.Namespace }}{{ end }}";
const CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: {{ .Release.Name }}${NAMESPACE}}
spec: {accessModes: [ReadWriteOnce], storageClassName: late, resources: {requests: {storage: 1Gi}}}
`;
const SCALER = `
apiVersion: autoscaling/{{ if .Values.explicit }}v2{{ else }}v1{{ end }}
kind: HorizontalPodAutoscaler
metadata: {name: {{ .Release.Name }}}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: none}}
`;
const ROLE = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: {{ .Release.Namespace }}-{{ .Release.Name }}${NAMESPACE}}
rules: []
`;
/** One ConfigMap a name in values.names. */
const EXTRA = `{{ range .Values.names }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ . }}}
{{ end }}`;
const BATCH = `
apiVersion: batch/v1
kind: Job
metadata: {name: {{ .Release.Name }}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: {{ .Values.image }}}]}}}
`;
const STORAGE_CLASS = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "late" },
  provisioner: "example.org/none",
  volumeBindingMode: "WaitForFirstConsumer",
};
const OWNED = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  {{- if .Values.owner }}
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: gone, uid: 11111111-2222-3333-4444-555555555555}]
  {{- end }}
`;
const BALANCER = `
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}, annotations: {armada.airshipit.org/drift: {{ .Values.drift | default "look" }}}}
spec: {type: LoadBalancer, selector: {a: b}, ports: [{port: 80}]}
`;
const TWICE = `${CONFIG_MAP}---${CONFIG_MAP.replace("metadata: {", "metadata: {namespace: {{ .Release.Namespace }}, ").replace("{text:", "{last: yes-it-is, text:")}`;

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("spelt", { "claim.yaml": CLAIM, "port.yaml": PORT, "role.yaml": ROLE, "scaler.yaml": SCALER });
    await charts.write("extra", { "extra.yaml": EXTRA, "map.yaml": CONFIG_MAP, "port.yaml": PORT });
    await charts.write("batch", { "batch.yaml": BATCH, "claim.yaml": CLAIM, "port.yaml": PORT });
    await charts.write("owned", { "owned.yaml": OWNED });
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("balancer", { "service.yaml": BALANCER });
    await charts.write("twice", { "twice.yaml": TWICE });
  });
  await site.cluster.kubectl(["create", "-f", "-"], JSON.stringify(STORAGE_CLASS));
  const verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
  await allowCharts(site.cluster, "charts-with-roles", [{ apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"], verbs }]);
  await site.start({ flags: ["--cluster-scoped=allow"] });
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const FAILED = { actual_state: "failed", reason: "InstallError" };
const uidOf = async (kind: string, name: string): Promise<string | undefined> => (await space.get(kind, name))?.metadata.uid;
const reasonsOf = async (name: string): Promise<readonly string[]> => (await space.events(name)).map(({ reason }) => reason);
const mapsOf = async (): Promise<readonly string[]> => (await space.list("ConfigMap")).map(({ metadata }) => metadata.name);

describe("what a first installation left that failed", () => {
  test("is what the mended chart has, however it writes namespace and version: nothing is removed, and nothing made again", async () => {
    await space.apply("spelt", { chart: "spelt", values: { port: 99_999 } });
    const { conditions } = await space.status("spelt", FAILED);
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Failed", message: expect.stringContaining("99999") }));
    const role = `${space.namespace}-spelt`;
    const uids = () => Promise.all([uidOf("PersistentVolumeClaim", "spelt"), uidOf("ClusterRole", role), uidOf("HorizontalPodAutoscaler", "spelt")]);
    const before = await uids();
    expect(before).not.toContain(undefined);
    await space.apply("spelt", { chart: "spelt", values: { explicit: true } });
    await space.status("spelt", DEPLOYED);
    await space.request("spelt");
    await space.status("spelt", DEPLOYED);
    expect(await uids()).toEqual(before);
    expect(await reasonsOf("spelt")).not.toContain("Pruned");
    expect(await reasonsOf("spelt")).not.toContain("Restored");
  });

  test("and cannot be changed is made anew, but not what holds data", async () => {
    await space.apply("batch", { chart: "batch", values: { image: "one", port: 99_999 } });
    await space.status("batch", FAILED);
    const [job, claim] = [await uidOf("Job", "batch"), await uidOf("PersistentVolumeClaim", "batch")];
    expect([job, claim]).not.toContain(undefined);
    await space.apply("batch", { chart: "batch", values: { image: "two" } });
    await space.status("batch", DEPLOYED);
    expect(await uidOf("Job", "batch")).not.toBe(job);
    expect(await uidOf("PersistentVolumeClaim", "batch")).toBe(claim);
    await space.told("batch", "Pruned", "Job batch");
  });
});

describe("objects that only failed revisions had", () => {
  test("go with the next good revision, also when one was deployed before", async () => {
    await space.apply("extra", { chart: "extra" });
    await space.status("extra", DEPLOYED);
    await space.apply("extra", { chart: "extra", values: { names: ["extra-one"], port: 99_999 } });
    await space.status("extra", { actual_state: "failed", reason: "UpdateError" });
    await space.apply("extra", { chart: "extra", values: { names: ["extra-two"] } });
    await space.status("extra", DEPLOYED);
    const maps = await mapsOf();
    expect(maps).toContain("extra-two");
    expect(maps).not.toContain("extra-one");
  });

  test("go with the release when its chart is deleted", async () => {
    for (const name of ["try-1", "try-2", "try-3"]) {
      await space.apply("tries", { chart: "extra", values: { names: [name], port: 99_999 } });
      await space.status("tries", FAILED);
      await eventually(`${name} is there`, async () => expect(await mapsOf()).toContain(name));
    }
    await space.deleteChart("tries");
    await space.gone("tries");
    expect((await mapsOf()).filter((name) => name.startsWith("try-"))).toEqual([]);
    expect(await space.revisions("tries")).toEqual([]);
  });
});

describe("an object that does not stay", () => {
  test("is put back ever more rarely, the chart fails and names who deletes it, and is mended by a change", async () => {
    await space.apply("owned", { chart: "owned", values: { owner: true } });
    const { conditions } = await space.status("owned", { actual_state: "failed", satisfied: false, reason: "UnderlyingResourcesError" }, 60_000);
    const message = expect.stringMatching(/^ConfigMap owned was put back \d times.*ConfigMap gone.*does not exist.*garbage collector/);
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Stalled", status: "True", message }));
    await space.apply("owned", { chart: "owned" });
    await space.status("owned", DEPLOYED);
  });

  test("and could not be put back counts no more once somebody else has made it", async () => {
    const full = await site.space();
    await full.apply("quota", { chart: "text", wait: { timeout: 1 } });
    await full.status("quota", DEPLOYED);
    const map = await full.get("ConfigMap", "quota");
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "full" }, spec: { hard: { "count/configmaps": "0" } } };
    await site.cluster.kubectl(["-n", full.namespace, "create", "-f", "-"], JSON.stringify(quota));
    await eventually("the quota counts", async () => expect((await full.get("ResourceQuota", "full"))?.["status"]).toHaveProperty("used"));
    await full.remove("ConfigMap", "quota");
    await full.status("quota", { actual_state: "failed", satisfied: false, reason: "ReconcileError" });
    await full.remove("ResourceQuota", "full");
    const { labels, annotations } = map?.metadata ?? {};
    const byHand = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "quota", labels, annotations } };
    await eventually("it is made by hand", () => site.cluster.kubectl(["-n", full.namespace, "create", "-f", "-"], JSON.stringify(byHand)));
    await full.status("quota", DEPLOYED);
  });
});

describe("an object that says that nobody waits for it", () => {
  test("by its chart, or by hand, holds nothing up", async () => {
    await space.apply("balancer", { chart: "balancer", values: { drift: "ignore" } });
    await space.status("balancer", DEPLOYED);
    await space.apply("unserved", { chart: "balancer" });
    await space.status("unserved", { actual_state: "running", waiting_for: expect.stringContaining("armada.airshipit.org/drift=ignore") });
    await space.patch("Service", "unserved", { metadata: { annotations: { "armada.airshipit.org/drift": "ignore" } } });
    await space.status("unserved", { ...DEPLOYED, release: { revision: 1 } });
  });
});

describe("an object that is in a chart twice", () => {
  test("is the last one, also when it is put back, and a warning says so", async () => {
    await space.apply("twice", { chart: "twice" });
    const { warnings } = await space.status("twice", DEPLOYED);
    expect(warnings).toContain("ConfigMap twice is in the chart more than once: only the last one is applied");
    const before = await space.get("ConfigMap", "twice");
    expect(before?.["data"]).toMatchObject({ last: "yes-it-is" });
    await space.remove("ConfigMap", "twice");
    await eventually("it is back", async () => {
      const after = await space.get("ConfigMap", "twice");
      expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
      expect(after?.["data"]).toEqual(before?.["data"]);
    });
  });
});

describe("an object that moves from one chart to another", () => {
  const FREED = 15_000;
  test("is made by the other as soon as the first has let go of it", async () => {
    await space.apply("giver", { chart: "extra", values: { names: ["moved"] } });
    await space.status("giver", DEPLOYED);
    await space.apply("taker", { chart: "extra", values: { names: ["moved"] } });
    await space.status("taker", { actual_state: "failed", reason: "InstallError" });
    await space.apply("giver", { chart: "extra" });
    await space.status("giver", DEPLOYED);
    await space.status("taker", DEPLOYED, FREED);
    expect((await space.get("ConfigMap", "moved"))?.metadata.annotations).toMatchObject({ "meta.helm.sh/release-name": "taker" });
  });

  test.each(["upgrade", "uninstall"])("and is annotated for the other before is not deleted by the first one's helm %s", async (verb) => {
    const [giver, taker, name] = [`giver-${verb}`, `taker-${verb}`, `moved-${verb}`];
    await space.apply(giver, { chart: "extra", values: { names: [name] } });
    await space.status(giver, DEPLOYED);
    const uid = await uidOf("ConfigMap", name);
    await space.patch("ConfigMap", name, { metadata: { annotations: { "meta.helm.sh/release-name": taker } } });
    await space.apply(taker, { chart: "extra", values: { names: [name] } });
    await space.status(taker, DEPLOYED);
    if (verb === "upgrade") {
      await space.apply(giver, { chart: "extra" });
      const { warnings } = await space.status(giver, { ...DEPLOYED, release: { revision: 2 } });
      expect(warnings).toContainEqual(expect.stringContaining(`ConfigMap ${name} has the annotations of release ${taker}`));
    } else {
      await space.deleteChart(giver);
      await space.gone(giver);
    }
    await space.status(taker, DEPLOYED);
    expect(await uidOf("ConfigMap", name)).toBe(uid);
  });
});
