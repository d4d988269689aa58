import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { systemClock } from "../../../src/base/time/clock.ts";
import { writeAccount } from "../../../src/apps/start/account.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository, startOperator } from "../../testing/operator/operator.ts";
import { allowCharts, type Rule } from "../../testing/operator/rights.ts";
import { CONFIG_MAP, DEPLOYMENT } from "../../testing/charts/chart-folder.ts";

jest.setTimeout(120_000);

let site: ChartSite;
let folder = "";

const PRIORITY = `
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: "{{ .Release.Name }}"}
value: 7
`;
const priorities = (...verbs: readonly string[]): readonly Rule[] => [{ apiGroups: ["scheduling.k8s.io"], resources: ["priorityclasses"], verbs }];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rights-test-"));
  site = await createChartSite(async (charts) => {
    await charts.write("web", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT });
    await charts.write("first", { "map.yaml": CONFIG_MAP, "class.yaml": PRIORITY });
  });
}, 60_000);

afterAll(async () => {
  await site?.stop();
  await rm(folder, { recursive: true });
}, 30_000);

/** `kubectl kustomize`, as a list of objects. */
const built = async (path: string): Promise<string> => {
  const file = join(folder, `${path.replaceAll("/", "-")}.yaml`);
  await writeFile(file, await site.cluster.kubectl(["kustomize", join(repository, path)]));
  return file;
};

/** Says of a chart in an archive what the operator found on its way there. */
const packed = (name: string) => ({
  apiVersion: "armada.airshipit.org/v1alpha1",
  kind: "ArmadaChart",
  metadata: { name },
  spec: { release: name, source: { type: "tar", location: "http://127.0.0.1:9/x.tgz" } },
});

describe("deploy/namespaced", () => {
  test("grants Roles, and two ClusterRoles that read three definitions and Leases of other operators; they are enough for an operator that watches that namespace", async () => {
    const { cluster, charts } = site;
    await cluster.kubectl(["create", "namespace", "site"]);
    const file = await built("deploy/namespaced");
    const names = (await cluster.kubectl(["apply", "--server-side", "-f", file, "-o", "name"])).trim().split("\n");
    const wide = ["definitions", "leases"].flatMap((name) =>
      ["clusterrole", "clusterrolebinding"].map((kind) => `${kind}.rbac.authorization.k8s.io/armada-operator-${name}`),
    );
    expect(names.filter((name) => name.startsWith("clusterrole")).toSorted()).toEqual(wide.toSorted());

    const kubeconfig = join(folder, "site.kubeconfig");
    await writeAccount(kubeconfig, cluster);
    const operator = await startOperator(cluster, { kubeconfig, chartRoot: charts.path, flags: ["--watch-namespaces", "site"] });
    const source = { type: "local", location: "/opt/armada/helm-charts/web" };
    const chart = { apiVersion: "armada.airshipit.org/v1alpha1", kind: "ArmadaChart", metadata: { name: "web" }, spec: { release: "web", source } };
    await cluster.kubectl(["-n", "site", "apply", "-f", "-"], JSON.stringify(chart));
    await cluster.kubectl(["-n", "site", "wait", "--for=condition=Ready", "act/web", "--timeout=30s"]);
    await cluster.kubectl(["-n", "site", "delete", "act/web", "--timeout=30s"]);
    expect(await cluster.kubectl(["-n", "site", "get", "deployments,secrets", "-o", "name"])).toBe("");

    // With Roles alone: a release goes on request, and not because its object is deleted.
    await cluster.kubectl(["delete", "clusterrolebinding", "armada-operator-definitions"]);
    await cluster.kubectl(["-n", "site", "apply", "-f", "-"], JSON.stringify(chart));
    await cluster.kubectl(["-n", "site", "wait", "--for=condition=Ready", "act/web", "--timeout=30s"]);
    const uninstalled = { ...chart, spec: { ...chart.spec, target_state: "uninstalled" } };
    await cluster.kubectl(["-n", "site", "apply", "-f", "-"], JSON.stringify(uninstalled));
    await cluster.kubectl(["-n", "site", "wait", "--for=jsonpath={.status.actual_state}=uninstalled", "act/web", "--timeout=30s"]);
    await cluster.kubectl(["-n", "site", "delete", "act/web", "--timeout=30s"]);
    await cluster.kubectl(["-n", "site", "apply", "-f", "-"], JSON.stringify(chart));
    await cluster.kubectl(["-n", "site", "wait", "--for=condition=Ready", "act/web", "--timeout=30s"]);
    await cluster.kubectl(["-n", "site", "delete", "act/web", "--wait=false"]);
    await eventually("it says which right is missing", async () =>
      expect(await cluster.kubectl(["-n", "site", "get", "act/web", "-o", "jsonpath={.status.waiting_for}"])).toMatch(
        /customresourcedefinitions.* is forbidden.*; deploy\/optional\/without-namespace\.yaml grants it/,
      ),
    );
    await cluster.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/optional/without-namespace.yaml")]);
    await cluster.kubectl(["-n", "site", "wait", "--for=delete", "act/web", "--timeout=60s"]);
    expect(await cluster.kubectl(["-n", "site", "get", "deployments,secrets", "-o", "name"])).toBe("");
    await expect(cluster.kubectl(["--kubeconfig", kubeconfig, "-n", "default", "get", "secrets"])).rejects.toThrow("forbidden");
    await operator.stop();

    // The operator's own logins are where its account is, not where its Lease is.
    const secret = ["create", "secret", "generic", "armada-registry-credentials", "--from-literal=.dockerconfigjson=no JSON"];
    await cluster.kubectl(["-n", "armada-operator", ...secret]);
    await expect(cluster.kubectl(["--kubeconfig", kubeconfig, "-n", "armada-operator", "get", "secrets"])).rejects.toThrow("forbidden");
    await cluster.kubectl(["-n", "site", "create", "role", "lease", "--verb=get,create,update", "--resource=leases"]);
    await cluster.kubectl(["-n", "site", "create", "rolebinding", "lease", "--role=lease", "--serviceaccount=armada-operator:armada-operator"]);
    const flags = ["--watch-namespaces", "site", "--lease-namespace", "site"];
    const elsewhere = await startOperator(cluster, { kubeconfig, chartRoot: charts.path, flags });
    await cluster.kubectl(["-n", "site", "apply", "-f", "-"], JSON.stringify(packed("packed")));
    await eventually("the operator's Secret is read", async () =>
      expect(await cluster.kubectl(["-n", "site", "get", "act/packed", "-o", "jsonpath={.status.waiting_for}"])).toContain(
        'Secret "armada-operator/armada-registry-credentials": .dockerconfigjson is not JSON',
      ),
    );
    await cluster.kubectl(["-n", "site", "delete", "act/packed", "--timeout=30s"]);
    await elsewhere.stop();
    await cluster.kubectl(["delete", "-f", file, "--ignore-not-found", "--wait"]);
  });
});

describe("deploy/", () => {
  test("its account's token is for the owner's eyes only", async () => {
    expect((await stat(await site.cluster.operatorKubeconfig())).mode & 0o777).toBe(0o600);
  });

  test("is accepted whole, in a namespace that takes restricted pods only", async () => {
    const { cluster } = site;
    await cluster.kubectl(["apply", "--server-side", "-k", join(repository, "deploy")]);
    await cluster.kubectl(["wait", "--for=condition=Established", "--timeout=20s", "-f", join(repository, "crds")]);
    await cluster.kubectl(["apply", "--server-side", "--dry-run=server", "-f", join(repository, "deploy/optional")]);
    await cluster.kubectl(["-n", "armada-operator", "rollout", "status", "deployment/armada-operator", "--timeout=30s"]);
    const own = (...args: readonly string[]): Promise<string> => cluster.kubectl(["-n", "armada-operator", ...args]);
    const pods = await own("get", "pods", "-o", "jsonpath={range .items[*]}{.spec.nodeName} {.spec.priority}{'\\n'}{end}");
    expect([...new Set(pods.trim().split("\n"))].toSorted()).toEqual([
      expect.stringMatching(/^node-\d 1000000$/),
      expect.stringMatching(/^node-\d 1000000$/),
    ]);
    await own("wait", "--for=jsonpath={.status.disruptionsAllowed}=1", "poddisruptionbudget/armada-operator", "--timeout=30s");
    await cluster.kubectl(["-n", "armada-operator", "delete", "deployment/armada-operator", "--wait"]);
  });

  test("gives the account no right to everything, and none to hand out more than it holds", async () => {
    const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace: "default" } };
    const as = ["--kubeconfig", await site.cluster.operatorKubeconfig()];
    const answer: unknown = JSON.parse(
      await site.cluster.kubectl([...as, "create", "--validate=false", "-f", "-", "-o", "json"], JSON.stringify(review)),
    );
    const rules = rulesOf(answer);
    expect(rules.map(({ resources }) => resources.join())).toContain("secrets");
    const wide = rules.filter(({ apiGroups, resources, verbs }) =>
      [...apiGroups, ...resources, ...verbs].some((word) => ["*", "escalate", "bind", "impersonate"].includes(word)),
    );
    expect(wide).toEqual([]);
  });
});

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const rulesOf = (review: unknown): readonly Rule[] => {
  const status = isRecord(review) && isRecord(review["status"]) ? review["status"] : {};
  expect(status["incomplete"]).toBe(false);
  const rules = Array.isArray(status["resourceRules"]) ? status["resourceRules"].filter(isRecord) : [];
  return rules.map((rule) => ({ apiGroups: texts(rule["apiGroups"]), resources: texts(rule["resources"]), verbs: texts(rule["verbs"]) }));
};

describe("a right that is missing", () => {
  let space: Space;
  beforeAll(async () => {
    await site.start({ flags: ["--cluster-scoped=allow"] });
    space = await site.space();
  });

  /** Of the operator itself, watches aside. */
  const requests = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${String(await site.operator().metricsPort())}/metrics`)).text();
    return [...text.matchAll(/^armada_api_requests_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  /** The Lease is renewed every 2 s, and a refused watch tried again at growing intervals. */
  const staysCalm = async (): Promise<void> => {
    const before = await requests();
    await systemClock.sleep(4000, new AbortController().signal);
    expect((await requests()) - before).toBeLessThan(20);
  };

  test("for helm, is named on the object, and asked for again in minutes only", async () => {
    await site.cluster.kubectl(["delete", "clusterrolebinding", "armada-operator-charts"]);
    await space.apply("web", { chart: "web" });
    const { history = [], waiting_for: sentence = "" } = await space.status("web", { actual_state: "failed", reason: "InstallError" });
    expect(history.at(-1)).toMatchObject({ reason: "Forbidden" });
    expect(sentence).toMatch(/^helm install failed: .*cannot get resource "deployments".*; deploy\/rbac\.yaml grants it/);
    await space.told("web", "InstallError", 'cannot get resource "deployments"');
    await staysCalm();
    expect(await site.helmRuns()).toEqual({ "install Forbidden": 1 });

    await site.cluster.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/rbac.yaml")]);
    await eventually("it is deployed once the right is there and somebody asks", async () => {
      await space.request("web");
      await space.status("web", DEPLOYED, 3000);
    });
  });

  test("for the operator's watch, is named on the object, which becomes deployed by itself when it is granted", async () => {
    await allowCharts(site.cluster, "charts-with-priorities", priorities("get", "create", "patch", "delete"));
    await space.apply("first", { chart: "first" });
    await eventually("it says what it may not", async () =>
      expect(await space.chart("first")).toMatchObject({
        status: {
          actual_state: "running",
          waiting_for: expect.stringMatching(/PriorityClass first.*cannot be watched.*forbidden.*; deploy\/optional\/cluster-kinds\.yaml grants it/),
        },
      }),
    );
    await staysCalm();
    await allowCharts(site.cluster, "charts-with-priorities", priorities("get", "list", "watch", "create", "patch", "delete"));
    await space.status("first", DEPLOYED, 60_000);
  });
});
