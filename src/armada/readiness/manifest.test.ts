import { describe, expect, it } from "@jest/globals";
import { YamlError } from "../../base/json/yaml.ts";
import { listObjects, ManifestError, manifestBodies, MAX_OBJECTS, parseManifest } from "./manifest.ts";

const MANIFEST = `---
# Source: blog/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: blog
---
# Source: blog/templates/empty.yaml
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: other
  labels: {app: web}
  annotations:
    helm.sh/resource-policy: keep
    checksum/config: "123"
spec:
  replicas: 1
  selector:
    matchLabels: {app: web, tier: "1"}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {armada.airshipit.org/drift: ignore}}}
- apiVersion: v1
  kind: SecretList
  items: [{apiVersion: v1, kind: Secret, metadata: {name: b}}]
`;

describe("parseManifest", () => {
  it("names the objects in order, lists flattened, empty documents skipped", () => {
    expect(parseManifest(MANIFEST)).toEqual([
      { apiVersion: "v1", kind: "Service", name: "blog", annotations: {} },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: "other",
        name: "web",
        annotations: { "helm.sh/resource-policy": "keep" },
        podSelector: { app: "web", tier: "1" },
      },
      { apiVersion: "v1", kind: "ConfigMap", name: "a", annotations: { "armada.airshipit.org/drift": "ignore" } },
      { apiVersion: "v1", kind: "Secret", name: "b", annotations: {} },
    ]);
  });

  it.each([
    ["", []],
    ["---\n---\n", []],
    ["kind: X\nmetadata: {name: a}", []],
    ["apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}", []],
    ["just text", []],
    ["apiVersion: v1\nkind: List\nitems: 3", []],
  ])("finds nothing in %j", (manifest, objects) => {
    expect(parseManifest(manifest)).toEqual(objects);
  });

  it.each([
    ["apps/v1", "StatefulSet", "{matchLabels: {a: b}}", { a: "b" }],
    ["v1", "ReplicationController", "{a: b}", { a: "b" }],
    ["apps/v1", "DaemonSet", "{matchExpressions: []}", undefined],
    ["v1", "Service", "{a: b}", undefined],
    ["example.org/v1", "Deployment", "{matchLabels: {a: b}}", undefined],
  ])("reads the pod selector of %s %s %s as %j", (apiVersion, kind, selector, expected) => {
    const [object] = parseManifest(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: x}\nspec: {selector: ${selector}}`);
    expect(object?.podSelector).toEqual(expected);
  });

  it("marks what nobody can change, and a StatefulSet whose claims go with it", () => {
    const of = (kind: string, rest: string) => parseManifest(`apiVersion: v1\nkind: ${kind}\nmetadata: {name: x}\n${rest}`)[0];
    expect(of("ConfigMap", "immutable: true")?.immutable).toBe(true);
    expect(of("ConfigMap", "immutable: false")?.immutable).toBeUndefined();
    expect(of("StatefulSet", "spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}")?.holdsClaims).toBe(true);
    expect(of("StatefulSet", "spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain}}")?.holdsClaims).toBeUndefined();
  });

  it("marks a Job that its chart suspends", () => {
    expect(parseManifest("apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\nspec: {suspend: yes}")[0]?.suspended).toBe(true);
  });

  it("does not repeat a broken manifest, which may hold secrets", () => {
    expect(() => parseManifest("stringData: {password: hunter2")).toThrow(YamlError);
    expect(() => parseManifest("stringData: {password: hunter2")).not.toThrow("hunter2");
  });

  it("keeps the bodies as they are written", () => {
    expect(manifestBodies(MANIFEST).map((body) => body["kind"])).toEqual(["Service", "Deployment", "ConfigMap", "Secret"]);
  });
});

describe("listObjects", () => {
  const maps = (count: number): string =>
    Array.from({ length: count }, (_, n) => `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m${String(n)}}\n`).join("");

  it.each([
    ["documents", MANIFEST],
    ["as many objects as are looked at", maps(MAX_OBJECTS)],
    ["separators in texts, comments and behind dots", "# a\n--- # x\nkind: A\napiVersion: v1\nmetadata: {name: a}\nx: |\n  ---\n...\n---\n---\n"],
    ["lines that begin like a separator", "kind: A\napiVersion: v1\nmetadata: {name: a}\nx: 'a\n\n  b'\n"],
    ["nothing", ""],
  ])("finds what parseManifest finds in %s", async (_title, manifest) => {
    expect(await listObjects(manifest)).toEqual(parseManifest(manifest));
  });

  it.each([
    ["too many objects", maps(MAX_OBJECTS + 1), "its manifest has more than 5000 objects"],
    ["a list of them", `apiVersion: v1\nkind: List\nitems: [${"{},".repeat(70_000)}]`, "a document of its manifest has more than"],
    ["a large document", `# ${"x".repeat(4 * 2 ** 20)}`, "a document of its manifest has more than"],
  ])("refuses %s", async (_title, manifest, why) => {
    await expect(listObjects(manifest)).rejects.toThrow(why);
    await expect(listObjects(manifest)).rejects.toBeInstanceOf(ManifestError);
  });
});
