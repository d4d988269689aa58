import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { parseFailure } from "./parse.ts";
import { redactValues } from "./redact.ts";

const folder = new URL("../testing/fixtures/3.22/", import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(`${name}.txt`, folder), "utf8");

test.each([
  ["part of an object's name", 'cannot patch "keystone-db-sync" with kind Job: Job.batch "keystone-db-sync" is invalid: x', { name: "keystone" }],
  ["an object's name", 'configmaps "settings" already exists', { configMap: "settings" }],
  [
    "a namespace",
    'secrets "a" is forbidden: User "u" cannot get resource "secrets" in API group "" in the namespace "openstack"',
    { ns: "openstack" },
  ],
  ["an account", 'a is forbidden: User "system:serviceaccount:ops:deployer" cannot list resource "pods"', { account: "deployer" }],
  ["a kind and its version", 'no matches for kind "Certificate" in version "cert-manager.io/v1"', { kind: "Certificate", api: "cert-manager.io/v1" }],
  ["what blocks an import", 'ConfigMap "gateway" in namespace "edge" exists and cannot be imported', { a: "gateway", b: "edge" }],
  ["a field", 'Service "es" is invalid: spec.ports[0].name: Invalid value: (left out)', { field: "ports", other: "name", more: "spec.ports" }],
  ["a field of the values", "at '/replicaCount': got string, want integer", { hint: "replicaCount" }],
  ["a field that is not known", 'unknown field "spec.template.annotations"', { about: "annotations", also: "template" }],
  ["a hook's Job", "failed pre-install: job nova-bootstrap failed: BackoffLimitExceeded", { job: "nova-bootstrap", stage: "pre-install" }],
  ["a template", "execution error at (keystone/templates/deployment.yaml:4:20): no", { chart: "keystone", file: "deployment.yaml" }],
  ["a template that is no YAML", "YAML parse error on keystone/templates/deployment.yaml: error", { chart: "keystone", file: "deployment.yaml" }],
  ["what stands behind a refusal", '* denied the request: no\n\t* configmaps "settings" already exists', { configMap: "settings" }],
  ["helm's own words", "another operation (install/upgrade/rollback) is in progress", { verb: "operation", other: "rollback" }],
  ["a count of helm's", "1 error occurred:\n\t* field is immutable", { level: "error", change: "immutable" }],
  ["what RBAC says", 'is forbidden: User "u" cannot list resource "pods" at the cluster scope', { scope: "cluster", verb: "list", r: "resource" }],
  ["an object helm did not find", 'resource mapping not found for name: "issuer-a" namespace: "certs" from "": x', { a: "issuer-a", b: "certs" }],
])("%s is no value", (_, text, values) => {
  expect(redactValues(text, values)).toBe(text);
});

test.each([
  ["where it is the value of a field", 'Service "es" is invalid: spec.type: Invalid value: "hunter22"', 'Invalid value: "(value of .a)"'],
  ["in what a chart says, as others quote names", 'execution error at (a/b.yaml:1:3): user "hunter22" already exists', 'user "(value of .a)"'],
  ["in what a function says", 'template: a/b.yaml:1:3: error calling fail: secret "hunter22" not found', 'secret "(value of .a)"'],
  ["in what a webhook says", 'admission webhook "w" denied the request: image "hunter22" is invalid: no', 'image "(value of .a)"'],
  [
    "in another line of what a webhook says",
    'webhook "w" denied the request: \n\npolicy:\n  image "hunter22" is invalid: no',
    'image "(value of .a)"',
  ],
  ["in brackets, as no template", "cannot log in at (admin/hunter22)", "at (admin/(value of .a))"],
  ["where it is more than the name", 'configmaps "x" already exists', '(value of .b)" already', { b: 'configmaps "x' }],
  ["in quotes, as no object", 'password "hunter22" is invalid, choose another', 'password "(value of .a)"'],
])("a value is masked %s", (_, text, expected, values: Readonly<Record<string, string>> = { a: "hunter22" }) => {
  expect(redactValues(text, values)).toContain(expected);
});

test.each([
  ["immutable", { name: "imm", kind: "Job.batch" }],
  ["foreign-existing", { name: "foreign" }],
  ["hook-failed", { name: "hf-pre", stage: "failed" }],
  ["webhook-down", { name: "wh.example.com" }],
  ["uninstall-denied", { name: "two-b", other: "two-a", kind: "configmaps" }],
  ["no-kind", { kind: "Ingress", version: "extensions/v1beta1" }],
  ["already-exists", { name: "dup1", verb: "already", kind: "configmaps" }],
])("what helm 3.22 printed of %s is the same when its names are values, too", (name, values) => {
  const plain = parseFailure(fixture(name), (text) => text).message;
  expect(parseFailure(fixture(name), (text) => redactValues(text, values)).message).toBe(plain);
});

/** Fixture → words of its message that are no words of helm's or the API server's: of a chart, a value, a policy or an address. */
const FOREIGN: Readonly<Record<string, string>> = {
  "admission-policy": "service accounts wanted here",
  "bad-name": "Name example",
  "chart-missing": "path charts nonexist",
  "connection-refused": "version",
  "hook-invalid": "Hook example",
  "no-host": "nohost invalid version",
  "no-kubeconfig": "localhost version",
  "release-name": "Name",
  schema: "zork",
  "secret-echo": "Canary my-name",
  "template-execute": "Values",
  "template-fail": "password short",
  "template-required": "needed",
  "two-objects": "Also example",
  "uninstall-denied": "config maps stay where they",
  "webhook-down": "timeout",
};

test.each(readdirSync(folder).map((file) => file.replace(/\.txt$/, "")))("helm's own words in %s stay, whichever of them is a value", (name) => {
  const messageWith = (values: object): string => parseFailure(fixture(name), (text) => redactValues(text, { ...values })).message;
  const plain = messageWith({});
  const words = [...new Set(plain.match(/[A-Za-z][A-Za-z-]{3,}/g))];
  expect(words.filter((word) => messageWith({ word }) !== plain).join(" ")).toBe(FOREIGN[name] ?? "");
});
