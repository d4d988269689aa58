import type { DynamicObject, KubeObject, Resource } from "./object.ts";

/** The API server's answer to a request it did not carry out (`metav1.Status`), or that it could not be reached (`status` 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /**
   * `metav1.Status.reason`, e.g. `NotFound`, `AlreadyExists`, `Conflict`, `Expired`, `Invalid`; `Unreachable` when no answer came. `NamespaceTerminating` and
   * `QuotaExceeded` where Kubernetes says no more than `Forbidden`.
   */
  readonly reason: string;
  /** From `Retry-After` or `details.retryAfterSeconds`. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { status: number; reason: string; retryAfterMs?: number | undefined; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export const isApiError = (error: unknown, ...statuses: readonly number[]): error is ApiError =>
  error instanceof ApiError && (statuses.length === 0 || statuses.includes(error.status));

/** One object to address. `namespace` is required for namespaced resources and absent for others. */
export interface ObjectRef {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ReadRef extends ObjectRef {
  /** Ask for `PartialObjectMetadata`: the body stays on the server. */
  readonly metadataOnly?: boolean;
}

export interface PatchRef extends ObjectRef {
  readonly subresource?: "status";
}

export interface DeleteRef extends ObjectRef {
  /** Only while the object is this one, in this version: otherwise a 409. */
  readonly only?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Ask for `PartialObjectMetadata`: the body stays on the server. */
  readonly metadataOnly?: boolean;
}

/** A JSON Patch operation, RFC 6902. */
export type JsonPatchOperation =
  { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown } | { readonly op: "remove"; readonly path: string };

export type Patch =
  | { readonly type: "json"; readonly operations: readonly JsonPatchOperation[] }
  | { readonly type: "merge"; readonly body: unknown }
  /** Server-side apply. The body holds `apiVersion`, `kind`, `metadata.name` and the fields owned, nothing else. */
  | { readonly type: "apply"; readonly body: unknown; readonly fieldManager: string; readonly force?: boolean };

/**
 * Requests to the API server: the port that domain code sees; `kube/` implements it.
 * Reads are quorum reads (no `resourceVersion`): "fresh reads" of the contract. Every method rejects with {@link ApiError}.
 */
export interface ApiClient {
  /** Returns undefined when the object does not exist. */
  get<T extends KubeObject = DynamicObject>(ref: ReadRef, signal: AbortSignal): Promise<T | undefined>;
  list<T extends KubeObject = DynamicObject>(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<readonly T[]>;
  create<T extends KubeObject = DynamicObject>(ref: Omit<ObjectRef, "name">, body: unknown, signal: AbortSignal): Promise<T>;
  /** PUT of the whole object; `metadata.resourceVersion` in the body makes it conditional. */
  replace<T extends KubeObject = DynamicObject>(ref: ObjectRef, body: unknown, signal: AbortSignal): Promise<T>;
  patch<T extends KubeObject = DynamicObject>(ref: PatchRef, patch: Patch, signal: AbortSignal): Promise<T>;
  /** Background propagation. Resolves when the API server accepted it; an absent object is not an error. */
  delete(ref: DeleteRef, signal: AbortSignal): Promise<void>;
  /** The served resource of a kind, or undefined when the server does not know it. Discovery is cached and read again on a miss. */
  resolve(apiVersion: string, kind: string, signal: AbortSignal): Promise<Resource | undefined>;
}

/** Whether a kind is served in a version; if not, in which other one, of the group to which Kubernetes has moved it. */
export type Serving = "served" | "gone" | { readonly movedTo: string };

/** What the API server serves. */
export interface ResourceCatalog {
  /** Asks the server each time. Rejects with {@link ApiError} when it does not say, or says it of the past: an aggregated API may be away. */
  serving(apiVersion: string, kind: string, signal: AbortSignal): Promise<Serving>;
  /** Every resource that can be listed and deleted, each group in its preferred version. Read from the server each time; rejects with {@link ApiError}. */
  resources(signal: AbortSignal): Promise<readonly Resource[]>;
}

/** One page of a list. */
export interface ListPage<T extends KubeObject> {
  readonly items: readonly T[];
  /** Of the whole list: where a watch starts. */
  readonly resourceVersion: string;
  /** Token of the next page; absent on the last one. */
  readonly continue?: string | undefined;
}

export type WatchEvent<T extends KubeObject> =
  { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T } | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/** List and watch of one resource with one scope and selector: what an informer needs. A 410 arrives as `ApiError` with status 410. */
export interface ListWatcher<T extends KubeObject> {
  list(options: { readonly continue?: string | undefined }, signal: AbortSignal): Promise<ListPage<T>>;
  /**
   * Ends without error when the server closes the watch; rejects with {@link ApiError} on an ERROR event or a broken stream.
   * May begin with a bookmark of where it starts, to say that it is open.
   */
  watch(options: { readonly resourceVersion: string }, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
}
