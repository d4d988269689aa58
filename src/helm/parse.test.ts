import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { classify, maxMessageBytes, parseFailure, parseRevision } from "./parse.ts";
import { redactValues } from "./redact.ts";

const folder = new URL("fixtures/3.22/", import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(`${name}.txt`, folder), "utf8");
const asIs = (text: string): string => text;

/** fixture, reason, class, what the message says. */
const failures = [
  ["admission-policy", "Rejected", "terminal", /^serviceaccounts "adm" is forbidden: .* denied request: service accounts are not wanted here$/],
  ["already-deleted", "NotFound", "transient", /^the release named "kk" is already deleted$/],
  ["bad-name", "Rejected", "terminal", /^ConfigMap "Bad_Name" is invalid: metadata\.name: /],
  ["bad-type", "Rejected", "terminal", /^Deployment in version "v1" cannot be handled as a Deployment: .*spec\.replicas of type int32$/],
  ["cancelled", "Cancelled", "transient", /^context canceled$/],
  ["cancelled-upgrade", "Cancelled", "transient", /^context canceled$/],
  ["chart-dependency", "RenderFailed", "terminal", /missing in charts\/ directory: sub$/],
  ["chart-invalid", "RenderFailed", "terminal", /^Chart\.yaml file is missing$/],
  ["chart-kubeversion", "RenderFailed", "terminal", /^chart requires kubeVersion: >=2\.0\.0/],
  ["chart-library", "RenderFailed", "terminal", /^library charts are not installable$/],
  ["chart-missing", "RenderFailed", "transient", /^path "\/charts\/nonexist" not found$/],
  ["connection-refused", "Unreachable", "transient", /^Kubernetes cluster unreachable: .*connection refused$/],
  ["forbidden", "Forbidden", "terminal", /User "low" cannot get resource "configmaps"/],
  ["force-immutable", "Rejected", "terminal", /spec\.template: Invalid value: \(left out\): field is immutable\]$/],
  ["foreign-existing", "Conflict", "terminal", /ConfigMap "foreign" in namespace "t" exists and cannot be imported/],
  ["hook-failed", "HookFailed", "transient", /^failed pre-install: job hf-pre failed: BackoffLimitExceeded$/],
  ["hook-timeout", "TimedOut", "transient", /^failed post-install: timed out waiting for the condition$/],
  ["immutable", "Rejected", "terminal", /^cannot patch "imm" with kind Job: .*Invalid value: \(left out\): json: cannot unmarshal bool/],
  ["in-progress-upgrade", "OperationInProgress", "transient", /^another operation \(install\/upgrade\/rollback\) is in progress$/],
  [
    "invalid-object",
    "Rejected",
    "terminal",
    /^Deployment\.apps "c" is invalid: .*Invalid value: \{"a":"c"\}: `selector` does not match template `labels`$/,
  ],
  ["namespace-missing", "Rejected", "transient", /namespaces "nosuchns" not found$/],
  ["namespace-terminating", "Rejected", "transient", /because it is being terminated$/],
  ["no-deployed-releases", "NotFound", "transient", /^"zzz" has no deployed releases$/],
  ["no-host", "Unreachable", "transient", /no such host$/],
  ["no-kind", "Rejected", "terminal", /no matches for kind "Ingress" in version "extensions\/v1beta1"; ensure CRDs are installed first$/],
  ["no-kubeconfig", "Unreachable", "transient", /connection refused$/],
  ["other-release", "Conflict", "terminal", /key "meta\.helm\.sh\/release-name" must equal "own2": current value is "own1"$/],
  ["quota", "Rejected", "terminal", /exceeded quota: q, requested/],
  ["release-name", "Rejected", "terminal", /^release name "Bad_Name": invalid release name/],
  ["release-not-found", "NotFound", "transient", /^release: not found$/],
  ["request-too-large", "TooLarge", "terminal", /Request entity too large: limit is 3145728$/],
  ["reuse-name", "OperationInProgress", "transient", /^cannot re-use a name that is still in use$/],
  ["schema", "RenderFailed", "terminal", /: schema: at '\/mode': value must be one of 'a', 'b'; at '\/password': /],
  ["secret-echo", "Rejected", "terminal", /illegal base64 data at input byte 0; Service "es" is invalid: spec\.ports\[0\]\.name: /],
  ["template-execute", "RenderFailed", "terminal", /^template: badtpl\/templates\/cm\.yaml:4:20: executing .* nil pointer/],
  ["template-fail", "RenderFailed", "terminal", /^execution error at \(badfail\/templates\/cm\.yaml:1:3\): /],
  ["template-parse", "RenderFailed", "terminal", /^parse error at \(badparse\/templates\/cm\.yaml:1\): missing value for if$/],
  ["template-required", "RenderFailed", "terminal", /^execution error at \(required\/templates\/cm\.yaml:4:11\): name is needed$/],
  ["template-yaml", "RenderFailed", "terminal", /^YAML parse error on badyaml\/templates\/cm\.yaml: .* line 4: did not find expected key$/],
  ["too-large", "TooLarge", "terminal", /may not be more than 1048576 bytes$/],
  ["two-objects", "Rejected", "terminal", /^ConfigMap "Also_Bad" is invalid: .*; Deployment\.apps "two" is invalid: /],
  ["unauthorized", "Forbidden", "transient", /the server has asked for the client to provide credentials$/],
  ["values-syntax", "RenderFailed", "terminal", /^failed to parse -: /],
  ["webhook-down", "Unreachable", "transient", /failed calling webhook "wh\.example\.com"/],
] as const;

/** Runs that ended well: see warnings.test.ts. */
const successes = ["coalesce", "deprecated", "unknown-field"];

describe("what helm 3.22 printed is understood", () => {
  test.each(failures)("%s is %s, %s", (name, reason, errorClass, message) => {
    const failure = parseFailure(fixture(name), asIs);
    expect(failure).toEqual({ reason, class: errorClass, message: expect.stringMatching(message) });
    expect(failure.message).not.toMatch(/\n|^Error|FAILED/);
  });

  test("every fixture is in a table", () => {
    const names = readdirSync(folder).map((file) => file.replace(/\.txt$/, ""));
    expect([...failures.map(([name]) => name), ...successes].sort()).toEqual(names.sort());
  });
});

describe("values that helm printed are in no message", () => {
  test.each([
    ["template-fail", { password: "canary99" }, "(value of .password)"],
    ["schema", { password: "canary99", replicas: "canaryx", mode: "canary-z" }, "(value of .password)"],
    ["secret-echo", { password: "Canary_12345" }, "(value of .password)"],
  ])("%s", (name, values, place) => {
    const { message } = parseFailure(fixture(name), (text) => redactValues(text, values));
    expect(message).toContain(place);
    expect(message).not.toMatch(/canary/i);
  });
});

describe("classify", () => {
  test.each([
    ["a kind that a neighbour's chart may bring", 'no matches for kind "Widget" in version "x.example.com/v1"', "Rejected", "transient"],
    ["a removed version of a built-in group", 'no matches for kind "Ingress" in version "networking.k8s.io/v1beta1"', "Rejected", "terminal"],
    ["an overloaded API server", "the server is currently unable to handle the request", "Unreachable", "transient"],
    ["a broken connection", 'Get "https://10.0.0.1/api": http2: client connection lost', "Unreachable", "transient"],
    ["a hook of an upgrade", "pre-upgrade hooks failed: 1 error occurred:\n\t* pod x failed", "HookFailed", "transient"],
    [
      "rights that may not be granted",
      'roles "x" is forbidden: user "op" (groups=["a"]) is attempting to grant RBAC permissions not currently held',
      "Forbidden",
      "terminal",
    ],
    ["what nobody has seen before", "the flux capacitor is empty", "Unknown", "transient"],
  ])("%s", (_title, text, reason, errorClass) => {
    expect(classify(text)).toEqual({ reason, class: errorClass });
  });
});

describe("parseFailure", () => {
  test.each([
    ["a pod's log before helm's own error is left out", "Error: from a pod\nmore log\nError: UPGRADE FAILED: context canceled\n", "context canceled"],
    ["warnings between are left out", 'Error: a\nW1121 07:55:38.6   24187 x.go:1] "Warning: y"\n', "a"],
    ["no words at all", "", "helm failed without a word"],
    ["words that are no error of helm's", "panic: oh\n\ngoroutine 1\n", "panic: oh; goroutine 1"],
    ["no half of a value beside what was left out", "Error: one\nhalf-a-val\n… (99 bytes left out)\nue-here\nlast", "one; …; last"],
  ])("%s", (_title, stderr, message) => {
    expect(parseFailure(stderr, asIs).message).toBe(message);
  });

  test("a message ends at 4096 bytes and says so", () => {
    const { message } = parseFailure(`Error: ${"ä".repeat(5000)}`, asIs);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(maxMessageBytes);
    expect(message).toMatch(/ä… \(cut\)$/);
  });
});

test.each([
  ["NAME: x\nSTATUS: deployed\nREVISION: 12\nTEST SUITE: None\n", 12],
  ["REVISION: 1\nNOTES:\nREVISION: 9\n", 1],
  ["", undefined],
  ["REVISION: 0", undefined],
  ["REVISION: x", undefined],
])("parseRevision(%j) is %p", (stdout, revision) => {
  expect(parseRevision(stdout)).toBe(revision);
});
