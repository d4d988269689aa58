import type { Clock } from "../../../base/clock.ts";
import { mapAtMost } from "../../../base/turns.ts";
import { isApiError, type ApiClient } from "../../../runtime/api.ts";
import { keyOf, type DynamicObject, type Resource } from "../../../runtime/object.ts";
import type { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import type { BlockingObject, ReleaseRef } from "../../../helm/driver.ts";
import type { ReleaseContent, ReleaseRecord } from "../../../helm/release.ts";
import { HELM_MANAGED_BY, HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import { listObjects, ManifestError, type ReleaseObject } from "../../readiness/manifest.ts";
import { identityOf, lastOfEach, locator, refOf } from "./identity.ts";
import { SeenComplete } from "./seen-complete.ts";
import { belongsTo, mayHavePods, podSentences } from "../../readiness/pods.ts";
import type { AssessOptions } from "../../readiness/verdict.ts";

const STORAGE_CLASSES: Resource = { group: "storage.k8s.io", version: "v1", plural: "storageclasses", kind: "StorageClass", namespaced: false };
const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

export const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false };
export const PODS: Resource = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };

/** An object of a manifest, as far as it can be found. */
export type Found =
  | { readonly state: "found"; readonly resource: Resource; readonly live: DynamicObject }
  | { readonly state: "absent"; readonly resource: Resource }
  /** Its kind is not served, or cannot be watched; the sentence says why. */
  | { readonly state: "unknown"; readonly because: string; readonly served: boolean };

/** What a manifest lists, or why that is not looked at. */
export type Listed = readonly ReleaseObject[] | { readonly refused: string };

const list = async (manifest: string): Promise<Listed> => {
  try {
    return await listObjects(manifest);
  } catch (error) {
    if (error instanceof ManifestError) return { refused: error.message };
    throw error;
  }
};

/** Objects of one release that are asked for at once. */
const LOOKS_AT_ONCE = 16;

/** An object that exists and carries the release's annotations. */
export interface Owned {
  readonly object: ReleaseObject;
  readonly uid: string;
}

export interface ReleaseObjectsDeps {
  readonly api: ApiClient;
  readonly watches: ObjectWatches;
  readonly clock: Clock;
  /** `clock.monotonic()` when the Secret of this uid and resourceVersion was first heard of. */
  readonly heardAt: (secret: { readonly uid: string; readonly resourceVersion: string }) => number;
}

/** Looks up the objects of releases in watches that all releases share. */
export class ReleaseObjects {
  readonly #deps: ReleaseObjectsDeps;
  /** Release → its Secret's version for which every object is known to be at least as fresh as helm left it. */
  readonly #fresh = new Map<string, string>();

  readonly #seenComplete = new SeenComplete();

  /** Release → keys of the pods of its workloads, as they were last looked up. */
  readonly #pods = new Map<string, ReadonlySet<string>>();

  readonly #parsed = new WeakMap<ReleaseContent, Promise<Listed>>();

  constructor(deps: ReleaseObjectsDeps) {
    this.#deps = deps;
    deps.watches.onChange((resource, change) => {
      if (resource.kind === "Job" || resource.kind === "Pod") this.#seenComplete.note(change);
    });
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

  /** `Pod name` of pods that belong to workloads of the manifest and still exist. Pods that cannot be watched may exist: the sentence says so. */
  async remainingPods(release: ReleaseRef, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly string[]> {
    const pods = await this.#podsOf(release, objects, signal);
    const trouble = objects.some(mayHavePods) ? await this.#deps.watches.watch(PODS, signal) : undefined;
    return [...pods.map(({ metadata }) => `Pod ${metadata.name}`), ...(trouble === undefined ? [] : [`pods that cannot be watched (${trouble})`])];
  }

  async #podsOf(release: ReleaseRef, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly DynamicObject[]> {
    const workloads = objects.filter(mayHavePods);
    if (workloads.length === 0) return [];
    await this.#deps.watches.watch(PODS, signal);
    const inNamespace = Map.groupBy(workloads, (object) => object.namespace ?? release.namespace);
    const pods = this.#deps.watches
      .list(PODS)
      .filter((pod) => inNamespace.get(pod.metadata.namespace ?? "")?.some((workload) => belongsTo(pod, workload)) === true);
    const key = keyOfRelease(release);
    if (pods.length === 0) this.#pods.delete(key);
    else this.#pods.set(key, new Set(pods.map(keyOf)));
    return pods;
  }

  /** `namespace/name` of the releases that have the pod among those of their workloads: who asked for them last may be waiting for it to go. */
  releasesWith(pod: DynamicObject): readonly string[] {
    return [...this.#pods].flatMap(([release, pods]) => (pods.has(keyOf(pod)) ? [release] : []));
  }

  /** Why the pods of these workloads do not start, one sentence for each reason. */
  async podProblems(release: ReleaseRef, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly string[]> {
    return podSentences(await this.#podsOf(release, objects, signal)).slice(0, 5);
  }

  /** Of `objects`, those that exist, carry this release's annotations, and are not to be kept: what may be removed in its name. */
  async ownedBy({ release, newest }: ReleaseRecord, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly Owned[]> {
    const found = await this.find(release, newest.secret, objects, signal);
    return objects.flatMap((object, index) => {
      const entry = found[index];
      if (entry?.state !== "found" || !isOfRelease(entry.live, release) || isKeptLive(entry.live)) return [];
      return [{ object, uid: entry.live.metadata.uid }];
    });
  }

  /** Objects of a manifest that carry the annotations of another release, whose name comes with them. */
  async others(
    release: ReleaseRef,
    content: ReleaseContent,
    signal: AbortSignal,
  ): Promise<readonly { readonly object: ReleaseObject; readonly release: string }[]> {
    const objects = await this.listed(release, content, signal);
    if ("refused" in objects) return [];
    const found = await mapAtMost(objects, LOOKS_AT_ONCE, (object) => this.#find(release, object, undefined, signal));
    return objects.flatMap((object, index) => {
      const entry = found[index];
      const { [HELM_RELEASE_NAME]: name, [HELM_RELEASE_NAMESPACE]: namespace } =
        entry?.state === "found" ? (entry.live.metadata.annotations ?? {}) : {};
      const isOthers = name !== undefined && namespace !== undefined && (name !== release.name || namespace !== release.namespace);
      return isOthers ? [{ object, release: namespace === release.namespace ? name : `${namespace}/${name}` }] : [];
    });
  }

  /** The objects of a manifest, each once and where it is; or why they are not looked at. */
  async listed(release: ReleaseRef, content: ReleaseContent, signal: AbortSignal): Promise<Listed> {
    const placed = await this.#placed(release, content, signal);
    return "refused" in placed ? placed : lastOfEach(placed, (object) => object);
  }

  /** Objects that the manifest has more than once. */
  async repeated(release: ReleaseRef, content: ReleaseContent, signal: AbortSignal): Promise<readonly ReleaseObject[]> {
    const placed = await this.#placed(release, content, signal);
    if ("refused" in placed) return [];
    const last = lastOfEach(placed, (object) => object);
    const counted = new Set(last);
    const again = new Set(placed.filter((object) => !counted.has(object)).map(identityOf));
    return again.size === 0 ? [] : last.filter((object) => again.has(identityOf(object)));
  }

  /** Parsed once for each content: a manifest of 1 MB takes 40 ms. */
  async #placed(release: ReleaseRef, content: ReleaseContent, signal: AbortSignal): Promise<Listed> {
    const parsing = this.#parsed.get(content) ?? list(content.manifest);
    this.#parsed.set(content, parsing);
    const parsed = await parsing;
    return "refused" in parsed ? parsed : parsed.map(await locator(parsed, release.namespace, this.#deps.api, signal));
  }

  /** A Job or bare Pod of the release that was complete when it went, and was not made anew since. */
  wasSeenComplete(release: ReleaseRef, object: ReleaseObject): boolean {
    return this.#seenComplete.has(release, object);
  }

  /** How claims of the manifest bind, if it has any. Storage classes that cannot be read are as good as unknown. */
  async storageClasses(objects: readonly ReleaseObject[], signal: AbortSignal): Promise<Pick<AssessOptions, "bindingMode">> {
    if (!objects.some(({ kind }) => kind === "PersistentVolumeClaim")) return {};
    if ((await this.#deps.watches.watch(STORAGE_CLASSES, signal)) !== undefined) return {};
    const classes = this.#deps.watches.list(STORAGE_CLASSES);
    const find = (name: string | undefined): DynamicObject | undefined =>
      classes.find(({ metadata }) => (name === undefined ? metadata.annotations?.[DEFAULT_CLASS] === "true" : metadata.name === name));
    return { bindingMode: (name) => (find(name)?.["volumeBindingMode"] === "WaitForFirstConsumer" ? "WaitForFirstConsumer" : "Immediate") };
  }

  /**
   * Whether an object that was in helm's way is gone, or the release's, by a fresh read. Not of kinds that no release has had: nobody then knows
   * which is meant.
   */
  async isFree(release: ReleaseRef, { kind, namespace, name }: BlockingObject, signal: AbortSignal): Promise<boolean> {
    const resources = this.#deps.watches.resources(kind).filter(({ namespaced }) => namespaced === (namespace !== undefined));
    for (const resource of resources) {
      const live = await this.#deps.api.get({ resource, namespace, name, metadataOnly: true }, signal);
      if (live !== undefined && !isWhollyOf(live, release)) return false;
    }
    return resources.length > 0;
  }

  /** The release is gone. */
  forget(release: ReleaseRef): void {
    this.#fresh.delete(keyOfRelease(release));
    this.#pods.delete(keyOfRelease(release));
  }

  async #find(release: ReleaseRef, object: ReleaseObject, heardAt: number | undefined, signal: AbortSignal): Promise<Found> {
    const { api, watches } = this.#deps;
    const name = `${object.kind} ${object.name}`;
    const resource = await api.resolve(object.apiVersion, object.kind, signal);
    if (resource === undefined)
      return { state: "unknown", served: false, because: `${name}: the API server does not serve ${object.apiVersion} ${object.kind}` };
    const { namespace } = refOf(object, resource, release.namespace);
    if (!watches.covers(resource, namespace)) return this.#read(resource, namespace, object, signal);
    const trouble = await watches.watch(resource, signal);
    if (trouble !== undefined) return { state: "unknown", served: true, because: `${name}: ${resource.plural} cannot be watched: ${trouble}` };
    if (heardAt !== undefined && (watches.listedAt(resource) ?? 0) <= heardAt) await watches.refresh(resource, namespace, object.name, signal);
    const live = watches.get(resource, namespace, object.name);
    return live === undefined ? { state: "absent", resource } : { state: "found", resource, live };
  }

  /** An object of a namespace that is not watched is asked for at every look. */
  async #read(resource: Resource, namespace: string | undefined, { kind, name }: ReleaseObject, signal: AbortSignal): Promise<Found> {
    try {
      const live = await this.#deps.watches.read(resource, namespace, name, signal);
      return live === undefined ? { state: "absent", resource } : { state: "found", resource, live };
    } catch (error) {
      if (!isApiError(error, 403)) throw error;
      const because = `${kind} ${name}: namespace ${namespace ?? ""} is outside --watch-namespaces, and the object cannot be read: ${error.message}`;
      return { state: "unknown", served: true, because };
    }
  }
}

const keyOfRelease = ({ namespace, name }: ReleaseRef): string => `${namespace}/${name}`;

export const isOfRelease = ({ metadata }: DynamicObject, release: ReleaseRef): boolean =>
  metadata.annotations?.[HELM_RELEASE_NAME] === release.name && metadata.annotations[HELM_RELEASE_NAMESPACE] === release.namespace;

/** helm takes it for one of the release's. */
const isWhollyOf = (live: DynamicObject, release: ReleaseRef): boolean =>
  isOfRelease(live, release) && live.metadata.labels?.[HELM_MANAGED_BY.label] === HELM_MANAGED_BY.value;

/** helm was told to leave the object behind, so nobody removes it in the release's name. */
export const isKeptLive = ({ metadata }: DynamicObject): boolean => metadata.annotations?.["helm.sh/resource-policy"] === "keep";
