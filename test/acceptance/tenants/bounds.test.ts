import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { createAuthor, type Author } from "../../testing/charts/author.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository } from "../../testing/operator/operator.ts";

jest.setTimeout(180_000);

const CANARY = "canary-of-another-namespace";

const object = (kind: string, metadata: string, more = "", apiVersion = "v1"): string => `
---
apiVersion: ${apiVersion}
kind: ${kind}
metadata: {${metadata}}
${more}
`;
const map = (metadata: string, more = ""): string => object("ConfigMap", metadata, more);
const rbac = (kind: string, metadata: string, more = "rules: []"): string => object(kind, metadata, more, "rbac.authorization.k8s.io/v1");
const secret = (metadata: string, type: string): string => object("Secret", metadata, `type: ${type}`);
const HOME = map("name: {{ .Release.Name }}");
const HOOK = "annotations: {helm.sh/hook: pre-install}";
const DEFINITION = object(
  "CustomResourceDefinition",
  "name: things.example.org",
  "spec: {group: example.org, names: {kind: Thing, plural: things}, scope: Namespaced, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}",
  "apiextensions.k8s.io/v1",
);
const COPY = map("name: copy", `data: {text: '{{ (lookup "v1" "Secret" "kube-system" "canary").data.text }}'}`);
const TOKEN = secret(
  "name: taken, namespace: armada-operator, annotations: {kubernetes.io/service-account.name: armada-operator}",
  "kubernetes.io/service-account-token",
);
const BINDING = rbac(
  "RoleBinding",
  "name: b",
  `roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: armada-operator, namespace: armada-operator}]`,
);

const elsewhere = (what: string, where = 'is in namespace "kube-system"'): RegExp =>
  new RegExp(`helm install failed: ${what} ${where}, and charts whose release is in "[\\w-]+" may .*--cross-namespace=allow`);
const clusterScoped = (what: string): RegExp => new RegExp(`helm install failed: ${what} is cluster-scoped, .*--cluster-scoped=allow`);

/** Charts by the file that matters; each is refused although the operator has the right to do what it wants, or most of it. */
const REFUSED: readonly (readonly [title: string, name: string, file: string, text: string, sentence: RegExp])[] = [
  ["an object of another namespace", "away", "a.yaml", HOME + map("name: a, namespace: kube-system"), elsewhere('ConfigMap "a"')],
  ["a hook in another namespace", "hook", "a.yaml", HOME + map(`name: h, namespace: kube-system, ${HOOK}`), elsewhere('ConfigMap "h"')],
  [
    "one in a list",
    "list",
    "a.yaml",
    "{kind: List, apiVersion: v1, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: l, namespace: kube-system}}]}",
    elsewhere('ConfigMap "l"'),
  ],
  ["a role for the cluster", "role", "a.yaml", HOME + rbac("ClusterRole", "name: r"), clusterScoped('ClusterRole "r"')],
  ["a hook for the cluster", "wide", "a.yaml", HOME + rbac("ClusterRole", `name: h, ${HOOK}`), clusterScoped('ClusterRole "h"')],
  ["a Namespace", "space", "a.yaml", object("Namespace", "name: taken"), clusterScoped('Namespace "taken"')],
  ["a definition in crds/", "definition", "../crds/a.yaml", DEFINITION, clusterScoped('CustomResourceDefinition "things.example.org"')],
  ["a copy of a Secret of another namespace", "copy", "a.yaml", COPY, elsewhere('Secret "canary"')],
  [
    "a Secret of another namespace in an error",
    "show",
    "a.yaml",
    `{{ fail (toJson (lookup "v1" "Secret" "kube-system" "canary")) }}`,
    elsewhere('Secret "canary"'),
  ],
  [
    "all Secrets in an error",
    "all",
    "a.yaml",
    `{{ fail (toJson (lookup "v1" "Secret" "" "")) }}`,
    elsewhere("Secret", "is looked up in every namespace"),
  ],
  ["a token of the operator", "token", "a.yaml", TOKEN, /Secret "taken" is in namespace "armada-operator"/],
  ["a record of helm", "record", "a.yaml", secret("name: taken", "helm.sh/release.v1"), /Secret "taken" has type helm\.sh\/release\.v1/],
  ["rights for the operator", "rights", "a.yaml", BINDING, /RoleBinding "b" names ServiceAccount "armada-operator", an account of the operator/],
];

const CHANCE = map(`name: h{{ if eq (randInt 0 2) 1 }}, namespace: kube-system{{ end }}, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}`);
/** One ConfigMap at home, and, as values say, one elsewhere. */
const BOTH = `${HOME}{{ with .Values.away }}${map("name: {{ $.Release.Name }}-away, namespace: {{ . }}")}{{ end }}`;

let site: ChartSite;
let space: Space;
let author: Author;

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    for (const [, name, file, text] of REFUSED) await charts.write(name, { [file]: text });
    await charts.write("chance", { "a.yaml": HOME + CHANCE });
    await charts.write("both", { "a.yaml": BOTH });
  });
  await site.start();
  await site.cluster.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/optional/cluster-kinds.yaml")]);
  space = await site.space();
  author = await createAuthor(site.cluster, space.namespace);
  await site.cluster.kubectl(["-n", "kube-system", "create", "secret", "generic", "canary", `--from-literal=text=${CANARY}`]);
}, 90_000);

afterAll(() => site?.stop(), 30_000);

/** Names of objects that no chart may have made. */
const made = async (): Promise<string> => {
  const list = (...args: readonly string[]) => site.cluster.kubectl(["get", ...args, "-o", "name"]);
  const names = await Promise.all([
    list("-n", "kube-system", "configmaps"),
    list("clusterroles,namespaces,customresourcedefinitions"),
    list("-n", "armada-operator", "secrets"),
  ]);
  return names.join("");
};

describe("with the operator's rights, and by default, a chart is refused that has", () => {
  test.each(REFUSED)("%s", async (_, name, _file, _text, sentence) => {
    const before = await made();
    await author.create(name, name);
    const status = await space.status(name, { actual_state: "failed", reason: "InstallError", history: [{ reason: "OutOfBounds" }] }, 30_000);
    expect(status.waiting_for).toMatch(sentence);
    expect(await made()).toBe(before);
    expect(await space.revisions(name)).toEqual([]);
    expect(await space.get("ConfigMap", name)).toBeUndefined();
    const text = JSON.stringify([await space.chart(name), await space.events(name)]);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(Buffer.from(CANARY).toString("base64"));
  });

  test("a hook that is elsewhere by chance", async () => {
    const before = await made();
    await author.create("chance", "chance");
    const reasons: (string | undefined)[] = [];
    while (!reasons.includes("OutOfBounds")) {
      expect(reasons.length).toBeLessThan(40);
      const { metadata } = await space.patch("ArmadaChart", "chance", { spec: { values: { tries: reasons.length } } });
      await eventually("it was tried", async () => {
        const [last] = (await space.chart("chance"))?.status?.history ?? [];
        expect(last?.generation).toBe(metadata.generation);
        reasons.push(last?.reason);
      });
    }
    expect(await made()).toBe(before);
  });
});

const away = { chart: "both", values: { away: "kube-public" } };
const refused = /is in namespace "kube-public", and charts whose release is in/;
const records = async (name: string): Promise<string> =>
  site.cluster.kubectl(["-n", space.namespace, "get", "secrets", "-l", `name=${name}`, "-o", "json"]);

test("a release stays as it is when an upgrade of it is refused", async () => {
  await space.apply("stays", { chart: "both" });
  await space.status("stays", DEPLOYED, 30_000);
  await space.apply("stays", away);
  const status = await space.status("stays", { actual_state: "failed", reason: "UpdateError" }, 30_000);
  expect(status.history?.[0]).toMatchObject({ action: "upgrade", reason: "OutOfBounds" });
  expect(status.waiting_for).toMatch(refused);
  expect(await space.revisions("stays")).toEqual(["v1 deployed"]);
});

test("a release that somebody has made with helm is not taken with objects of another namespace", async () => {
  await space.helm("install", "taken", `${site.charts.path}/both`, "--set", "away=kube-public");
  const before = await records("taken");
  await space.apply("taken", { chart: "both", adoption: "adopt" });
  const status = await space.status("taken", { actual_state: "failed", reason: "ReconcileError" }, 30_000);
  expect(status.waiting_for).toMatch(
    /the record of release taken has an object that its chart may not have: ConfigMap "taken-away" is in namespace "kube-public"/,
  );
  expect(await records("taken")).toBe(before);
});

test("what was deployed while it was allowed is neither put back nor removed once it is not, and is again when it is", async () => {
  await site.operator().stop();
  await site.start({ flags: ["--cross-namespace=allow"] });
  await space.apply("was", away);
  await space.status("was", DEPLOYED, 30_000);
  await site.operator().stop();
  const inPublic = (...args: readonly string[]) => site.cluster.kubectl(["-n", "kube-public", ...args]);
  await inPublic("delete", "configmap", "was-away");
  await site.start();
  await eventually("it is not put back", async () => expect((await space.chart("was"))?.status?.waiting_for).toMatch(refused));
  await inPublic("create", "configmap", "was-away");
  await space.deleteChart("was");
  await eventually("it is not removed", async () =>
    expect((await space.chart("was"))?.status?.waiting_for).toMatch(
      /helm uninstall failed: the record of release was has an object that its chart may not have/,
    ),
  );
  expect(await inPublic("get", "configmap", "was-away", "-o", "name")).toContain("was-away");
  await site.operator().stop();
  await site.start({ flags: ["--cross-namespace=allow"] });
  await space.request("was");
  await space.gone("was", 60_000);
});

test("what is cluster-scoped is deployed where that is allowed, and nothing of the operator's namespace is", async () => {
  await site.operator().stop();
  await site.start({ flags: ["--cluster-scoped=allow", "--cross-namespace=allow"] });
  const again = await site.space();
  await again.apply("definition", { chart: "definition" });
  await again.status("definition", DEPLOYED, 60_000);
  await again.apply("token", { chart: "token" });
  const { waiting_for: sentence } = await again.status("token", { actual_state: "failed", history: [{ reason: "OutOfBounds" }] }, 30_000);
  expect(sentence).toMatch(/Secret "taken" is in namespace "armada-operator", that of the operator, where no chart may write/);
  await again.apply("there", { chart: "both", namespace: "armada-operator" });
  const status = await again.status("there", { actual_state: "error", reason: "InvalidSpec" }, 30_000);
  expect(status.waiting_for).toMatch(/"armada-operator", that of the operator, and charts of other namespaces, here "[\w-]+", may not write there/);
});
