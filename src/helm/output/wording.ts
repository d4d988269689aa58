import type { ErrorClass } from "../../base/errors.ts";
import type { HelmReason } from "../driver.ts";

/** One kind of sentence of helm, or of the API server as helm hands it on. */
type Rule = readonly [HelmReason, ErrorClass, RegExp];

/** Begin with what helm says itself; what follows quotes the chart and its values, which may say anything. */
const render: readonly Rule[] = [
  // The chart was there when the request was made: its folder went away, and is fetched again.
  ["RenderFailed", "transient", /^path "[^"]*" not found/],
  ["Unreachable", "transient", /^values don't meet the spec[^]*\bHTTP request (?:failed for|to) /],
  [
    "RenderFailed",
    "terminal",
    /^(?:execution error (?:at|in) |parse error (?:at|in) |YAML parse error on |values don't meet the spec|failed to parse -: )/,
  ],
  ["RenderFailed", "terminal", /^template: (?![^]*error calling lookup: )/],
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
  [
    "RenderFailed",
    "terminal",
    /^(?:chart (?:illegally |contains |yaml |metadata |file |name )|decompressed chart |no files in chart|file '[^']*' |error (?:unpacking subchart|reading) |type mismatch on |unable to validate schema)/,
  ],
  ["RenderFailed", "terminal", /^(?:rendering template |cannot parse template |error during tpl |error while running |invalid label selector)/],
];

/** What is true whatever stands around it. */
const passing: readonly Rule[] = [
  // Whatever is wrong with a hook of an uninstallation, there are ways around it.
  [
    "HookFailed",
    "transient",
    /^(?:warning: Hook (?:pre|post)-delete |unable to build kubernetes object for (?:deleting|pre-delete|post-delete) hook )/,
  ],
  ["NamespaceTerminating", "waiting", /is forbidden: unable to create new content in namespace \S+ because it is being terminated/],
  ["OperationInProgress", "transient", /another operation \(install\/upgrade\/rollback\) is in progress|cannot re-use a name that is still in use/],
  ["OperationInProgress", "transient", /secrets "sh\.helm\.release\.v1\.[^"]*" already exists|release: already exists/],
  ["NotFound", "transient", /release: not found|has no deployed releases|^the release named "[^"]*" is already deleted/],
  [
    "TooLarge",
    "terminal",
    /etcdserver: request is too large|Request entity too large|trying to send message larger than max|Secret "sh\.helm\.release\.v1\.[^"]*" is invalid: data: Too long/,
  ],
  ["Forbidden", "transient", /the server has asked for the client to provide credentials|You must be logged in to the server|(?:^|: )Unauthorized\b/],
  ["Rejected", "terminal", /admission webhook "[^"]*" denied the request|denied request: /],
];

const trouble: readonly Rule[] = [
  ["TimedOut", "transient", /timed out waiting for the condition|context deadline exceeded|would exceed context deadline/],
  [
    "Unreachable",
    "transient",
    /Kubernetes cluster unreachable|failed calling webhook|conversion webhook for |\b(?:Get|Post|Put|Patch|Delete) "https?:[^"]*": /,
  ],
  [
    "Unreachable",
    "transient",
    /Internal error occurred|etcdserver: |rpc error: |[Tt]oo [Mm]any [Rr]equests|the server is currently unable to handle|the server was unable to return a response/,
  ],
  [
    "Unreachable",
    "transient",
    /Timeout: |could not be completed at this time|has prevented the request from succeeding|not yet ready to handle request|unable to retrieve the complete list of server APIs|server API group list/,
  ],
  [
    "Unreachable",
    "transient",
    /connection refused|connection reset by peer|connection lost|i\/o timeout|TLS handshake timeout|no route to host|no such host|unexpected EOF|error when reading response body/,
  ],
  ["Unreachable", "transient", /could not get (?:apiVersions|server version) from Kubernetes|Kubernetes discovery client|client rate limiter/],
];

/** Built-in groups: no later CRD brings the kind. Any other group may still come, with a neighbour's chart. */
const BUILT_IN =
  /no matches for kind "[^"]*" in version "(?:[a-z0-9]+\/)?v\d\w*"|no matches for kind "[^"]*" in version "(?:networking|rbac\.authorization|storage|apiextensions)\.k8s\.io\//;

/** helm asks for the version of the API server first, and loses the words of a refusal (HTTP 403). */
const REFUSED_AT_ONCE = /^Kubernetes cluster unreachable: unknown$/;

export const isRefusedAtOnce = (errorText: string): boolean => REFUSED_AT_ONCE.test(errorText);

const refused: readonly Rule[] = [
  ["Forbidden", "terminal", REFUSED_AT_ONCE],
  ["Conflict", "terminal", /cannot be imported into the current release|invalid ownership metadata|cannot be owned: /],
  ["KindNotServed", "transient", /^unable to build kubernetes objects (?:from current release manifest|for delete): [^]*no matches for kind/],
  ["KindNotServed", "transient", /^current release manifest contains removed kubernetes api\(s\)/],
  ["Rejected", "terminal", BUILT_IN],
  ["Rejected", "transient", /no matches for kind|the server could not find the requested resource/],
  // One of the same name is on its way out.
  ["Rejected", "transient", /object is being deleted: /],
  // It was made since helm looked, or is in the chart twice: another try finds it there, and takes it if it is the release's.
  ["Conflict", "transient", /" already exists/],
  ["Rejected", "transient", /namespaces "[^"]*" not found|serviceaccount "[^"]*" not found|no API token found for service account/],
  // Somebody else makes room.
  ["Rejected", "transient", /is forbidden: (?:exceeded quota: |status unknown for quota: )/],
  ["Rejected", "transient", /Operation cannot be fulfilled on /],
  ["Forbidden", "terminal", /is forbidden: [Uu]ser "[^"]*" (?:\([^)]*\) )?(?:cannot|is attempting to grant)|^forbidden: User /],
  [
    "Rejected",
    "terminal",
    /is invalid: |is forbidden: |cannot be handled as a |denied the request|field is immutable|error validating data|[Rr]elease name (?:is invalid|"[^"]*": invalid)/,
  ],
  [
    "Rejected",
    "terminal",
    /resource name may not be empty|is not a list: |unable to decode |Object '\w+' is missing|strict decoding error|namespace may not be set|does not match the namespace/,
  ],
  [
    "Rejected",
    "terminal",
    /the server does not allow this method|the server rejected our request|in an unknown format|failed to create patch: |unable to create patch|is not supported on resources of kind/,
  ],
  ["Rejected", "terminal", /^(?:corrupted release record|invalid label value|user supplied labels contains)/],
  ["RenderFailed", "terminal", /error converting YAML to JSON|cannot load values|chart metadata is missing|error unmarshaling JSON/],
];

const hooks: readonly Rule[] = [
  [
    "HookFailed",
    "transient",
    /^(?:failed (?:pre|post)-\w+: |(?:pre|post)-\w+ hooks failed: |\d+ errors? occurred:\s+\* (?:job|pod) \S+ failed|warning: Hook |(?:job|pod) \S+ failed|failed to deploy |(?:Job|Pod) \S+: timed out |uninstallation completed with )/,
  ],
];

/**
 * First match wins. Every line of `fixtures/` is recognised by one of these: `cmd/helm`, `pkg/action`, `pkg/kube` of helm, and
 * `api/errors`, admission and discovery of Kubernetes are where they come from.
 */
const rules: readonly Rule[] = [
  ...render,
  ["Cancelled", "transient", /context canceled|has been cancelled/],
  ...passing,
  ...refused,
  ...trouble,
  ["RenderFailed", "terminal", /^template: /],
  ...hooks,
];

/** Reason and class of helm's error text; what nobody recognises is `Unknown` and transient. */
export const classify = (errorText: string): { readonly reason: HelmReason; readonly class: ErrorClass } => {
  const rule = rules.find(([, , pattern]) => pattern.test(errorText));
  return rule === undefined ? { reason: "Unknown", class: "transient" } : { reason: rule[0], class: rule[1] };
};

/** What was too large is the Secret of the release, and not an object of the chart. */
export const isAboutRecord = (errorText: string): boolean => /(?:create|update): failed to (?:create|update): /.test(errorText);
