import type { ErrorClass } from "../base/errors.ts";
import { cutUtf8 } from "../base/text.ts";
import type { HelmReason } from "./driver.ts";
import { elideObjects } from "./elide.ts";

/** What helm's stderr means. */
export interface Failure {
  readonly reason: HelmReason;
  readonly class: ErrorClass;
  /** helm's own sentences on one line, redacted, at most {@link maxMessageBytes} bytes. */
  readonly message: string;
}

/** The longest message of a condition. */
export const maxMessageBytes = 4096;

/** First match wins. Every line of `src/helm/fixtures/` is recognised by one of these. */
const rules: readonly (readonly [HelmReason, ErrorClass, RegExp])[] = [
  ["Cancelled", "transient", /context canceled|has been cancelled/],
  ["OperationInProgress", "transient", /another operation \(install\/upgrade\/rollback\) is in progress|cannot re-use a name that is still in use/],
  ["OperationInProgress", "transient", /secrets "sh\.helm\.release\.v1\.[^"]*" already exists/],
  ["NotFound", "transient", /release: not found|has no deployed releases|^the release named "[^"]*" is already deleted/],
  [
    "TooLarge",
    "terminal",
    /failed to (?:create|update): (?:Request entity too large|Secret "sh\.helm\.release\.v1\.[^"]*" is invalid: data: Too long)/,
  ],
  ["Forbidden", "transient", /the server has asked for the client to provide credentials/],
  ["TimedOut", "transient", /timed out waiting for the condition|context deadline exceeded|would exceed context deadline/],
  ["Unreachable", "transient", /Kubernetes cluster unreachable|failed calling webhook|\b(?:Get|Post|Put|Patch|Delete) "https?:[^"]*": /],
  [
    "Unreachable",
    "transient",
    /Internal error occurred|etcdserver: |Too Many Requests|the server is currently unable to handle|the server was unable to return a response/,
  ],
  // The chart was there when the request was made: its folder went away, and is fetched again.
  ["RenderFailed", "transient", /^path "[^"]*" not found/],
  [
    "RenderFailed",
    "terminal",
    /^(?:template: |parse error at |execution error at |YAML parse error on |values don't meet the spec|failed to parse -: )/,
  ],
  [
    "RenderFailed",
    "terminal",
    /^(?:Chart\.yaml file is missing|library charts are not installable|chart requires kubeVersion|error evaluating symlink)/,
  ],
  [
    "RenderFailed",
    "terminal",
    /^(?:validation: |cannot load |unable to load |An error occurred while checking for chart dependencies|unable to parse YAML)/,
  ],
  ["RenderFailed", "terminal", /error converting YAML to JSON|cannot load values|chart metadata is missing|error unmarshaling JSON/],
  ["Conflict", "terminal", /cannot be imported into the current release|invalid ownership metadata/],
  ["Rejected", "transient", /because it is being terminated|namespaces "[^"]*" not found/],
  ["Forbidden", "terminal", /is forbidden: [Uu]ser "[^"]*" (?:\([^()]*\) )?(?:cannot|is attempting to grant)/],
  // Built-in groups: no later CRD brings the kind. Any other group may still come, with a neighbour's chart.
  [
    "Rejected",
    "terminal",
    /no matches for kind "[^"]*" in version "(?:[a-z0-9]+\/)?v\d\w*"|no matches for kind "[^"]*" in version "(?:networking|rbac\.authorization|storage|apiextensions)\.k8s\.io\//,
  ],
  ["Rejected", "transient", /no matches for kind/],
  [
    "HookFailed",
    "transient",
    /^(?:failed (?:pre|post)-\w+: |(?:pre|post)-\w+ hooks failed: |\d+ errors? occurred:\s+\* (?:job|pod) \S+ failed|warning: Hook |(?:job|pod) \S+ failed)/,
  ],
  [
    "Rejected",
    "terminal",
    /is invalid: |is forbidden: |cannot be handled as a |denied the request|field is immutable|error validating data|release name .{0,100} invalid/,
  ],
];

/** Reason and class of helm's error text; what nobody recognises is `Unknown` and transient. */
export const classify = (errorText: string): Pick<Failure, "reason" | "class"> => {
  const rule = rules.find(([, , pattern]) => pattern.test(errorText));
  return rule === undefined ? { reason: "Unknown", class: "transient" } : { reason: rule[0], class: rule[1] };
};

/** `redact` takes values out of the message; the classification sees the text as helm wrote it. */
export const parseFailure = (stderr: string, redact: (text: string) => string): Failure => {
  const text = errorTextOf(stderr);
  const sentences = sentencesOf(elideObjects(redact(withoutGap(text))));
  return { ...classify(text), message: cutUtf8(sentences === "" ? "helm failed without a word" : sentences, maxMessageBytes, "… (cut)") };
};

/** What {@link parseFailure} redacts. */
export const failureText = (stderr: string): string => withoutGap(errorTextOf(stderr));

/** The revision in helm's table; undefined when helm named none. */
export const parseRevision = (stdout: string): number | undefined => {
  const digits = /^REVISION: ([1-9]\d{0,8})$/m.exec(stdout)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const noise = /^(?:[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\] |WARNING: |\w+\.go:\d+: )/;

/** From helm's own `Error:` to the end; logs of hook pods and warnings may stand before it. */
const errorTextOf = (stderr: string): string => {
  const lines = stderr.split("\n");
  const start = [/^Error: (?:INSTALLATION FAILED|UPGRADE FAILED|uninstall): /, /^Error: /]
    .map((pattern) => lines.findLastIndex((line) => pattern.test(line)))
    .find((index) => index >= 0);
  return lines
    .slice(start ?? 0)
    .filter((line) => !noise.test(line))
    .join("\n")
    .replace(/^Error: (?:INSTALLATION FAILED: |UPGRADE FAILED: |uninstall: Release not loaded: [^:]*: )?/, "")
    .trim();
};

/** Where output was left out, the lines on both sides may hold a part of a value, which no redaction finds. */
const withoutGap = (text: string): string => {
  const lines = text.split("\n");
  const gap = lines.findIndex((line) => /^… \(\d+ bytes left out\)$/.test(line));
  return gap < 0 ? text : [...lines.slice(0, Math.max(0, gap - 1)), "…", ...lines.slice(gap + 2)].join("\n");
};

/** Helm's bulleted lists as sentences on one line. */
const sentencesOf = (text: string): string =>
  text
    .replaceAll(/(?<!\d)\d+ errors? occurred:\s*\* /g, "")
    .replaceAll(/:[ \t]*\n\s*(?:[*-] )?/g, ": ")
    .replaceAll(/\s+(?:[*-] )?/g, (gap) => (gap.includes("\n") ? "; " : gap))
    .trim();
