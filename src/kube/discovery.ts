import { abortable } from "../base/time/abortable.ts";
import type { Clock } from "../base/time/clock.ts";
import { isApiError, type Serving } from "../runtime/api.ts";
import type { Resource } from "../runtime/object.ts";
import type { KubeHttp } from "./http.ts";
import { servingOf } from "./serving.ts";
import { AGGREGATED_DISCOVERY, parseServedResources, parseServedVersions } from "./served-resources.ts";
import { arrayMember, member, stringMember } from "./unknown.ts";

/** A kind that is not served is asked for again at most this often. */
const MISS_INTERVAL_MS = 1000;

interface Served {
  readonly readAt: number;
  readonly byKind: ReadonlyMap<string, Resource>;
}

/** Which resource serves a kind, from the API server's resource lists, one cached for each group and version. */
export class Discovery {
  readonly #http: Pick<KubeHttp, "request">;
  readonly #clock: Clock;
  readonly #served = new Map<string, Served>();
  readonly #reading = new Map<string, Promise<unknown>>();

  constructor(deps: { readonly http: Pick<KubeHttp, "request">; readonly clock: Clock }) {
    this.#http = deps.http;
    this.#clock = deps.clock;
  }

  /** Undefined when the server does not know the kind, or the group and version. Rejects with `ApiError` when it does not tell. */
  async resolve(apiVersion: string, kind: string, signal: AbortSignal): Promise<Resource | undefined> {
    const startedAt = this.#clock.monotonic();
    for (;;) {
      const served = this.#served.get(apiVersion);
      const found = served?.byKind.get(kind);
      if (found !== undefined) return found;
      if (served !== undefined && startedAt - served.readAt < MISS_INTERVAL_MS) return undefined;
      const reading = this.#reading.get(apiVersion);
      if (reading === undefined) await this.#read(apiVersion, signal);
      // The one who reads may give up; then the next one reads.
      else await abortable(reading, signal).catch(() => signal.throwIfAborted());
    }
  }

  /** Everything that can be listed and deleted, read anew. */
  async resources(signal: AbortSignal): Promise<readonly Resource[]> {
    const read = async (path: string): Promise<readonly Resource[]> =>
      parseServedResources(await this.#http.request({ method: "GET", path, accept: AGGREGATED_DISCOVERY }, signal));
    const [core, groups] = await Promise.all([read("/api"), read("/apis")]);
    return [...core, ...groups];
  }

  /** See `ResourceCatalog`: two answers must agree that a kind is not served in a version. */
  async serving(apiVersion: string, kind: string, signal: AbortSignal): Promise<Serving> {
    const path = apiVersion.includes("/") ? "/apis" : "/api";
    const groups = parseServedVersions(await this.#http.request({ method: "GET", path, accept: AGGREGATED_DISCOVERY }, signal));
    const serving = servingOf(groups, apiVersion, kind);
    if (serving === "served") return serving;
    await this.#read(apiVersion, signal);
    return this.#served.get(apiVersion)?.byKind.has(kind) === true ? "served" : serving;
  }

  async #read(apiVersion: string, signal: AbortSignal): Promise<void> {
    const reading = this.#fetch(apiVersion, signal);
    this.#reading.set(apiVersion, reading);
    try {
      this.#served.set(apiVersion, { byKind: await reading, readAt: this.#clock.monotonic() });
    } finally {
      this.#reading.delete(apiVersion);
    }
  }

  async #fetch(apiVersion: string, signal: AbortSignal): Promise<ReadonlyMap<string, Resource>> {
    const path = `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion.split("/").map(encodeURIComponent).join("/")}`;
    try {
      return parseResources(apiVersion, await this.#http.request({ method: "GET", path }, signal));
    } catch (error) {
      if (isApiError(error, 404)) return new Map();
      throw error;
    }
  }
}

/** From `APIResourceList`, without subresources; of two resources of one kind the one that can be listed. */
const parseResources = (apiVersion: string, list: unknown): ReadonlyMap<string, Resource> => {
  const slash = apiVersion.indexOf("/");
  const [group, version] = slash < 0 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  const byKind = new Map<string, Resource>();
  for (const entry of arrayMember(list, "resources")) {
    const plural = stringMember(entry, "name");
    const kind = stringMember(entry, "kind");
    if (plural === undefined || kind === undefined || plural.includes("/")) continue;
    if (byKind.has(kind) && !arrayMember(entry, "verbs").includes("list")) continue;
    byKind.set(kind, { group, version, plural, kind, namespaced: member(entry, "namespaced") === true });
  }
  return byKind;
};
