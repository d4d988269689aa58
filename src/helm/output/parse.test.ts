import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { maxMessageBytes, parseFailure, parseRevision } from "./parse.ts";
import { redactValues } from "./redact.ts";
import { classify } from "./wording.ts";

const folder = new URL("../testing/fixtures/3.22/", import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(`${name}.txt`, folder), "utf8");
const asIs = (text: string): string => text;

/** fixture, reason, class, what the message says. */
const failures = [
  ["admission-policy", "Rejected", "terminal", /^serviceaccounts "adm" is forbidden: .* denied request: service accounts are not wanted here$/],
  ["already-exists", "Conflict", "transient", /^configmaps "dup" already exists$/],
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
  [
    "force-pod",
    "Rejected",
    "terminal",
    /^failed to replace object, as upgrade\.options\.force asks: Pod "p" is invalid: spec: Forbidden: pod updates may not change .* previously negative\) \(what differs: value, nodeName\)$/,
  ],
  ["forbidden", "Forbidden", "terminal", /User "low" cannot get resource "configmaps"/],
  [
    "force-immutable",
    "Rejected",
    "terminal",
    /^failed to replace object, as upgrade\.options\.force asks: .* spec\.template: Invalid value: \(left out\): field is immutable\]$/,
  ],
  [
    "foreign-existing",
    "Conflict",
    "terminal",
    /ConfigMap "foreign" in namespace "t" exists and cannot be imported.*; delete it, or add the label and the annotations that are missing$/,
  ],
  ["hook-invalid", "Rejected", "terminal", /^failed pre-install: .*ConfigMap "Bad_Hook" is invalid: /],
  ["hook-failed", "HookFailed", "transient", /^failed pre-install: job hf-pre failed: BackoffLimitExceeded$/],
  ["hook-timeout", "TimedOut", "transient", /^failed post-install: timed out waiting for the condition$/],
  ["immutable", "Rejected", "terminal", /^cannot patch "imm" with kind Job: .*Invalid value: \(left out\): json: cannot unmarshal bool/],
  ["impersonation-refused", "Forbidden", "terminal", /^Kubernetes cluster unreachable: unknown$/],
  ["in-progress-upgrade", "OperationInProgress", "transient", /^another operation \(install\/upgrade\/rollback\) is in progress$/],
  [
    "invalid-object",
    "Rejected",
    "terminal",
    /^Deployment\.apps "c" is invalid: .*Invalid value: \{"a":"c"\}: `selector` does not match template `labels`$/,
  ],
  ["list-without-items", "Rejected", "transient", /^the server could not find the requested resource$/],
  ["name-empty", "Rejected", "terminal", /resource ConfigMap "" in namespace "t": resource name may not be empty$/],
  ["namespace-missing", "Rejected", "transient", /namespaces "nosuchns" not found$/],
  ["namespace-terminating", "NamespaceTerminating", "waiting", /because it is being terminated$/],
  ["nested-list", "Rejected", "terminal", /\*unstructured\.Unstructured is not a list: no Items field in this object$/],
  ["no-deployed-releases", "NotFound", "transient", /^"zzz" has no deployed releases$/],
  ["no-host", "Unreachable", "transient", /no such host$/],
  ["no-kind", "Rejected", "terminal", /: 1 Ingress of extensions\/v1beta1 \(removed from Kubernetes: use networking\.k8s\.io\/v1\)$/],
  ["no-kind-at-all", "Rejected", "terminal", /unable to decode "": Object 'Kind' is missing in \(left out\)$/],
  ["no-kubeconfig", "Unreachable", "transient", /connection refused$/],
  ["object-far-too-large", "TooLarge", "terminal", /^Request entity too large: limit is 3145728$/],
  ["object-too-large", "TooLarge", "terminal", /^etcdserver: request is too large$/],
  ["object-too-large-for-etcd", "TooLarge", "terminal", /trying to send message larger than max/],
  [
    "other-release",
    "Conflict",
    "terminal",
    /key "meta\.helm\.sh\/release-name" must equal "own2": current value is "own1"; it belongs to another release: remove it from that one, or rename it in one of the two charts$/,
  ],
  ["quota", "Rejected", "transient", /exceeded quota: q, requested/],
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
  ["undecodable", "Rejected", "terminal", /unable to decode "": json: cannot unmarshal number/],
  ["unauthorized", "Forbidden", "transient", /the server has asked for the client to provide credentials$/],
  [
    "uninstall-denied",
    "Rejected",
    "terminal",
    /^configmaps "two-b" is forbidden: ValidatingAdmissionPolicy 'keep' .* configmaps "two-a" is forbidden: .* config maps stay where they are$/,
  ],
  ["uninstall-hook-timeout", "HookFailed", "transient", /^Job hookdel: timed out waiting for the hook to complete$/],
  [
    "uninstall-kind-gone",
    "KindNotServed",
    "transient",
    /^unable to build kubernetes objects for delete: .*kind "Widget" in version "example\.org\/v1"/,
  ],
  ["values-syntax", "RenderFailed", "terminal", /^failed to parse -: /],
  ["webhook-down", "Unreachable", "transient", /failed calling webhook "wh\.example\.com"/],
] as const;

/** Runs that ended well: see warnings.test.ts. */
const successes = ["coalesce", "deprecated", "unknown-field", "unknown-hooks"];

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
    ["a name in use, on its way out", 'object is being deleted: configmaps "x" already exists', "Rejected", "transient"],
    ["a list that is none", "*v1.ConfigMap is not a list: no Items field in this object", "Rejected", "terminal"],
    [
      "a version that is served no more",
      'unable to build kubernetes objects from current release manifest: [no matches for kind "A" in version "autoscaling/v2beta2"]',
      "KindNotServed",
      "transient",
    ],
    [
      "a kind of the new manifest",
      'unable to build kubernetes objects from new release manifest: no matches for kind "A" in version "x.y/v1"',
      "Rejected",
      "transient",
    ],
    ["an edit that came in between", 'Operation cannot be fulfilled on configmaps "x": the object has been modified', "Rejected", "transient"],
    ["a quota that asks for limits", 'pods "x" is forbidden: failed quota: q: must specify limits.cpu', "Rejected", "terminal"],
    ["a quota that is being counted", 'pods "x" is forbidden: status unknown for quota: q, resources: pods', "Rejected", "transient"],
    ["a pod that is not secure enough", 'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged', "Rejected", "terminal"],
    ["a webhook that says no", 'admission webhook "w.example.org" denied the request: Get "https://x": dial tcp', "Rejected", "terminal"],
    [
      "a webhook that is away",
      'Internal error occurred: failed calling webhook "w": no endpoints available for service "w"',
      "Unreachable",
      "transient",
    ],
    ["a conversion webhook that is away", 'conversion webhook for x/v1, Kind=A failed: Post "https://x": EOF', "Unreachable", "transient"],
    ["too many requests", "the server has received too many requests and has asked us to try again later", "Unreachable", "transient"],
    [
      "an answer of a proxy",
      'an error on the server ("bad gateway") has prevented the request from succeeding (get pods)',
      "Unreachable",
      "transient",
    ],
    [
      "a request that took too long",
      "Timeout: request did not complete within requested timeout - context deadline exceeded",
      "TimedOut",
      "transient",
    ],
    [
      "an aggregated API that is away",
      "could not get apiVersions from Kubernetes: unable to retrieve the complete list of server APIs: a/v1: the server is currently unable to handle the request",
      "Unreachable",
      "transient",
    ],
    ["a database that is full for now", "etcdserver: mvcc: database space exceeded", "Unreachable", "transient"],
    ["words of trouble in a refused value", 'Service "x" is invalid: spec: Invalid value: "connection refused": no', "Rejected", "terminal"],
    ["words of trouble in a failing template", "execution error at (a/b.yaml:1:1): context deadline exceeded", "RenderFailed", "terminal"],
    [
      "a template that looks up what is not there",
      'template: a/b.yaml:1:1: executing "x": error calling lookup: Get "https://x": EOF',
      "Unreachable",
      "transient",
    ],
    [
      "a template that may not look up",
      'template: a: error calling lookup: secrets "x" is forbidden: User "u" cannot get resource',
      "Forbidden",
      "terminal",
    ],
    [
      "a schema elsewhere",
      'values don\'t meet the specifications of the schema(s):\nHTTP request failed for https://x: Get "https://x": EOF',
      "Unreachable",
      "transient",
    ],
    ["a chart that is broken", "error unpacking subchart tar in x: expected a, got b", "RenderFailed", "terminal"],
    [
      "a CRD of crds/",
      'failed to install CRD crds/x.yaml: 1 error occurred:\n\t* CustomResourceDefinition.apiextensions.k8s.io "x" is invalid: spec',
      "Rejected",
      "terminal",
    ],
    [
      "a hook that failed while uninstalling",
      "uninstallation completed with 1 error(s): 1 error occurred:\n\t* job x failed: BackoffLimitExceeded",
      "HookFailed",
      "transient",
    ],
    [
      "a hook of a kind that is gone",
      'unable to build kubernetes object for deleting hook a/b.yaml: no matches for kind "A" in version "x/v1"',
      "HookFailed",
      "transient",
    ],
    ["a record that did not fit", "create: failed to create: etcdserver: request is too large", "TooLarge", "terminal"],
    [
      "a field that may not change",
      'cannot patch "x" with kind StatefulSet: StatefulSet.apps "x" is invalid: spec: Forbidden: updates to statefulset spec',
      "Rejected",
      "terminal",
    ],
    ["a method that is not there", "the server does not allow this method on the requested resource", "Rejected", "terminal"],
    ["what nobody has seen before", "the flux capacitor is empty", "Unknown", "transient"],
  ])("%s", (_title, text, reason, errorClass) => {
    expect(classify(text)).toEqual({ reason, class: errorClass });
  });
});

describe("parseFailure", () => {
  test.each([
    ["a pod's log before helm's own error is left out", "Error: from a pod\nmore log\nError: UPGRADE FAILED: context canceled\n", "context canceled"],
    ["warnings between are left out", 'Error: a\nW1121 07:55:38.6   24187 x.go:1] "Warning: y"\n', "a"],
    [
      "a write that came too late is made again",
      'Error: UPGRADE FAILED: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      'Operation cannot be fulfilled on configmaps "a": the object has been modified since helm read it; helm will read it again',
    ],
    ["no words at all", "", "helm failed without an error message"],
    ["words that are no error of helm's", "panic: oh\n\ngoroutine 1 [running]:\nmain.main()\n", "panic: oh"],
    [
      "of more deletions that failed than helm's output has room for, the last",
      'client.go:1: a\nconfigmaps "a" is for\n… (99 bytes left out)\nbidden: no configmaps "z" is forbidden: no]\nError: failed to delete release: x\n',
      'bidden: no configmaps "z" is forbidden: no',
    ],
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
