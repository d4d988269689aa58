import { mapAtMost } from "../../../base/work/turns.ts";
import type { ReleaseRef } from "../../../helm/driver.ts";
import { isApiError, type ApiClient } from "../../../runtime/api.ts";
import type { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import type { DynamicObject, Resource } from "../../../runtime/object.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import type { GrantOf } from "../grants.ts";
import { keyOfRelease, refOf } from "./identity.ts";

/** An object of a manifest, as far as it can be found. */
export type Found =
  | { readonly state: "found"; readonly resource: Resource; readonly live: DynamicObject }
  | { readonly state: "absent"; readonly resource: Resource }
  /** Its kind is not served, or cannot be watched; the sentence says why. */
  | { readonly state: "unknown"; readonly because: string; readonly served: boolean };

/** Objects of one release that are asked for at once. */
const LOOKS_AT_ONCE = 16;

export interface LookupDeps {
  readonly api: Pick<ApiClient, "resolve">;
  readonly watches: ObjectWatches;
  /** `clock.monotonic()` when the Secret of this uid and resourceVersion was first heard of. */
  readonly heardAt: (secret: { readonly uid: string; readonly resourceVersion: string }) => number;
  readonly grantOf: GrantOf;
}

/** Looks objects up in watches that all releases share, and asks for those that no watch covers. */
export class ObjectLookup {
  readonly #deps: LookupDeps;
  /** Release → its Secret's version for which every object is known to be at least as fresh as helm left it. */
  readonly #fresh = new Map<string, string>();

  constructor(deps: LookupDeps) {
    this.#deps = deps;
  }

  /**
   * The objects as they are at least as late as the Secret's version was written. A watch may lag behind the helm run that ended a moment
   * ago: once a version, objects whose watch began before it are read afresh.
   */
  async find(
    release: ReleaseRef,
    secret: { readonly uid: string; readonly resourceVersion: string },
    objects: readonly ReleaseObject[],
    signal: AbortSignal,
  ): Promise<readonly Found[]> {
    const key = keyOfRelease(release);
    const version = `${secret.uid}@${secret.resourceVersion}`;
    const known = this.#fresh.get(key) === version;
    const heardAt = this.#deps.heardAt(secret);
    const found = await mapAtMost(objects, LOOKS_AT_ONCE, (object) => this.#find(release, object, known ? undefined : heardAt, signal));
    this.#fresh.set(key, version);
    return found;
  }

  /** The objects as the watches have them. */
  seen(release: ReleaseRef, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly Found[]> {
    return mapAtMost(objects, LOOKS_AT_ONCE, (object) => this.#find(release, object, undefined, signal));
  }

  /** The release is gone. */
  forget(release: ReleaseRef): void {
    this.#fresh.delete(keyOfRelease(release));
  }

  async #find(release: ReleaseRef, object: ReleaseObject, heardAt: number | undefined, signal: AbortSignal): Promise<Found> {
    const { api, watches } = this.#deps;
    const name = `${object.kind} ${object.name}`;
    const resource = await api.resolve(object.apiVersion, object.kind, signal);
    if (resource === undefined)
      return { state: "unknown", served: false, because: `${name}: the API server does not serve ${object.apiVersion} ${object.kind}` };
    const { namespace } = refOf(object, resource, release.namespace);
    if (!watches.covers(resource, namespace)) return this.#read(resource, namespace, object, signal);
    const trouble = await watches.watch(resource, namespace, signal);
    if (trouble !== undefined)
      return { state: "unknown", served: true, because: `${name}: ${resource.plural} cannot be watched: ${this.#granted(trouble)}` };
    if (heardAt !== undefined && (watches.listedAt(resource, namespace) ?? 0) <= heardAt)
      await watches.refresh(resource, namespace, object.name, signal);
    const live = watches.get(resource, namespace, object.name);
    return live === undefined ? { state: "absent", resource } : { state: "found", resource, live };
  }

  #granted(trouble: string): string {
    const grant = this.#deps.grantOf(trouble);
    return grant === undefined ? trouble : `${trouble}; ${grant}`;
  }

  /** An object of a namespace that is not watched is asked for at every look. */
  async #read(resource: Resource, namespace: string | undefined, { kind, name }: ReleaseObject, signal: AbortSignal): Promise<Found> {
    try {
      const live = await this.#deps.watches.read(resource, namespace, name, signal);
      return live === undefined ? { state: "absent", resource } : { state: "found", resource, live };
    } catch (error) {
      if (!isApiError(error, 403)) throw error;
      // The same words for every object of the kind: then they are said once.
      const trouble = this.#granted(error.message.replace(` "${name}" is forbidden: `, " is forbidden: "));
      const because = `${kind} ${name}: namespace ${namespace ?? ""} is outside --watch-namespaces, and the object cannot be read: ${trouble}`;
      return { state: "unknown", served: true, because };
    }
  }
}
