import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { parseWarnings } from "./warnings.ts";

const fixture = (name: string): string => readFileSync(new URL(`../testing/fixtures/3.22/${name}.txt`, import.meta.url), "utf8");
const asIs = (text: string): string => text;

test.each([
  ["an unknown field", fixture("unknown-field"), ['unknown field "spec.replicsa"']],
  ["a deprecated API, printed twice", fixture("deprecated"), ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"]],
  ["a chart and its values, no links", fixture("coalesce"), ["This chart is deprecated", "skipped value for coal.c: Not a table."]],
  [
    "the chart's own value that a warning writes out is left out",
    "coalesce.go:298: warning: cannot overwrite table with non table for x.db (map[password:hunter22])",
    ["cannot overwrite table with non table for x.db"],
  ],
  [
    "hooks that helm does not know, once each",
    fixture("unknown-hooks"),
    [
      'helm has no hook "crd-install" and ignores the objects annotated with it',
      'helm has no hook "pre-install,post-instal" and ignores the objects annotated with it',
    ],
  ],
  ["the mode of the kubeconfig is none", "WARNING: Kubernetes configuration file is group-readable. This is insecure. Location: /x", []],
  ["other lines of klog are none", 'E1121 07:55:38.6   24187 memcache.go:1] "Unhandled Error"', []],
  ["errors are none", fixture("invalid-object"), []],
])("parseWarnings: %s", (_title, stderr, expected) => {
  expect(parseWarnings(stderr, asIs)).toEqual(expected);
});

test("warnings are redacted, and bounded in length and number", () => {
  const stderr = Array.from({ length: 30 }, (_, index) => `WARNING: secret ${index} ${"x".repeat(600)}`).join("\n");
  const warnings = parseWarnings(stderr, (text) => text.replace("secret", "***"));
  expect(warnings).toHaveLength(20);
  expect(warnings[0]).toMatch(/^\*\*\* 0 x+… \(cut\)$/);
  expect(Buffer.byteLength(warnings[0] ?? "")).toBeLessThanOrEqual(512);
});
