import { describe, expect, test } from "@jest/globals";
import { fieldsOf, listOf } from "../../../armada/readiness/fields.ts";
import { parseYaml, parseYamlDocuments } from "../../../base/json/yaml.ts";
import { overlayFiles, type Overlay } from "./overlay.ts";

const files = (overlay: Partial<Overlay>) =>
  overlayFiles({
    flavour: "tenants",
    namespaces: ["team-a"],
    operatorNamespace: "armada-operator",
    image: "armada-operator:1.2.3",
    deploy: "../deploy",
    madeBy: "Made.",
    ...overlay,
  });
const parsed = (overlay: Partial<Overlay>) => fieldsOf(parseYaml(files(overlay).get("kustomization.yaml") ?? ""));

describe("overlayFiles", () => {
  test("has a folder for each namespace, which fills in the rights there", () => {
    const made = files({ namespaces: ["team-a", "team-b"] });
    expect([...made.keys()]).toEqual([
      "kustomization.yaml",
      "cluster.yaml",
      "watched/kustomization.yaml",
      "watched/rbac.yaml",
      "namespaces/team-a/kustomization.yaml",
      "namespaces/team-b/kustomization.yaml",
    ]);
    expect(made.get("namespaces/team-b/kustomization.yaml")).toBe("# Made.\nnamespace: team-b\nresources:\n  - ../../watched\n");
  });

  test.each<[string, Overlay["flavour"], readonly string[]]>([
    ["watches, for one team", "namespaced", ["ARMADA_WATCH_NAMESPACES=a,b", "ARMADA_CLUSTER_SCOPED=allow", "ARMADA_CROSS_NAMESPACE=allow"]],
    ["watches, and deploys with the rights of the deployer", "tenants", ["ARMADA_WATCH_NAMESPACES=a,b", "ARMADA_DEFAULT_SERVICE_ACCOUNT=deployer"]],
  ])("the operator %s: %s", (_what, flavour, expected) => {
    const [patch] = listOf(parsed({ flavour, namespaces: ["a", "b"] })["patches"]).map(fieldsOf);
    const added = listOf(parseYaml(String(patch?.["patch"]))).map((one) => fieldsOf(fieldsOf(one)["value"]));
    expect(added.map(({ name, value }) => `${String(name)}=${String(value)}`)).toEqual(expected);
  });

  test("the first operator brings the definitions along; roles and bindings of another are called after its namespace", () => {
    expect(parsed({})["resources"]).toEqual(["../deploy/../crds", "../deploy/base", "cluster.yaml", "namespaces/team-a"]);
    const other = { operatorNamespace: "ops" };
    expect(parsed(other)["resources"]).toEqual(["operator", "cluster.yaml", "namespaces/team-a"]);
    expect(files(other).get("operator/kustomization.yaml")).toBe("# Made.\nnamespace: ops\nresources:\n  - ../../deploy/base\n");
    for (const flavour of ["namespaced", "tenants"] as const) {
      const named = parseYamlDocuments(files({ ...other, flavour }).get("cluster.yaml") ?? "").map(
        (one) => fieldsOf(fieldsOf(one)["metadata"])["name"],
      );
      expect(named.filter((name) => !String(name).startsWith("ops"))).toEqual([]);
      expect(files({ ...other, flavour }).get("watched/rbac.yaml")).toContain("    namespace: ops\n");
    }
  });

  test("names that YAML takes for something else are in quotes", () => {
    const made = files({ namespaces: ["123", "null"], operatorNamespace: "1e3" });
    expect(parseYaml(made.get("namespaces/123/kustomization.yaml") ?? "")).toMatchObject({ namespace: "123" });
    expect(parseYaml(made.get("namespaces/null/kustomization.yaml") ?? "")).toMatchObject({ namespace: "null" });
    expect(parseYaml(made.get("operator/kustomization.yaml") ?? "")).toMatchObject({ namespace: "1e3" });
  });

  test.each<[string, object]>([
    ["armada-operator:1.2.3", { newTag: "1.2.3" }],
    ["host:5000/x/armada-operator:1", { newName: "host:5000/x/armada-operator", newTag: "1" }],
    ["host:5000/x/armada-operator", { newName: "host:5000/x/armada-operator" }],
    ["x/y@sha256:0a1b", { newName: "x/y", digest: "sha256:0a1b" }],
  ])("the image %s", (image, expected) => {
    expect(parsed({ image })["images"]).toEqual([{ name: "armada-operator", ...expected }]);
  });
});
