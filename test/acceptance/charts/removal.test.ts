import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { CONFIG_MAP, DEPLOYMENT, hookJob } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { allowCharts } from "../../testing/operator/rights.ts";

jest.setTimeout(60_000);

let site: ChartSite;
let space: Space;

const HELD = { metadata: { finalizers: ["example.org/held"] } };
const FREE = { metadata: { finalizers: null } };
const CLUSTER_ROLE = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "{{ .Release.Namespace }}-{{ .Release.Name }}"}
rules: []
`;
const WIDGET = `
apiVersion: example.org/v1
kind: Widget
metadata: {name: {{ .Release.Name }}}
`;
const WIDGETS = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.org" },
  spec: {
    group: "example.org",
    names: { kind: "Widget", plural: "widgets" },
    scope: "Namespaced",
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};
const KEPT = CONFIG_MAP.replace("Release.Name }}", "Release.Name }}-kept, annotations: {helm.sh/resource-policy: keep}");

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("web", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT });
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("wide", { "map.yaml": CONFIG_MAP, "role.yaml": CLUSTER_ROLE, "kept.yaml": KEPT });
    await charts.write("afar", { "deployment.yaml": DEPLOYMENT.replace("Release.Name }}", "Release.Name }}, namespace: {{ .Values.namespace }}") });
    await charts.write("odd", { "map.yaml": CONFIG_MAP, "widget.yaml": WIDGET });
    await charts.write("farewell", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-delete") });
  });
  const verbs = ["get", "list", "watch", "create", "patch", "delete"];
  await allowCharts(site.cluster, "charts-with-kinds-of-their-own", [
    { apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"], verbs },
    { apiGroups: ["example.org"], resources: ["widgets"], verbs },
  ]);
  await site.start({ flags: ["--cluster-scoped=allow", "--cross-namespace=allow"] });
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const podOf = async (name: string, where = space): Promise<string> => {
  const pod = (await where.list("Pod")).find(({ metadata }) => metadata.name.startsWith(`${name}-`));
  if (pod === undefined) throw new Error(`${name} has no pod`);
  return pod.metadata.name;
};

describe("a deleted chart", () => {
  test("is gone when its pods are, and not before", async () => {
    await space.apply("slow", { chart: "web" });
    await space.status("slow", DEPLOYED);
    const pod = await podOf("slow");
    await space.patch("Pod", pod, HELD);
    await space.deleteChart("slow");
    await space.status("slow", {
      actual_state: "running",
      satisfied: false,
      reason: "Uninstalling",
      waiting_for: expect.stringContaining(`Pod ${pod}`),
    });
    expect([await space.get("Deployment", "slow"), await space.revisions("slow")]).toEqual([undefined, ["v1 uninstalled"]]);
    await space.patch("Pod", pod, FREE);
    await space.gone("slow");
    expect(await space.revisions("slow")).toEqual([]);
  });

  test("is gone when its pods in another namespace are", async () => {
    const other = await site.space();
    await space.apply("afar", { chart: "afar", values: { namespace: other.namespace } });
    await space.status("afar", DEPLOYED);
    const pod = await podOf("afar", other);
    await other.patch("Pod", pod, HELD);
    await space.deleteChart("afar");
    await space.status("afar", { reason: "Uninstalling", waiting_for: expect.stringContaining(`Pod ${pod}`) });
    await eventually("only the pod is left", async () => expect(await other.list("Deployment")).toEqual([]));
    await other.patch("Pod", pod, FREE);
    await space.gone("afar");
  });

  test("with an object of a kind that is served no more is gone when the rest is", async () => {
    await site.cluster.kubectl(["create", "-f", "-"], JSON.stringify(WIDGETS));
    await site.cluster.kubectl(["wait", "--for=condition=Established", "--timeout=20s", "crd/widgets.example.org"]);
    await space.apply("odd", { chart: "odd" });
    await space.status("odd", DEPLOYED);
    await site.cluster.kubectl(["delete", "crd", "widgets.example.org", "--timeout=20s"]);
    await space.deleteChart("odd");
    await space.gone("odd");
    expect([await space.get("ConfigMap", "odd"), await space.revisions("odd")]).toEqual([undefined, []]);
  });

  test("with delete.timeout 0 is reported at once when something stays, and ends by itself", async () => {
    await space.apply("zero", { chart: "text", delete: { timeout: 0 } });
    await space.status("zero", DEPLOYED);
    await space.patch("ConfigMap", "zero", HELD);
    await space.deleteChart("zero");
    await space.status("zero", { reason: "UninstallError", waiting_for: expect.stringContaining("ConfigMap zero to be deleted") });
    await space.patch("ConfigMap", "zero", FREE);
    await space.gone("zero");
  });

  test("whose objects stay longer than delete.timeout is reported, and ends by itself", async () => {
    await space.apply("late", { chart: "text", delete: { timeout: 1 } });
    await space.status("late", DEPLOYED);
    await space.patch("ConfigMap", "late", HELD);
    await space.deleteChart("late");
    const status = await space.status("late", { reason: "UninstallError", waiting_for: expect.stringContaining("ConfigMap late to be deleted") });
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: "Stalled", status: "True", message: expect.stringContaining("1 s (delete.timeout)") }),
    );
    await space.patch("ConfigMap", "late", FREE);
    await space.gone("late");
  });

  test("leaves what helm was told to keep", async () => {
    await space.apply("keeps", { chart: "wide" });
    await space.status("keeps", DEPLOYED);
    await space.deleteChart("keeps");
    await space.gone("keeps");
    expect(await space.get("ConfigMap", "keeps-kept")).toBeDefined();
    expect([await space.get("ConfigMap", "keeps"), await space.get("ClusterRole", `${space.namespace}-keeps`)]).toEqual([undefined, undefined]);
  });

  test("whose uninstall hook never ends is tried again after delete.timeout and says so", async () => {
    await space.apply("farewell", { chart: "farewell", values: { node: { farewell: "yes" } }, delete: { timeout: 1 } });
    await space.status("farewell", DEPLOYED);
    await space.deleteChart("farewell");
    await space.status("farewell", { reason: "UninstallError", failures: 1, next_retry_time: expect.any(String) });
    expect(await space.get("ConfigMap", "farewell")).toBeDefined();
    await space.patch("Node", "node-1", { metadata: { labels: { farewell: "yes" } } });
    // The hook's pod needs longer than a second on a slow machine.
    await space.apply("farewell", { chart: "farewell", values: { node: { farewell: "yes" } }, delete: { timeout: 60 } });
    await space.gone("farewell", 60_000);
  });

  test("in a namespace that is being deleted goes at once, without hooks", async () => {
    const doomed = await site.space();
    await doomed.apply("doomed", { chart: "farewell", values: { node: { never: "yes" } } });
    await doomed.status("doomed", DEPLOYED);
    await doomed.remove("Namespace", doomed.namespace);
    await doomed.gone("doomed");
    await eventually("the namespace is gone", async () => expect(await doomed.get("Namespace", doomed.namespace)).toBeUndefined());
  });

  test("that was never installed goes at once", async () => {
    await space.apply("never", { chart: "absent" });
    await space.status("never", { reason: "SourceError" });
    await space.deleteChart("never");
    await space.gone("never");
  });
});

describe("records of a release that somebody tampered with", () => {
  test("gone while the chart is being deleted: what carries the release's annotations is removed, cluster-scoped objects too", async () => {
    await space.apply("orphaned", { chart: "wide" });
    await space.status("orphaned", DEPLOYED);
    await site.operator().stop();
    await space.deleteChart("orphaned");
    await space.remove("Secret", "sh.helm.release.v1.orphaned.v1");
    await site.start({ flags: ["--cluster-scoped=allow", "--cross-namespace=allow"] });
    await space.gone("orphaned");
    expect([await space.get("ConfigMap", "orphaned"), await space.get("ClusterRole", `${space.namespace}-orphaned`)]).toEqual([undefined, undefined]);
    expect(await space.get("ConfigMap", "orphaned-kept")).toBeDefined();
    await space.told("orphaned", "Pruned", "ConfigMap orphaned");
  });

  test("damaged: nothing is done, and the sentence holds the command that helps", async () => {
    await space.apply("damaged", { chart: "text", values: { text: "one" } });
    await space.status("damaged", DEPLOYED);
    await space.patch("Secret", "sh.helm.release.v1.damaged.v1", { data: { release: Buffer.from("no release").toString("base64") } });
    const command = `kubectl -n ${space.namespace} delete secret sh.helm.release.v1.damaged.v1`;
    const says = expect.stringContaining(command);
    await space.status("damaged", { actual_state: "error", satisfied: false, reason: "ReconcileError", waiting_for: says });
    await space.apply("damaged", { chart: "text", values: { text: "two" } });
    await space.status("damaged", { actual_state: "error", reason: "ReconcileError" });
    expect(await space.get("ConfigMap", "damaged")).toMatchObject({ data: { text: "one" } });
    await space.deleteChart("damaged");
    await space.status("damaged", { reason: "UninstallError", waiting_for: says });
    await space.remove("Secret", "sh.helm.release.v1.damaged.v1");
    await space.gone("damaged");
    expect(await space.get("ConfigMap", "damaged")).toBeUndefined();
  });
});

describe("target_state: uninstalled", () => {
  test("waits for everything to be gone like a deletion, and a new wish in between is heard", async () => {
    await space.apply("undone", { chart: "web" });
    await space.status("undone", DEPLOYED);
    const pod = await podOf("undone");
    await space.patch("Pod", pod, HELD);
    await space.apply("undone", { chart: "web", target_state: "uninstalled" });
    await space.status("undone", { reason: "Uninstalling", target_state: "uninstalled", waiting_for: expect.stringContaining(pod) });
    await space.apply("undone", { chart: "web" });
    await space.status("undone", { reason: "Uninstalling", target_state: "deployed" });
    await space.patch("Pod", pod, FREE);
    await space.status("undone", { ...DEPLOYED, release: { revision: 1 } });
  });
});
