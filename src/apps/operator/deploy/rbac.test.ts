import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { GENERATE } from "../../../armada/api/crd.ts";
import { parseYamlDocuments } from "../../../base/json/yaml.ts";
import { rbacFiles } from "./rbac.ts";

const folder = join(import.meta.dirname, "../../../../deploy");

describe("deploy/", () => {
  test("holds the roles that rights.ts makes, and no other", async () => {
    const files = rbacFiles();
    const found = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".yaml"));
    const texts = new Map(await Promise.all(found.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)));
    const made = found.filter((name) => /^kind: (?:Cluster)?Role$/m.test(texts.get(name) ?? ""));
    const stale = [...new Set([...files.keys(), ...made])].filter((name) => files.get(name) !== texts.get(name));
    if (stale.length > 0) throw new Error(`Stale: deploy/${stale.join(", deploy/")}. Run \`${GENERATE}\`.`);
  });
});

const documents = (file: string): readonly unknown[] => parseYamlDocuments(rbacFiles().get(file) ?? "");

describe("rbacFiles", () => {
  test("no right is to everything", () => {
    for (const text of rbacFiles().values()) expect(text).not.toContain("*");
  });

  test("the rights to hand out more than one holds stand in a file of their own", () => {
    const wide = [...rbacFiles()].filter(([, text]) => /\b(?:bind|escalate|impersonate)\b(?!:)/.test(text)).map(([file]) => file);
    expect(wide).toEqual(["optional/service-accounts.yaml", "optional/escalate.yaml"]);
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

  test("a watched namespace gets Roles only, without a namespace of their own", () => {
    const made = documents("namespaced/watched/rbac.yaml");
    expect(made).toMatchObject([
      { kind: "Role", metadata: { name: "armada-operator" } },
      { kind: "RoleBinding", metadata: { name: "armada-operator" } },
      { kind: "Role", metadata: { name: "armada-operator-charts" } },
      { kind: "RoleBinding", metadata: { name: "armada-operator-charts" } },
    ]);
    expect(JSON.stringify(made.map((each) => Object.entries(each ?? {}).find(([key]) => key === "metadata")))).not.toContain("namespace");
  });

  test("Roles are enough but for reading the operator's own definitions, without which nothing is removed", () => {
    const names = ["armadacharts", "armadachartgroups", "armadamanifests"].map((plural) => `${plural}.armada.airshipit.org`);
    const rules = [{ apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], resourceNames: names, verbs: ["get"] }];
    expect(documents("namespaced/definitions.yaml")).toMatchObject([{ kind: "ClusterRole", rules }, { kind: "ClusterRoleBinding" }]);
    for (const file of ["rbac.yaml", "optional/without-namespace.yaml"])
      expect(documents(file)).toContainEqual(expect.objectContaining({ kind: "ClusterRole", rules: expect.arrayContaining(rules) }));
  });
});
