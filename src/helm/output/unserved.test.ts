import { expect, test } from "@jest/globals";
import { parseFailure } from "./parse.ts";
import { unservedSentence } from "./unserved.ts";

const HELM = "unable to build kubernetes objects from release manifest: ";
const missing = (kind: string, version: string, name = "x"): string =>
  `resource mapping not found for name: "${name}" namespace: "" from "": no matches for kind "${kind}" in version "${version}"\nensure CRDs are installed first`;
const list = (...lines: readonly string[]): string => `${HELM}[${lines.join(", ")}]`;
const PREFIX = "the chart has objects whose API version this cluster does not serve: ";

test.each([
  ["one", HELM + missing("Ingress", "extensions/v1beta1"), "1 Ingress of extensions/v1beta1 (removed from Kubernetes: use networking.k8s.io/v1)"],
  [
    "many of two kinds",
    list(...["a", "b", "c"].map((name) => missing("Role", "rbac.authorization.k8s.io/v1beta1", name)), missing("CronJob", "batch/v1beta1")),
    "3 Role of rbac.authorization.k8s.io/v1beta1 (removed from Kubernetes: use rbac.authorization.k8s.io/v1); 1 CronJob of batch/v1beta1 (removed from Kubernetes: use batch/v1)",
  ],
  [
    "without a replacement",
    list(missing("PodSecurityPolicy", "policy/v1beta1"), missing("PodDisruptionBudget", "policy/v1beta1")),
    "1 PodSecurityPolicy of policy/v1beta1 (removed from Kubernetes: use Pod Security Admission, and leave it out of the chart); 1 PodDisruptionBudget of policy/v1beta1 (removed from Kubernetes: use policy/v1)",
  ],
  [
    "of a definition that is missing",
    HELM + missing("Widget", "example.org/v1"),
    "1 Widget of example.org/v1 (install its CustomResourceDefinition first, or leave it out of the chart)",
  ],
])("objects of kinds that are not served, %s, are one sentence", (_, text, sentence) => {
  expect(unservedSentence(text)).toBe(PREFIX + sentence);
  expect(parseFailure(`Error: INSTALLATION FAILED: ${text}`, (same) => same)).toMatchObject({ reason: "Rejected", message: PREFIX + sentence });
});

test.each([
  [9, "1 more kind"],
  [20, "12 more kinds"],
])("of %d kinds the first are named", (length, others) => {
  const text = list(...Array.from({ length }, (_, index) => missing(`Kind${String(index)}`, "example.org/v1")));
  expect(unservedSentence(text)).toMatch(new RegExp(String.raw`1 Kind7 of example\.org/v1 \([^)]*\); and ${others}$`));
});

test.each([
  ["the manifest of the revision before", `unable to build kubernetes objects from current release manifest: ${missing("Widget", "example.org/v1")}`],
  ["a hook, after helm has begun", missing("Widget", "example.org/v1")],
  ["another fault of the manifest", `${HELM}unable to decode "": Object 'Kind' is missing in '{}'`],
  ["more than that", list(missing("Ingress", "extensions/v1beta1"), `unable to decode "": Object 'Kind' is missing in '{}'`)],
])("not of %s", (_, text) => {
  expect(unservedSentence(text)).toBeUndefined();
});
