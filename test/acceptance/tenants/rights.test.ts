import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { CONFIG_MAP, DEPLOYMENT, hookJob, SERVICE } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { helmProcesses } from "../../testing/operator/helm-processes.ts";
import { applyOverlay, type AppliedOverlay } from "../../testing/operator/overlay.ts";

jest.setTimeout(120_000);

const RBAC = "rbac.authorization.k8s.io";
const API_VERSION = "armada.airshipit.org/v1alpha1";

const ROLES = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: {{ .Release.Name }}}
---
apiVersion: ${RBAC}/v1
kind: Role
metadata: {name: {{ .Release.Name }}}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: ${RBAC}/v1
kind: RoleBinding
metadata: {name: {{ .Release.Name }}}
roleRef: {apiGroup: ${RBAC}, kind: Role, name: {{ .Release.Name }}}
subjects: [{kind: ServiceAccount, name: {{ .Release.Name }}}]
`;
const ESCALATES = `
apiVersion: ${RBAC}/v1
kind: Role
metadata: {name: {{ .Release.Name }}}
rules: [{apiGroups: ["armada.airshipit.org"], resources: [armadacharts/status], verbs: [patch]}]
`;
const ELSEWHERE = `
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, namespace: {{ .Values.elsewhere }}}
`;
/** Of a kind that no other chart here has. */
const STATEFUL_SET = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: {{ .Release.Name }}}
spec:
  serviceName: x
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template: {metadata: {labels: {app: {{ .Release.Name }}}}, spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: x}]}}
`;
const LEASE = `
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: {{ .Release.Name }}}
`;

let site: ChartSite;
let overlay: AppliedOverlay;
/** Two tenants. */
let ours: Space;
let theirs: Space;

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("web", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT, "service.yaml": SERVICE, "roles.yaml": ROLES });
    await charts.write("hooked", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-install,pre-upgrade") });
    await charts.write("map", { "map.yaml": CONFIG_MAP });
    await charts.write("statefulset", { "set.yaml": STATEFUL_SET });
    await charts.write("elsewhere", { "map.yaml": ELSEWHERE });
    await charts.write("escalates", { "role.yaml": ESCALATES });
    await charts.write("lease", { "lease.yaml": LEASE });
  });
  [ours, theirs] = [await site.space(), await site.space()];
  overlay = await applyOverlay(site.cluster, { flavour: "tenants", namespaces: [ours.namespace, theirs.namespace] });
  await site.start(overlay.options);
}, 90_000);

afterAll(() => site?.stop(), 30_000);

const apply = (space: Space, kind: string, name: string, spec: object): Promise<string> =>
  site.cluster.kubectl(["-n", space.namespace, "apply", "-f", "-"], JSON.stringify({ apiVersion: API_VERSION, kind, metadata: { name }, spec }));

const until = (space: Space, ...args: readonly string[]): Promise<string> =>
  site.cluster.kubectl(["-n", space.namespace, "wait", "--timeout=40s", ...args]);

/** As the operator's own account. */
const asOperator = (...args: readonly string[]): Promise<string> => site.cluster.kubectl(["--kubeconfig", overlay.options.kubeconfig, ...args]);

/** Requests of the operator that were refused, watches included. */
const refused = async (): Promise<readonly string[]> => {
  const text = await (await fetch(`http://127.0.0.1:${String(await site.operator().metricsPort())}/metrics`)).text();
  expect(text).toContain("armada_api_requests_total{");
  return text.split("\n").filter((line) => /^armada_api_requests_total\{.*code="403"/.test(line));
};

test("what a manifest names is brought up, changed, put back and removed, and no right is missing", async () => {
  for (const space of [ours, theirs]) {
    await space.apply("web", { chart: "web", target_state: "uninitialized" });
    await apply(space, "ArmadaChartGroup", "group", { chart_group: ["web"], target_state: "uninitialized" });
    await apply(space, "ArmadaManifest", "site", { chart_groups: ["group"] });
  }
  for (const space of [ours, theirs]) await until(space, "--for=condition=Ready", "amf/site");
  await ours.apply("web", { chart: "web", values: { text: "two", replicas: 2 } });
  await ours.status("web", { ...DEPLOYED, release: { revision: 2 } });
  for (const kind of ["ConfigMap", "Service", "ServiceAccount"]) {
    await ours.remove(kind, "web");
    await eventually(`${kind} is put back`, async () => expect(await ours.get(kind, "web")).toBeDefined());
  }
  await ours.status("web", DEPLOYED);
  await site.cluster.kubectl(["-n", ours.namespace, "delete", "amf/site", "--timeout=40s"]);
  await ours.gone("web");
  expect(await site.cluster.kubectl(["-n", ours.namespace, "get", "deployments,roles,services", "-o", "name"])).toBe("");
  expect(await theirs.status("web", DEPLOYED)).toBeDefined();
  expect(await refused()).toEqual([]);
});

test("a release that a killed operator left locked is unlocked", async () => {
  await ours.apply("hooked", { chart: "hooked", values: { node: { never: "yes" } } });
  await eventually("helm waits in its hook", async () => {
    expect(await ours.get("Job", "hooked-hook")).toBeDefined();
    expect(helmProcesses("hooked")).toHaveLength(1);
  });
  await site.operator().kill();
  await site.start(overlay.options);
  await eventually("it is unlocked", async () => expect(JSON.stringify(await ours.events("hooked"))).toContain("Unlocked"));
  await ours.apply("hooked", { chart: "hooked", values: { text: "let go" } });
  await ours.status("hooked", DEPLOYED);
  await ours.deleteChart("hooked");
  await ours.gone("hooked");
  expect(await refused()).toEqual([]);
});

test("with a role for the deployer and one for the operator charts may contain more", async () => {
  const rule = (...verbs: readonly string[]) => [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs }];
  const role = (label: string, rules: readonly object[]) => ({
    apiVersion: `${RBAC}/v1`,
    kind: "ClusterRole",
    metadata: { name: `${label}-leases`, labels: { [`armada.airshipit.org/aggregate-to-${label}`]: "true" } },
    rules,
  });
  const items = [
    role("charts", rule("get", "list", "watch", "create", "update", "patch", "delete")),
    role("charts-read", rule("get", "list", "watch")),
  ];
  await site.cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await eventually("roles are aggregated", async () => {
    for (const name of ["armada-operator-charts", "armada-operator-charts-read"])
      expect(await site.cluster.kubectl(["get", "clusterrole", name, "-o", "jsonpath={.rules[*].resources}"])).toContain("leases");
  });
  await ours.apply("lease", { chart: "lease" });
  await ours.status("lease", DEPLOYED);
  await ours.deleteChart("lease");
  await ours.gone("lease");
  expect(await refused()).toEqual([]);
});

test("a tenant without the operator's rights holds nobody else up, and is served again when they are back", async () => {
  const binding = ["rolebinding", "armada-operator", "armada-operator-charts-read"];
  const theirNamespace = ["-n", theirs.namespace];
  await theirs.apply("map", { chart: "map" });
  await theirs.status("map", DEPLOYED);
  await site.operator().stop();
  await site.cluster.kubectl([...theirNamespace, "delete", ...binding]);
  await site.start(overlay.options);
  await ours.apply("statefulset", { chart: "statefulset" });
  await ours.status("statefulset", DEPLOYED);
  await theirs.apply("map", { chart: "map", values: { text: "two" } });
  await ours.deleteChart("statefulset");
  await ours.gone("statefulset");
  expect((await theirs.chart("map"))?.status?.release?.revision).toBe(1);
  await site.cluster.kubectl(["apply", "--server-side", "-f", overlay.file]);
  await theirs.status("map", { ...DEPLOYED, release: { revision: 2 } }, 60_000);
  await theirs.deleteChart("map");
  await theirs.gone("map");
});

describe("a chart gets no further than its namespace:", () => {
  test.each<[string, string, object, (them: string) => RegExp]>([
    ["another tenant's", "elsewhere", {}, (them) => new RegExp(`User "system:serviceaccount:[\\w-]+:deployer" cannot .* in the namespace "${them}"`)],
    ["rights that its account has not", "escalates", {}, () => /is attempting to grant RBAC permissions not currently held/],
    [
      "another account of its namespace",
      "web",
      { service_account: "default" },
      () => /the operator may not act as ServiceAccount "default" in namespace/,
    ],
  ])("%s", async (_what, chart, spec, sentence) => {
    const name = `far-${chart}`;
    await ours.apply(name, { chart, values: { elsewhere: theirs.namespace }, ...spec });
    const { waiting_for: said } = await ours.status(name, { actual_state: "failed" });
    expect(said).toMatch(sentence(theirs.namespace));
    expect(await theirs.get("ConfigMap", name)).toBeUndefined();
    await ours.deleteChart(name);
    await ours.gone(name, 60_000);
  });
});

describe("the operator's own account", () => {
  test.each<[string, (them: Space) => readonly string[]]>([
    ["makes no workload where a tenant is", ({ namespace }) => ["-n", namespace, "create", "deployment", "x", "--image=x"]],
    ["makes no Secret there", ({ namespace }) => ["-n", namespace, "create", "secret", "generic", "x"]],
    ["makes no RoleBinding there", ({ namespace }) => ["-n", namespace, "create", "rolebinding", "x", "--clusterrole=view", "--user=x"]],
    ["reads no Secret elsewhere", () => ["-n", "default", "get", "secrets"]],
    ["makes no namespace", () => ["create", "namespace", "x"]],
    ["is nobody else there", ({ namespace }) => ["-n", namespace, "get", "pods", "--as", `system:serviceaccount:${namespace}:default`]],
    ["is nobody elsewhere", () => ["get", "pods", "--as", "system:serviceaccount:kube-system:deployer"]],
    ["is no user and no group", () => ["get", "pods", "--as", "admin", "--as-group", "system:masters"]],
  ])("%s", async (_what, args) => {
    await expect(asOperator(...args(theirs))).rejects.toThrow(/orbidden/);
  });

  test("is the deployer of a tenant's namespace, which is as far as that goes", async () => {
    const as = ["--as", `system:serviceaccount:${theirs.namespace}:deployer`];
    expect(await asOperator("-n", theirs.namespace, "get", "configmaps", "-o", "name", ...as)).toContain("configmap/web");
    await expect(asOperator("-n", ours.namespace, "get", "configmaps", ...as)).rejects.toThrow(/orbidden/);
  });
});
