import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { join } from "node:path";
import { CHART_FINALIZER } from "../../../src/armada/names.ts";
import { fieldsOf, listOf } from "../../../src/armada/readiness/fields.ts";
import { CONFIG_MAP, DEPLOYMENT } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository, runOperatorCommand } from "../../testing/operator/operator.ts";
import { allowCharts } from "../../testing/operator/rights.ts";

jest.setTimeout(120_000);

const RBAC = "rbac.authorization.k8s.io/v1";
const CLUSTER_ROLE = `
apiVersion: ${RBAC}
kind: ClusterRole
metadata: {name: "{{ .Release.Namespace }}-{{ .Release.Name }}"}
rules: []
`;
const ROLE = `
apiVersion: ${RBAC}
kind: Role
metadata: {name: {{ .Release.Name }}, namespace: {{ .Values.other | default .Release.Namespace }}}
rules: []
`;
const NAMESPACE = `
apiVersion: v1
kind: Namespace
metadata: {name: "{{ .Values.inner }}"}
`;
const inner = (template: string): string => template.replace("Release.Name }}", `Release.Name }}, namespace: "{{ .Values.inner }}"`);

let site: ChartSite;
let space: Space;

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("wide", { "map.yaml": CONFIG_MAP, "role.yaml": ROLE, "cluster-role.yaml": CLUSTER_ROLE });
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("own-namespace", { "namespace.yaml": NAMESPACE, "map.yaml": inner(CONFIG_MAP), "deployment.yaml": inner(DEPLOYMENT) });
  });
  const verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
  await allowCharts(site.cluster, "charts-with-more", [
    { apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"], verbs },
    { apiGroups: [""], resources: ["namespaces"], verbs },
  ]);
  await site.start({ flags: ["--cluster-scoped=allow", "--cross-namespace=allow"] });
  space = await site.space();
}, 90_000);

afterAll(async () => site?.stop(), 30_000);

const command = async (...args: readonly string[]) => runOperatorCommand(["release-finalizers", "--kubeconfig", site.cluster.kubeconfig, ...args]);

/** `kubectl delete secret -l owner=helm`. */
const loseRecords = (where: Space): Promise<string> => site.cluster.kubectl(["-n", where.namespace, "delete", "secret", "-l", "owner=helm"]);

const nothingLeft = async (where: Space, name: string, other = where): Promise<void> => {
  expect(await where.get("ConfigMap", name)).toBeUndefined();
  expect(await other.get("Role", name)).toBeUndefined();
  expect(await where.get("ClusterRole", `${where.namespace}-${name}`)).toBeUndefined();
};

describe("a chart whose records somebody removed, deleted then, takes along whatever carries its release's annotations", () => {
  test.each([
    ["suspended", (name: string) => space.apply(name, { chart: "wide", suspend: true }), { reason: "Suspended", observedGeneration: 1 }],
    ["parked", (name: string) => space.apply(name, { chart: "wide", target_state: "uninitialized" }), { reason: "Unmanaged" }],
    ["sourceless", (name: string) => space.apply(name, { chart: "absent" }), { reason: "SourceError" }],
  ])("%s", async (name, change, expected) => {
    await space.apply(name, { chart: "wide" });
    await space.status(name, DEPLOYED);
    await change(name);
    await space.status(name, expected);
    await loseRecords(space);
    await eventually("the operator has heard of it", async () => expect(await space.revisions(name)).toEqual([]));
    await space.request(name);
    await eventually("the request is answered", async () => {
      const { metadata, status } = (await space.chart(name)) ?? {};
      expect(status?.reconcile_requested_at).toBe(metadata?.annotations?.["armada.airshipit.org/reconcile-requested-at"]);
    });
    expect((await space.chart(name))?.status?.release).toMatchObject({ revision: 1 });
    await space.deleteChart(name);
    await space.gone(name);
    await nothingLeft(space, name);
    await space.told(name, "Pruned", `ClusterRole ${space.namespace}-${name}`);
    await space.told(name, "UninstallSuccessful", "not checked: what the operator is not allowed to list:");
    await space.told(name, "UninstallSuccessful", "PriorityClass");
  });

  test("in other namespaces, too", async () => {
    const other = await site.space();
    await space.apply("afar", { chart: "wide", values: { other: other.namespace } });
    await space.status("afar", DEPLOYED);
    expect(await other.get("Role", "afar")).toBeDefined();
    await space.apply("afar", { chart: "wide", suspend: true, values: { other: other.namespace } });
    await space.status("afar", { reason: "Suspended", observedGeneration: 1 });
    await loseRecords(space);
    await space.deleteChart("afar");
    await space.gone("afar");
    await nothingLeft(space, "afar", other);
  });

  test("also when an earlier release of it was uninstalled and this one was made by hand", async () => {
    await space.apply("again", { chart: "wide" });
    await space.status("again", DEPLOYED);
    await space.apply("again", { chart: "wide", target_state: "uninstalled" });
    await space.status("again", { actual_state: "uninstalled", satisfied: true });
    await space.helm("install", "again", join(site.charts.path, "wide"));
    await space.apply("again", { chart: "wide" });
    await space.status("again", DEPLOYED);
    const { metadata } = await space.apply("again", { chart: "wide", suspend: true });
    await space.status("again", { reason: "Suspended", observedGeneration: (metadata.generation ?? 0) - 1 });
    await loseRecords(space);
    await space.deleteChart("again");
    await space.gone("again");
    await nothingLeft(space, "again");
  });

  test("in other namespaces when its own is deleted", async () => {
    const [doomed, other] = [await site.space(), await site.space()];
    await doomed.apply("doomed", { chart: "wide", values: { other: other.namespace } });
    await doomed.status("doomed", DEPLOYED);
    await site.operator().stop();
    await doomed.remove("Namespace", doomed.namespace);
    await eventually("its records went first", async () => expect(await doomed.revisions("doomed")).toEqual([]));
    await site.start({ flags: ["--cluster-scoped=allow", "--cross-namespace=allow"] });
    await eventually("the namespace is gone", async () => expect(await doomed.get("Namespace", doomed.namespace)).toBeUndefined());
    expect(await other.get("Role", "doomed")).toBeUndefined();
    expect(await other.get("ClusterRole", `${doomed.namespace}-doomed`)).toBeUndefined();
  });
});

describe("a parked chart with a release", () => {
  test("says that its deletion uninstalls it, and does so", async () => {
    await space.apply("idle", { chart: "text" });
    await space.status("idle", DEPLOYED);
    await space.apply("idle", { chart: "text", target_state: "uninitialized" });
    await space.status("idle", { reason: "Unmanaged" });
    const sentence = "deleting this object uninstalls release idle, unless spec.deletion_policy is orphan";
    expect(JSON.stringify((await space.chart("idle"))?.status?.conditions)).toContain(sentence);
    await space.told("idle", "Unmanaged", sentence);
    await space.deleteChart("idle");
    await space.gone("idle");
    expect([await space.get("ConfigMap", "idle"), await space.revisions("idle")]).toEqual([undefined, []]);
  });

  test("says that its deletion leaves it, by its policy, and does so", async () => {
    await space.apply("left", { chart: "text" });
    await space.status("left", DEPLOYED);
    await space.apply("left", { chart: "text", target_state: "uninitialized", deletion_policy: "orphan" });
    await space.status("left", { reason: "Unmanaged" });
    await space.told("left", "Unmanaged", "deleting this object leaves release left");
    await space.deleteChart("left");
    await space.gone("left");
    expect(await space.revisions("left")).toEqual(["v1 deployed"]);
    await space.helm("uninstall", "left");
  });
});

describe("a chart with a namespace of its own in it", () => {
  test("waits while that is deleted, and puts everything back when it is gone", async () => {
    const name = `${space.namespace}-inner`;
    await space.apply("nest", { chart: "own-namespace", values: { inner: name } });
    await space.status("nest", DEPLOYED);
    const before = await site.helmRuns();
    const uid = (await site.cluster.kubectl(["get", "ns", name, "-o", "jsonpath={.metadata.uid}"])).trim();
    await site.cluster.kubectl(["-n", name, "create", "configmap", "held"]);
    await site.cluster.kubectl(["-n", name, "patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":["example.org/held"]}}']);
    await site.cluster.kubectl(["delete", "ns", name, "--wait=false"]);
    await space.status("nest", {
      actual_state: "running",
      waiting_for: expect.stringContaining(`namespace ${name} to finish terminating`),
    });
    await site.cluster.kubectl(["-n", name, "patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
    await space.status("nest", DEPLOYED);
    expect((await site.cluster.kubectl(["get", "ns", name, "-o", "jsonpath={.metadata.uid}"])).trim()).not.toBe(uid);
    expect(await site.cluster.kubectl(["-n", name, "get", "configmap/nest", "deployment/nest", "-o", "name"])).toContain("deployment.apps/nest");
    expect((await space.chart("nest"))?.status?.failures).toBeUndefined();
    expect(await site.helmRuns()).toEqual(before);
  });
});

test("a chart with an object in a namespace that somebody deletes puts it back when there is one of that name again", async () => {
  const name = `${space.namespace}-outer`;
  await site.cluster.kubectl(["create", "namespace", name]);
  await space.apply("outer", { chart: "wide", values: { other: name } });
  await space.status("outer", DEPLOYED);
  await site.cluster.kubectl(["delete", "namespace", name, "--timeout=50s"]);
  await space.status("outer", {
    actual_state: "running",
    waiting_for: expect.stringContaining(`namespace ${name}, which does not exist, to be created`),
  });
  await site.cluster.kubectl(["create", "namespace", name]);
  await space.status("outer", DEPLOYED);
  expect(await site.cluster.kubectl(["-n", name, "get", "role/outer", "-o", "name"])).toContain("role");
});

describe("without the right to read the operator's own definitions", () => {
  const ROLE_NAME = "armada-operator";
  const ACCOUNT = "system:serviceaccount:armada-operator:armada-operator";
  const deny = async (): Promise<void> => {
    const role = fieldsOf(JSON.parse(await site.cluster.kubectl(["get", "clusterrole", ROLE_NAME, "-o", "json"])));
    const rules = listOf(role["rules"]).filter((rule) => !JSON.stringify(rule).includes("apiextensions.k8s.io"));
    await site.cluster.kubectl(["replace", "-f", "-"], JSON.stringify({ ...role, rules }));
  };
  const grant = () => site.cluster.kubectl(["apply", "--server-side", "--force-conflicts", "-f", join(repository, "deploy/rbac.yaml")]);

  test("a chart that is deleted waits, says which right is missing, and goes when it is granted", async () => {
    await space.apply("patient", { chart: "text" });
    await space.status("patient", DEPLOYED);
    await space.apply("never", { chart: "absent" });
    await space.status("never", { reason: "SourceError" });
    await deny();
    await eventually("it counts", async () =>
      expect(
        await site.cluster.kubectl(["auth", "can-i", "get", "crd/armadacharts.armada.airshipit.org", `--as=${ACCOUNT}`]).catch(String),
      ).toContain("no"),
    );
    await space.deleteChart("never");
    await space.gone("never");
    await space.deleteChart("patient");
    const { waiting_for: sentence } = await space.status("patient", { actual_state: "error", reason: "ReconcileError" });
    expect(sentence).toMatch(
      /cannot tell whether CustomResourceDefinition armadacharts\.armada\.airshipit\.org is being deleted, so nothing is removed/,
    );
    expect(sentence).toMatch(/cannot get resource "customresourcedefinitions".*; deploy\/optional\/without-namespace\.yaml grants it/);
    expect(await space.revisions("patient")).toEqual(["v1 deployed"]);
    await grant();
    await space.gone("patient", 90_000);
    expect(await space.revisions("patient")).toEqual([]);
  });

  test("definitions that are deleted cost no release, whether the operator hears of it or is gone", async () => {
    await space.apply("stays", { chart: "text" });
    await space.apply("too", { chart: "text" });
    await space.status("stays", DEPLOYED);
    await space.status("too", DEPLOYED);
    await deny();
    expect(await command("--yes")).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("an operator is running and removes these finalizers"),
    });
    await site.cluster.kubectl(["delete", "-f", join(repository, "crds"), "--wait=false"]);
    await space.status("stays", { reason: "ReconcileError" });
    await site.operator().stop();
    expect([await space.revisions("stays"), await space.revisions("too")]).toEqual([["v1 deployed"], ["v1 deployed"]]);

    const dry = await command();
    expect(dry).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("Nothing was changed") });
    expect((await space.chart("stays"))?.metadata.finalizers).toContain(CHART_FINALIZER);
    const done = await command("--yes");
    expect(done).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`ArmadaChart ${space.namespace}/stays: ${CHART_FINALIZER} comes off`),
    });
    await site.cluster.kubectl(["wait", "--for=delete", "--timeout=30s", "-f", join(repository, "crds")]);
    expect([await space.revisions("stays"), await space.revisions("too")]).toEqual([["v1 deployed"], ["v1 deployed"]]);
    expect(await space.get("ConfigMap", "stays")).toBeDefined();
  });
});
