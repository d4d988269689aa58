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
  ["that no object has, as of a hook", "spec.backofLimit", ""],
  ["of another item of a list", "spec.ports[0].nme", ""],
  ["of which only the beginning is there", "data", ""],
  ["that every value inherits", "spec.constructor", ""],
])("the objects with an unknown field %s are named", async (_, path, objects) => {
  expect(await namingFields(["deprecated", `unknown field "${path}"`], MANIFEST)).toEqual(["deprecated", `${objects}unknown field "${path}"`]);
});

test("of many objects the first are named", async () => {
  const many = Array.from({ length: 5 }, (_, index) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: m${String(index)}}, dta: {}}\n`).join(
    "---\n",
  );
  expect(await namingFields(['unknown field "dta"'], many)).toEqual(['ConfigMap m0, ConfigMap m1, ConfigMap m2 and 2 more: unknown field "dta"']);
});
