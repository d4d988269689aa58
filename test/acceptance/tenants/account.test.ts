import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { CONFIG_MAP } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { createAuthor, type Author } from "../../testing/charts/author.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository } from "../../testing/operator/operator.ts";

jest.setTimeout(180_000);

const CANARY = "canary-of-another-namespace";
const WANTED = `(lookup "v1" "Secret" "kube-system" "canary")`;
const CANARY_TEXT = `{{ with ${WANTED} }}{{ .data.text }}{{ end }}`;
const COPY = `
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {text: "${CANARY_TEXT}"}
`;
const BINDING = `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: taken, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: author, namespace: {{ .Release.Namespace }}}]
`;
const POD = `
apiVersion: v1
kind: Pod
metadata: {name: taken, namespace: kube-system}
spec: {containers: [{name: c, image: x, securityContext: {privileged: true}}]}
`;
const TOKEN = `
apiVersion: v1
kind: Secret
metadata: {name: taken, namespace: armada-operator, annotations: {kubernetes.io/service-account.name: armada-operator}}
type: kubernetes.io/service-account-token
`;

const FOREIGN = [
  ["copies a Secret of another namespace", "copy", /cannot get resource "secrets" in API group "" in the namespace "kube-system"/],
  ["shows a Secret of another namespace in an error", "show", /cannot get resource "secrets" in API group "" in the namespace "kube-system"/],
  ["binds a role in another namespace", "binding", /cannot (?:get|create) resource "rolebindings" .* in the namespace "kube-system"/],
  ["runs a privileged pod in kube-system", "pod", /cannot (?:get|create) resource "pods" .* in the namespace "kube-system"/],
  ["asks for a token of the operator", "token", /cannot (?:get|create) resource "secrets" .* in the namespace "armada-operator"/],
] as const;

let site: ChartSite;
let space: Space;
let author: Author;

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("map", { "map.yaml": CONFIG_MAP });
    await charts.write("copy", { "map.yaml": COPY });
    await charts.write("show", { "map.yaml": `{{ fail (toJson ${WANTED}) }}` });
    await charts.write("binding", { "binding.yaml": BINDING });
    await charts.write("pod", { "pod.yaml": POD });
    await charts.write("token", { "token.yaml": TOKEN });
  });
  await site.start({ flags: ["--default-service-account", "deployer"] });
  space = await site.space();
  const { cluster } = site;
  const { namespace } = space;
  const kubectl = (...args: readonly string[]) => cluster.kubectl(["-n", namespace, ...args]);
  await kubectl("get", "namespace", namespace).catch(() => cluster.kubectl(["create", "namespace", namespace]));
  await kubectl("apply", "-f", join(repository, "deploy/optional/service-accounts.yaml"));
  await cluster.kubectl(["-n", "kube-system", "create", "secret", "generic", "canary", `--from-literal=text=${CANARY}`]);
  const verbs = "--verb=get,list,watch,create,update,patch,delete";
  await kubectl("create", "role", "deployer", verbs, "--resource=configmaps,secrets");
  await kubectl("create", "rolebinding", "deployer", "--role=deployer", `--serviceaccount=${namespace}:deployer`);
  author = await createAuthor(cluster, namespace);
}, 90_000);

afterAll(() => site?.stop(), 30_000);

test("a chart waits for its account, is deployed as it when it appears, put back as it, and removed as it", async () => {
  const { namespace } = space;
  await author.create("map", "map");
  const { waiting_for: sentence } = await space.status("map", { actual_state: "pending", reason: "ServiceAccountNotFound" });
  expect(sentence).toContain(`for ServiceAccount "deployer" in namespace "${namespace}"`);
  expect(await site.helmRuns()).toEqual({});
  await site.cluster.kubectl(["-n", namespace, "create", "serviceaccount", "deployer"]);
  await space.status("map", DEPLOYED, 30_000);
  await space.remove("ConfigMap", "map");
  await eventually("it is put back", async () => expect(await space.get("ConfigMap", "map")).toBeDefined());

  await site.cluster.kubectl(["-n", namespace, "delete", "rolebinding", "deployer"]);
  await space.remove("ConfigMap", "map");
  await eventually("it is not put back with the operator's rights", async () =>
    expect((await space.chart("map"))?.status?.waiting_for).toMatch(
      /ConfigMap map, which is being put back: configmaps is forbidden: User .*; a Role for ServiceAccount \w+ in namespace [\w-]+ grants it/,
    ),
  );
  await space.deleteChart("map");
  await eventually("it is not removed with the operator's rights", async () =>
    expect((await space.chart("map"))?.status?.waiting_for).toMatch(/User "system:serviceaccount:[\w-]+:deployer" cannot/),
  );
  const rights = ["create", "rolebinding", "deployer", "--role=deployer", `--serviceaccount=${namespace}:deployer`];
  await site.cluster.kubectl(["-n", namespace, ...rights]);
  const canI = ["auth", "can-i", "list", "secrets", `--as=system:serviceaccount:${namespace}:deployer`];
  await eventually("the API server has heard of it", () => site.cluster.kubectl(["-n", namespace, ...canI]));
  // It may have been tried by itself meanwhile, and be gone.
  await space.request("map").catch(() => undefined);
  await space.gone("map", 60_000);
  expect(await space.get("ConfigMap", "map")).toBeUndefined();
});

describe("a chart is refused that", () => {
  test.each(FOREIGN)("%s", async (_, chart, sentence) => {
    await author.create(chart, chart);
    const status = await space.status(chart, { actual_state: "failed" }, 30_000);
    expect(status.waiting_for).toMatch(sentence);
    const text = JSON.stringify([await space.chart(chart), await space.list("ConfigMap"), await space.events(chart)]);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(Buffer.from(CANARY).toString("base64"));
  });

  test("sends the token of an account to a server of its own", async () => {
    const { namespace } = space;
    const metadata = { name: "token", annotations: { "kubernetes.io/service-account.name": "deployer" } };
    const secret = { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/service-account-token", stringData: { token: CANARY } };
    await site.cluster.kubectl(["-n", namespace, "create", "-f", "-"], JSON.stringify(secret));
    await author.create("sent", "map", { source: { type: "tar", location: "https://charts.example.org/x.tgz", secret_ref: { name: "token" } } });
    await eventually("it is refused", async () =>
      expect((await space.chart("sent"))?.status?.waiting_for).toContain("tokens of ServiceAccounts are sent to no source"),
    );
  });

  test.each([
    ["that names no server", [], /Secret "unsaid" in namespace "[\w-]+" does not say to which servers it may be sent: .*hosts=charts\.example\.org/],
    [
      "of another one",
      ["armada.airshipit.org/hosts=git.example.org"],
      /may be sent to git\.example\.org, and source\.location is on charts\.example\.org/,
    ],
  ])("sends a Secret %s to a server of its own", async (_, annotations, sentence) => {
    const name = annotations.length === 0 ? "unsaid" : "said";
    const kubectl = (...args: readonly string[]) => site.cluster.kubectl(["-n", space.namespace, ...args]);
    await kubectl("create", "secret", "generic", name, `--from-literal=password=${CANARY}`);
    if (annotations.length > 0) await kubectl("annotate", "secret", name, ...annotations);
    await author.create(name, "map", { source: { type: "tar", location: "https://charts.example.org/x.tgz", secret_ref: { name } } });
    await eventually("it is refused", async () => expect((await space.chart(name))?.status?.waiting_for).toMatch(sentence));
    expect(JSON.stringify([await space.chart(name), await space.events(name)])).not.toContain(CANARY);
  });

  test("writes beside the operator, where its account may", async () => {
    const { namespace } = space;
    const own = ["-n", "armada-operator"];
    await site.cluster.kubectl([...own, "create", "role", "neighbour", "--verb=*", "--resource=secrets"]);
    await site.cluster.kubectl([...own, "create", "rolebinding", "neighbour", "--role=neighbour", `--serviceaccount=${namespace}:deployer`]);
    await author.create("beside", "token");
    const { waiting_for: sentence } = await space.status("beside", { actual_state: "failed", history: [{ reason: "OutOfBounds" }] }, 30_000);
    expect(sentence).toMatch(/Secret "taken" is in namespace "armada-operator", that of the operator, where no chart may write/);
    expect(await site.cluster.kubectl([...own, "get", "secrets", "-o", "name"])).not.toContain("taken");
  });

  test("names an account without rights", async () => {
    await author.create("bare", "map", { service_account: "author" });
    await space.status("bare", { reason: "ServiceAccountNotFound" });
    await site.cluster.kubectl(["-n", space.namespace, "create", "serviceaccount", "author"]);
    const { waiting_for: sentence } = await space.status("bare", { actual_state: "failed" }, 30_000);
    expect(sentence).toMatch(/User "system:serviceaccount:[\w-]+:author" cannot/);
  });

  test("lives where the operator does", async () => {
    const source = { type: "local", location: "/opt/armada/helm-charts/map" };
    const metadata = { name: "own", namespace: "armada-operator" };
    const object = { apiVersion: "armada.airshipit.org/v1alpha1", kind: "ArmadaChart", metadata, spec: { release: "own", source } };
    await site.cluster.kubectl(["create", "--validate=false", "-f", "-"], JSON.stringify(object));
    await eventually("it is refused", async () =>
      expect(
        await site.cluster.kubectl(["-n", "armada-operator", "get", "act/own", "-o", "jsonpath={.status.reason} {.status.waiting_for}"]),
      ).toMatch(/^InvalidSpec .*"armada-operator", that of the operator/),
    );
  });
});
