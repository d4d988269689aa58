import type { BlockingObject, ReleaseRef } from "../../../helm/driver.ts";
import type { ReleaseContent, ReleaseRecord } from "../../../helm/release.ts";
import type { ApiClient } from "../../../runtime/api.ts";
import type { DynamicObject, Resource } from "../../../runtime/object.ts";
import { HELM_MANAGED_BY, HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import type { AssessOptions } from "../../readiness/verdict.ts";
import { ManifestObjects, type Listed } from "./manifest-objects.ts";
import { ObjectLookup, type Found, type LookupDeps } from "./object-lookup.ts";
import { ReleasePods } from "./release-pods.ts";
import { SeenComplete } from "./seen-complete.ts";

const STORAGE_CLASSES: Resource = { group: "storage.k8s.io", version: "v1", plural: "storageclasses", kind: "StorageClass", namespaced: false };
const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

export const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false };

/** An object that exists and carries the release's annotations. */
export interface Owned {
  readonly object: ReleaseObject;
  readonly uid: string;
}

export interface ReleaseObjectsDeps extends LookupDeps {
  readonly api: ApiClient;
}

/** Looks up the objects of releases in watches that all releases share. */
export class ReleaseObjects {
  readonly #deps: ReleaseObjectsDeps;
  readonly #lookup: ObjectLookup;
  readonly #manifests: ManifestObjects;
  readonly #pods: ReleasePods;
  readonly #seenComplete = new SeenComplete();

  constructor(deps: ReleaseObjectsDeps) {
    this.#deps = deps;
    this.#lookup = new ObjectLookup(deps);
    this.#manifests = new ManifestObjects(deps.api);
    this.#pods = new ReleasePods(deps);
    deps.watches.onChange((resource, change) => {
      if (resource.kind === "Job" || resource.kind === "Pod") this.#seenComplete.note(change);
    });
  }

  /** As {@link ObjectLookup.find}. */
  find(
    release: ReleaseRef,
    secret: { readonly uid: string; readonly resourceVersion: string },
    objects: readonly ReleaseObject[],
    signal: AbortSignal,
  ): Promise<readonly Found[]> {
    return this.#lookup.find(release, secret, objects, signal);
  }

  /** As {@link ManifestObjects.listed}. */
  listed(release: ReleaseRef, content: ReleaseContent, signal: AbortSignal): Promise<Listed> {
    return this.#manifests.listed(release, content, signal);
  }

  /** As {@link ManifestObjects.repeated}. */
  repeated(release: ReleaseRef, content: ReleaseContent, signal: AbortSignal): Promise<readonly ReleaseObject[]> {
    return this.#manifests.repeated(release, content, signal);
  }

  /** As {@link ReleasePods.remaining}. */
  remainingPods(release: ReleaseRef, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly string[]> {
    return this.#pods.remaining(release, objects, signal);
  }

  /** As {@link ReleasePods.problems}. */
  podProblems(release: ReleaseRef, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly string[]> {
    return this.#pods.problems(release, objects, signal);
  }

  /** As {@link ReleasePods.releasesWith}. */
  releasesWith(pod: DynamicObject): readonly string[] {
    return this.#pods.releasesWith(pod);
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
    const found = await this.#lookup.seen(release, objects, signal);
    return objects.flatMap((object, index) => {
      const entry = found[index];
      const { [HELM_RELEASE_NAME]: name, [HELM_RELEASE_NAMESPACE]: namespace } =
        entry?.state === "found" ? (entry.live.metadata.annotations ?? {}) : {};
      const isOthers = name !== undefined && namespace !== undefined && (name !== release.name || namespace !== release.namespace);
      return isOthers ? [{ object, release: namespace === release.namespace ? name : `${namespace}/${name}` }] : [];
    });
  }

  /** A Job or bare Pod of the release that was complete when it went, and was not made anew since. */
  wasSeenComplete(release: ReleaseRef, object: ReleaseObject): boolean {
    return this.#seenComplete.has(release, object);
  }

  /** How claims of the manifest bind, if it has any. Storage classes that cannot be read are as good as unknown. */
  async storageClasses(objects: readonly ReleaseObject[], signal: AbortSignal): Promise<Pick<AssessOptions, "bindingMode">> {
    if (!objects.some(({ kind }) => kind === "PersistentVolumeClaim")) return {};
    if ((await this.#deps.watches.watch(STORAGE_CLASSES, undefined, signal)) !== undefined) return {};
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
    this.#lookup.forget(release);
    this.#pods.forget(release);
  }
}

export const isOfRelease = ({ metadata }: DynamicObject, release: ReleaseRef): boolean =>
  metadata.annotations?.[HELM_RELEASE_NAME] === release.name && metadata.annotations[HELM_RELEASE_NAMESPACE] === release.namespace;

/** helm takes it for one of the release's. */
const isWhollyOf = (live: DynamicObject, release: ReleaseRef): boolean =>
  isOfRelease(live, release) && live.metadata.labels?.[HELM_MANAGED_BY.label] === HELM_MANAGED_BY.value;

/** helm was told to leave the object behind, so nobody removes it in the release's name. */
export const isKeptLive = ({ metadata }: DynamicObject): boolean => metadata.annotations?.["helm.sh/resource-policy"] === "keep";
