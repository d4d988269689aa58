import { assertNever } from "../base/errors.ts";
import {
  isApiError,
  type ApiClient,
  type DeleteRef,
  type ListOptions,
  type ObjectRef,
  type Patch,
  type PatchRef,
  type ReadRef,
  type Serving,
} from "../runtime/api.ts";
import { userOf, type ServiceAccount } from "../runtime/account.ts";
import type { DynamicObject, KubeObject, Resource } from "../runtime/object.ts";
import type { Discovery } from "./discovery.ts";
import type { HttpRequest, KubeHttp } from "./http.ts";
import { readPage } from "./list-watch.ts";
import { acceptFor, readObject } from "./objects.ts";
import { resourcePath } from "./path.ts";

type Requests = Pick<KubeHttp, "request" | "text">;

/** The requests of {@link ApiClient} over HTTP. */
export class KubeClient implements ApiClient {
  readonly #http: Requests;
  readonly #discovery: Discovery;

  constructor(deps: { readonly http: Requests; readonly discovery: Discovery }) {
    this.#http = deps.http;
    this.#discovery = deps.discovery;
  }

  /** The same over the same connections, with the rights of that account. What the API server serves is the same for all. */
  as(account: ServiceAccount): KubeClient {
    const [http, as] = [this.#http, userOf(account)];
    return new KubeClient({
      discovery: this.#discovery,
      http: {
        request: (request, signal) => http.request({ ...request, as }, signal),
        text: (request, signal) => http.text({ ...request, as }, signal),
      },
    });
  }

  async get<T extends KubeObject = DynamicObject>(ref: ReadRef, signal: AbortSignal): Promise<T | undefined> {
    const { metadataOnly } = ref;
    try {
      const raw = await this.#http.request({ method: "GET", path: pathOf(ref), accept: acceptFor(metadataOnly, "object") }, signal);
      return readObject<T>(raw, { resource: ref.resource, metadataOnly });
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject = DynamicObject>(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<readonly T[]> {
    const items: T[] = [];
    let next: string | undefined;
    do {
      const page = await readPage<T>(this.#http, resource, { ...options, continue: next }, signal);
      for (const item of page.items) items.push(item);
      next = page.continue;
    } while (next !== undefined);
    return items;
  }

  async create<T extends KubeObject = DynamicObject>(ref: Omit<ObjectRef, "name">, body: unknown, signal: AbortSignal): Promise<T> {
    return this.#write<T>(ref.resource, { method: "POST", path: resourcePath(ref.resource, { namespace: ref.namespace }), body }, signal);
  }

  async replace<T extends KubeObject = DynamicObject>(ref: ObjectRef, body: unknown, signal: AbortSignal): Promise<T> {
    return this.#write<T>(ref.resource, { method: "PUT", path: pathOf(ref), body }, signal);
  }

  async patch<T extends KubeObject = DynamicObject>(ref: PatchRef, patch: Patch, signal: AbortSignal): Promise<T> {
    return this.#write<T>(ref.resource, { method: "PATCH", path: pathOf(ref, ref.subresource), ...encodePatch(patch) }, signal);
  }

  async delete({ only, ...ref }: DeleteRef, signal: AbortSignal): Promise<void> {
    const preconditions = { uid: only?.uid, resourceVersion: only?.resourceVersion };
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background", preconditions };
    try {
      await this.#http.request({ method: "DELETE", path: pathOf(ref), body }, signal);
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
    }
  }

  resolve(apiVersion: string, kind: string, signal: AbortSignal): Promise<Resource | undefined> {
    return this.#discovery.resolve(apiVersion, kind, signal);
  }

  serving(apiVersion: string, kind: string, signal: AbortSignal): Promise<Serving> {
    return this.#discovery.serving(apiVersion, kind, signal);
  }

  resources(signal: AbortSignal): Promise<readonly Resource[]> {
    return this.#discovery.resources(signal);
  }

  async #write<T extends KubeObject>(resource: Resource, request: HttpRequest, signal: AbortSignal): Promise<T> {
    return readObject<T>(await this.#http.request(request, signal), { resource });
  }
}

const pathOf = (ref: ObjectRef, subresource?: string): string =>
  resourcePath(ref.resource, { namespace: ref.namespace, name: ref.name, subresource });

/** Pure. YAML is a superset of JSON: a server-side apply is sent as JSON under the name of YAML. */
const encodePatch = (patch: Patch): Pick<HttpRequest, "body" | "query"> & { readonly contentType: string } => {
  switch (patch.type) {
    case "json":
      return { contentType: "application/json-patch+json", body: patch.operations };
    case "merge":
      return { contentType: "application/merge-patch+json", body: patch.body };
    case "apply": {
      const query = { fieldManager: patch.fieldManager, force: patch.force === true ? "true" : undefined };
      return { contentType: "application/apply-patch+yaml", body: patch.body, query };
    }
    default:
      return assertNever(patch);
  }
};
