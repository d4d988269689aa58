import { isRecord } from "../../base/json/json.ts";
import {
  ApiError,
  type ApiClient,
  type DeleteRef,
  type ListOptions,
  type ObjectRef,
  type Patch,
  type PatchRef,
  type ReadRef,
  type Serving,
} from "../api.ts";
import { applyJsonPatch } from "./fake-json-patch.ts";
import { apiVersionOf, type DynamicObject, type KubeObject, type ObjectMeta, type Resource } from "../object.ts";

/** A request as a fake sees it; `body` is the object, or the patch. */
export interface ApiCall {
  readonly verb: "get" | "list" | "create" | "replace" | "patch" | "delete";
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly body?: unknown;
}

/**
 * An API server in memory, for unit tests: objects, resource versions, conflicts, finalizers, merge and JSON patches. No validation, no selectors.
 * `calls` holds every request; `before` may throw or wait, which is how faults are injected.
 */
export class MemoryApi implements ApiClient {
  readonly calls: ApiCall[] = [];
  before: (call: ApiCall, signal: AbortSignal) => void | Promise<void> = () => undefined;
  readonly #objects = new Map<string, DynamicObject>();
  #version = 0;

  /** The calls as words, e.g. `create events web.1`. */
  get said(): readonly string[] {
    return this.calls.map(({ verb, resource, name }) => [verb, resource.plural, name].filter((word) => word !== undefined).join(" "));
  }

  async get<T extends KubeObject = DynamicObject>(asked: ReadRef, signal: AbortSignal): Promise<T | undefined> {
    const { metadataOnly: _, ...ref } = asked;
    await this.#call({ verb: "get", ...ref }, signal);
    const found = this.#objects.get(address(ref));
    return found === undefined ? undefined : typed<T>(found);
  }

  async list<T extends KubeObject = DynamicObject>(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<readonly T[]> {
    await this.#call({ verb: "list", resource, namespace: options.namespace }, signal);
    const prefix = options.namespace === undefined ? placeOf(resource) : address({ resource, namespace: options.namespace, name: "" });
    return [...this.#objects].filter(([at]) => at.startsWith(prefix)).map(([, object]) => typed<T>(object));
  }

  async create<T extends KubeObject = DynamicObject>(ref: Omit<ObjectRef, "name">, body: unknown, signal: AbortSignal): Promise<T> {
    const object = readObject(body);
    const { name } = object.metadata;
    await this.#call({ verb: "create", ...ref, name, body }, signal);
    if (this.#objects.has(address({ ...ref, name }))) throw new ApiError(`"${name}" already exists`, { status: 409, reason: "AlreadyExists" });
    return typed<T>(this.#store({ ...ref, name }, { ...object, metadata: { ...object.metadata, uid: `uid-${this.#version + 1}` } }));
  }

  async replace<T extends KubeObject = DynamicObject>(ref: ObjectRef, body: unknown, signal: AbortSignal): Promise<T> {
    await this.#call({ verb: "replace", ...ref, body }, signal);
    const object = readObject(body);
    const old = this.#existing(ref);
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) throw conflict(ref);
    return typed<T>(this.#store(ref, object));
  }

  async patch<T extends KubeObject = DynamicObject>(asked: PatchRef, patch: Patch, signal: AbortSignal): Promise<T> {
    const { subresource: _, ...ref } = asked;
    await this.#call({ verb: "patch", ...ref, body: patch }, signal);
    const old = this.#existing(ref);
    if (patch.type === "apply") throw new Error("MemoryApi knows no server-side apply");
    if (patch.type === "json") return typed<T>(this.#put(ref, readObject(applyJsonPatch(old, patch.operations))));
    const { uid, resourceVersion } = readMetadata(patch.body);
    if (uid !== undefined && uid !== old.metadata.uid) throw conflict(ref);
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) throw conflict(ref);
    return typed<T>(this.#put(ref, readObject(merge(old, patch.body))));
  }

  async delete(asked: DeleteRef, signal: AbortSignal): Promise<void> {
    const { only: _, ...ref } = asked;
    await this.#call({ verb: "delete", ...ref }, signal);
    const old = this.#objects.get(address(ref));
    if (old === undefined || (old.metadata.finalizers ?? []).length === 0) this.#objects.delete(address(ref));
    else if (old.metadata.deletionTimestamp === undefined)
      this.#store(ref, { ...old, metadata: { ...old.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  }

  async resolve(): Promise<Resource | undefined> {
    return undefined;
  }

  async serving(): Promise<Serving> {
    return "served";
  }

  async resources(): Promise<readonly Resource[]> {
    return [];
  }

  async #call(call: ApiCall, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.calls.push(call);
    await this.before(call, signal);
  }

  #existing(ref: ObjectRef): DynamicObject {
    const old = this.#objects.get(address(ref));
    if (old === undefined) throw new ApiError(`"${ref.name}" not found`, { status: 404, reason: "NotFound" });
    return old;
  }

  /** What is being deleted goes with its last finalizer. */
  #put(ref: ObjectRef, object: DynamicObject): DynamicObject {
    const stored = this.#store(ref, object);
    const { deletionTimestamp, finalizers = [] } = stored.metadata;
    if (deletionTimestamp !== undefined && finalizers.length === 0) this.#objects.delete(address(ref));
    return stored;
  }

  #store(ref: ObjectRef, object: DynamicObject): DynamicObject {
    this.#version += 1;
    const metadata: ObjectMeta = { ...object.metadata, resourceVersion: String(this.#version) };
    const stored = structuredClone({ ...object, metadata });
    this.#objects.set(address(ref), stored);
    return structuredClone(stored);
  }
}

const placeOf = (resource: Resource): string => `${apiVersionOf(resource)} ${resource.plural} `;
const address = ({ resource, namespace, name }: ObjectRef): string => `${placeOf(resource)}${namespace ?? ""} ${name}`;

const conflict = (ref: ObjectRef): ApiError => new ApiError(`"${ref.name}" has been modified`, { status: 409, reason: "Conflict" });

const merge = (old: unknown, patch: unknown): unknown => {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(old) ? { ...old } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
};

// oxlint-disable typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- the edge: the port promises the caller's type
/** Callers name the type, as with the real client. */
const typed = <T extends KubeObject>(object: DynamicObject): T => structuredClone(object) as unknown as T;
const readMetadata = (body: unknown): Partial<ObjectMeta> => (isRecord(body) && isRecord(body["metadata"]) ? body["metadata"] : {});
const readObject = (body: unknown): DynamicObject => structuredClone(body) as DynamicObject;
