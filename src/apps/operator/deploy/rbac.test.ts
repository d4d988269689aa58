import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { GENERATE } from "../../../armada/api/crd.ts";
import { parseYamlDocuments } from "../../../base/json/yaml.ts";
import { fieldsOf, listOf } from "../../../armada/readiness/fields.ts";
import { rbacFiles } from "./rbac.ts";

const folder = join(import.meta.dirname, "../../../../deploy");
const made = rbacFiles("armada-operator:0.1.0");

describe("deploy/", () => {
  test("holds the roles and overlays that rights.ts makes, and no other", async () => {
    const files = made;
    const found = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".yaml"));
    const texts = new Map(await Promise.all(found.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)));
    const roles = found.filter((name) => /^(?:namespaced|tenants)\/|^kind: (?:Cluster)?Role$/m.test(`${name}\n${texts.get(name) ?? ""}`));
    const stale = [...new Set([...files.keys(), ...roles])].filter((name) => files.get(name) !== texts.get(name));
    if (stale.length > 0) throw new Error(`Stale: deploy/${stale.join(", deploy/")}. Run \`${GENERATE}\`.`);
  });
});

const nameOf = (object: unknown): string => String(fieldsOf(fieldsOf(object)["metadata"])["name"]);

const documents = (file: string): readonly unknown[] => parseYamlDocuments(made.get(file) ?? "");

describe("rbacFiles", () => {
  test("no right is to everything", () => {
    for (const text of made.values()) expect(text).not.toContain("*");
  });

  test("the rights to hand out more than one holds stand in a file of their own", () => {
    const wide = [...made].filter(([, text]) => /\b(?:bind|escalate|impersonate)\b(?!:)/.test(text)).map(([file]) => file);
    expect(wide).toEqual(["optional/service-accounts.yaml", "optional/escalate.yaml", "tenants/cluster.yaml"]);
  });

  test("what charts may contain is put together from every ClusterRole with the label", () => {
    const label = { "armada.airshipit.org/aggregate-to-charts": "true" };
    expect(documents("rbac.yaml")).toContainEqual(expect.objectContaining({ aggregationRule: { clusterRoleSelectors: [{ matchLabels: label }] } }));
    for (const [file, name] of [
      ["rbac.yaml", "usual"],
      ["optional/cluster-kinds.yaml", "cluster-kinds"],
      ["optional/escalate.yaml", "escalate"],
    ] as const) {
      const metadata = { name: `armada-operator-charts-${name}`, labels: label };
      expect(documents(file)).toContainEqual(expect.objectContaining({ kind: "ClusterRole", metadata }));
    }
  });

  test("a watched namespace of one team gets Roles only, without a namespace of their own", () => {
    const watched = documents("namespaced/watched/rbac.yaml");
    expect(watched).toMatchObject([
      { kind: "Role", metadata: { name: "armada-operator" } },
      { kind: "RoleBinding", metadata: { name: "armada-operator" } },
      { kind: "Role", metadata: { name: "armada-operator-charts" } },
      { kind: "RoleBinding", metadata: { name: "armada-operator-charts" } },
    ]);
    expect(JSON.stringify(watched.map((each) => Object.entries(each ?? {}).find(([key]) => key === "metadata")))).not.toContain("namespace");
  });

  test("Roles are enough but for reading the operator's own definitions, without which nothing is removed, and Leases of others", () => {
    const names = ["armadacharts", "armadachartgroups", "armadamanifests"].map((plural) => `${plural}.armada.airshipit.org`);
    const rules = [{ apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], resourceNames: names, verbs: ["get"] }];
    const leases = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: ["armada-operator"], verbs: ["get", "list"] }];
    expect(documents("namespaced/cluster.yaml")).toMatchObject([
      { kind: "ClusterRole", rules },
      { kind: "ClusterRoleBinding" },
      { kind: "ClusterRole", rules: leases },
      { kind: "ClusterRoleBinding" },
    ]);
    for (const file of ["rbac.yaml", "optional/without-namespace.yaml", "tenants/cluster.yaml"])
      expect(documents(file)).toContainEqual(expect.objectContaining({ kind: "ClusterRole", rules: expect.arrayContaining([...rules, ...leases]) }));
  });
});

describe("tenants", () => {
  const roles = new Map(documents("tenants/cluster.yaml").map((role) => [`${String(fieldsOf(role)["kind"])} ${nameOf(role)}`, fieldsOf(role)]));
  const rules = (name: string) => listOf(roles.get(`ClusterRole ${name}`)?.["rules"]).map(fieldsOf);
  const verbsOf = (name: string, resource: string) =>
    rules(name)
      .filter((rule) => listOf(rule["resources"]).includes(resource))
      .map((rule) => listOf(rule["verbs"]).join());

  test("the operator has rights in the whole cluster on nothing that charts contain", () => {
    const bound = [...roles].filter(([title]) => title.startsWith("ClusterRoleBinding")).map(([title]) => title);
    expect(bound).toEqual(["ClusterRoleBinding armada-operator"]);
    const resources = rules("armada-operator").flatMap((rule) => listOf(rule["resources"]));
    expect(resources).toEqual(["leases", "storageclasses", "tokenreviews", "subjectaccessreviews", "customresourcedefinitions"]);
  });

  test("of usual kinds in a tenant's namespace it writes Secrets only, makes none, reads all, and becomes nobody but the deployer", () => {
    const usual = rules("armada-operator-charts-usual").flatMap((rule) => listOf(rule["resources"]).filter((resource) => resource !== "pods/log"));
    const read = rules("armada-operator-charts-read-usual");
    expect(read.flatMap((rule) => listOf(rule["resources"]))).toEqual(usual);
    expect(new Set(read.map((rule) => listOf(rule["verbs"]).join()))).toEqual(new Set(["get,list,watch"]));
    const writes = rules("armada-operator-tenant").flatMap((rule) =>
      listOf(rule["verbs"]).some((verb) => !["get", "list", "watch"].includes(String(verb))) ? listOf(rule["resources"]) : [],
    );
    expect(writes.filter((resource) => usual.includes(resource))).toEqual(["secrets", "serviceaccounts"]);
    expect(verbsOf("armada-operator-tenant", "secrets")).toEqual(["get,list,watch,update,patch,delete"]);
    const impersonate = rules("armada-operator-tenant").filter((rule) => listOf(rule["verbs"]).includes("impersonate"));
    expect(impersonate).toMatchObject([{ resources: ["serviceaccounts"], resourceNames: ["deployer"], verbs: ["impersonate"] }]);
  });

  test("in its namespace the deployer may do what charts may contain, and the operator what it needs", () => {
    const bindings = documents("tenants/watched/rbac.yaml").map(fieldsOf);
    const operator = [{ kind: "ServiceAccount", name: "armada-operator", namespace: "armada-operator" }];
    expect(bindings).toMatchObject([
      { kind: "ServiceAccount", metadata: { name: "deployer" } },
      { kind: "RoleBinding", roleRef: { name: "armada-operator-charts" }, subjects: [{ name: "deployer" }] },
      { kind: "RoleBinding", roleRef: { name: "armada-operator-tenant" }, subjects: operator },
      { kind: "RoleBinding", roleRef: { name: "armada-operator-charts-read" }, subjects: operator },
    ]);
  });
});
