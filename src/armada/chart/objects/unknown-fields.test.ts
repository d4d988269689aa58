import { expect, test } from "@jest/globals";
import { namingFields } from "./unknown-fields.ts";

const MANIFEST = `---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, dataa: {a: b}}
---
{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}, {port: 81, nme: x}]}}]}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicsa: 2}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: b}, spec: {replicsa: 2, "a.b": {c: 1}}}
`;

test.each([
  ["of one object", "dataa", "ConfigMap settings: "],
  ["in a list", "spec.ports[1].nme", "Service web: "],
  ["of several objects", "spec.replicsa", "Deployment a, Deployment b: "],
  ["behind a name with a dot", "spec.a.b.c", "Deployment b: "],
  ["that no object has", "spec.backofLimit", ""],
  ["of another item of a list", "spec.ports[0].nme", ""],
  ["of which only the beginning is there", "data", ""],
  ["that every value inherits", "spec.constructor", ""],
])("the objects with an unknown field %s are named", async (_, path, objects) => {
  expect(await namingFields(["deprecated", `unknown field "${path}"`], [async () => MANIFEST])).toEqual([
    "deprecated",
    `${objects}unknown field "${path}"`,
  ]);
});

test("a warning stays as short as others are", async () => {
  const long = `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${"m".repeat(253)}}, ${"d".repeat(400)}: {}}`;
  const [warning = ""] = await namingFields([`unknown field "${"d".repeat(400)}"`], [async () => long]);
  expect(warning).toMatch(/^ConfigMap m+: unknown field "d+… \(cut\)$/);
  expect(Buffer.byteLength(warning)).toBe(512);
});

test("of many objects the first are named", async () => {
  const many = Array.from({ length: 5 }, (_, index) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: m${String(index)}}, dta: {}}\n`).join(
    "---\n",
  );
  expect(await namingFields(['unknown field "dta"'], [async () => many])).toEqual([
    'ConfigMap m0, ConfigMap m1, ConfigMap m2 and 2 more: unknown field "dta"',
  ]);
});

test("what is not in the manifest is in a hook, which is asked for then only", async () => {
  const reads: string[] = [];
  const manifests = ["manifest", "hooks"].map((name) => async () => {
    reads.push(name);
    return name === "hooks" ? "{apiVersion: batch/v1, kind: Job, metadata: {name: pre}, spec: {backofLimit: 1}}" : MANIFEST;
  });
  expect(await namingFields(['unknown field "spec.backofLimit"'], manifests)).toEqual(['Job pre: unknown field "spec.backofLimit"']);
  expect(await namingFields(['unknown field "dataa"', "deprecated"], manifests)).toEqual(['ConfigMap settings: unknown field "dataa"', "deprecated"]);
  expect(await namingFields(["deprecated"], manifests)).toEqual(["deprecated"]);
  expect(reads).toEqual(["manifest", "hooks", "manifest"]);
});

test.each([
  ["cannot be read", () => Promise.reject(new Error("503"))],
  ["is no YAML", async () => "dataa: ["],
])("a manifest that %s names nothing", async (_, manifest) => {
  const hooks = async () => "{apiVersion: v1, kind: ConfigMap, metadata: {name: pre}, dataa: {}}";
  expect(await namingFields(['unknown field "dataa"'], [manifest, hooks])).toEqual(['ConfigMap pre: unknown field "dataa"']);
});
