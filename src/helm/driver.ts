import type { ErrorClass } from "../base/errors.ts";
import type { HeldJson } from "../base/json/held-json.ts";
import type { ServiceAccount } from "../runtime/account.ts";

/** A Helm release: what a chart becomes in a namespace. */
export interface ReleaseRef {
  readonly namespace: string;
  readonly name: string;
}

/** Labels that this operator puts on the newest release Secret of a release, beside helm's own. */
export interface ReleaseLabels {
  /** uid of the ArmadaChart that owns the release. */
  readonly owner: string;
  /** Digest of what helm was given: `<algorithm>.<40 hex digits>`. */
  readonly inputs: string;
  /** The revision these labels were written for; helm carries labels along on upgrade and rollback, so they count only where it equals helm's own. */
  readonly revision: number;
  /** Hold of the Lease under which helm was started. */
  readonly epoch: string;
}

/** Of a chart; large ones as text. */
export type Values = Readonly<Record<string, unknown>> | HeldJson;

interface HelmRequest {
  readonly release: ReleaseRef;
  /** helm's own `--timeout`, milliseconds; the process deadline is longer. */
  readonly timeoutMs: number;
  /** With whose rights helm asks the API server; absent: the operator's own. */
  readonly account?: ServiceAccount | undefined;
}

export interface InstallRequest extends HelmRequest {
  /** Folder or .tgz below a directory that only the operator writes. */
  readonly chartPath: string;
  /** Goes to helm's stdin as JSON and nowhere else. */
  readonly values: Values;
  readonly labels: ReleaseLabels;
  /** `helm install --replace`: for a release no revision of which was ever deployed. */
  readonly replace: boolean;
  readonly noHooks: boolean;
  readonly createNamespace: boolean;
}

export interface UpgradeRequest extends HelmRequest {
  readonly chartPath: string;
  readonly values: Values;
  readonly labels: ReleaseLabels;
  readonly noHooks: boolean;
  /** `--force`. */
  readonly force: boolean;
  /** `--history-max`; 0 = no limit. */
  readonly historyMax: number;
}

export interface UninstallRequest extends HelmRequest {
  readonly noHooks: boolean;
  /** Keep the records, status `uninstalled`, so that what must be gone can be read from them. */
  readonly keepHistory: boolean;
}

/** What a helm run that ended well has to say. */
export interface HelmResult {
  /** Revision written; undefined for uninstall. */
  readonly revision?: number;
  /** Warnings of the API server and of helm, from stderr, one sentence each, no values in them. */
  readonly warnings: readonly string[];
}

/** An object as a sentence names it. */
export interface NamedObject {
  readonly kind: string;
  /** Absent for kinds without namespaces. */
  readonly namespace?: string;
  readonly name: string;
}

/** An object that helm found in its way, as its message names it. */
export type BlockingObject = NamedObject;

/**
 * One sentence why nobody may read or write an object for a chart; undefined when that is for the API server to say. `body`: as it is to be
 * written, where that is known.
 */
export type Refuse = (object: NamedObject, act: "read" | "write", body?: Readonly<Record<string, unknown>>) => string | undefined;

/** Closed list of why helm failed. One file knows Helm's wording: `parse.ts`. */
export const HELM_REASONS = [
  "RenderFailed", // a template does not render, values against the schema, chart cannot be loaded
  "Rejected", // the API server refuses an object: no matches for kind, invalid, forbidden by admission
  "Forbidden", // RBAC
  "OutOfBounds", // an object is where nobody may write for the chart
  "Conflict", // an object exists and belongs to another release, or to nobody
  "HookFailed",
  "NamespaceTerminating", // nothing can be made in a namespace that is being deleted
  "KindNotServed", // what helm deployed before holds a kind, or a version of one, that the API server serves no more
  "OperationInProgress", // "another operation (install/upgrade/rollback) is in progress"
  "NotFound", // release: not found
  "TooLarge", // the release record exceeds what a Secret holds, or an object of the chart what the API server takes
  "LimitExceeded", // helm used more memory or CPU time than it may
  "Unreachable", // network, 429, 5xx
  "TimedOut",
  "Cancelled", // ended by our SIGTERM/SIGKILL or somebody's signal
  "Unknown",
] as const;

export type HelmReason = (typeof HELM_REASONS)[number];

/** helm ended with an error. `message` is helm's own text, redacted and cut; never values. */
export class HelmError extends Error {
  override readonly name = "HelmError";
  readonly reason: HelmReason;
  readonly class: ErrorClass;
  readonly warnings: readonly string[];

  constructor(message: string, options: { reason: HelmReason; class: ErrorClass; warnings?: readonly string[]; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = options.reason;
    this.class = options.class;
    this.warnings = options.warnings ?? [];
  }
}

/** What a caller may hang on one request. */
export interface HelmRunListener {
  /** Called once when the helm process of this call exists: it waited for a free place until then. Never called when none was started. */
  readonly onStart?: () => void;
  /** Called once when there is no free place: so many calls go before this one. */
  readonly onWait?: (before: number) => void;
}

export interface HelmRunOptions extends HelmRunListener {
  /** Asked about each object that helm wants to read or write, before the API server is. */
  readonly refuse: Refuse;
}

/**
 * Runs helm. One call is one helm process; calls wait for a free place (bounded concurrency, shared out by namespace) and reject with
 * {@link HelmError}.
 * An abort of the signal while waiting for a place rejects with its reason and starts nothing; while helm runs: SIGTERM, grace, SIGKILL,
 * and the call rejects with reason `Cancelled` once the child is gone (or resolves, when helm had finished its work before the signal arrived).
 * An uninstall has no such handling in helm: SIGTERM ends it on the spot and leaves the record `uninstalling`.
 */
export interface HelmDriver {
  install(request: InstallRequest & HelmRunOptions, signal: AbortSignal): Promise<HelmResult>;
  upgrade(request: UpgradeRequest & HelmRunOptions, signal: AbortSignal): Promise<HelmResult>;
  uninstall(request: UninstallRequest & HelmRunOptions, signal: AbortSignal): Promise<HelmResult>;
}
