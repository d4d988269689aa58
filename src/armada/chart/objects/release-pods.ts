import type { ReleaseRef } from "../../../helm/driver.ts";
import type { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import { keyOf, type DynamicObject, type Resource } from "../../../runtime/object.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { belongsTo, mayHavePods, podSentences } from "../../readiness/pods.ts";
import type { GrantOf } from "../grants.ts";
import { keyOfRelease } from "./identity.ts";

export const PODS: Resource = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };

/** The pods of the workloads of releases. */
export class ReleasePods {
  readonly #watches: ObjectWatches;
  readonly #grantOf: GrantOf;
  /** Release → keys of the pods of its workloads, as they were last looked up. */
  readonly #keys = new Map<string, ReadonlySet<string>>();

  constructor({ watches, grantOf }: { readonly watches: ObjectWatches; readonly grantOf: GrantOf }) {
    this.#grantOf = grantOf;
    this.#watches = watches;
  }

  /** `Pod name` of pods that belong to workloads of the manifest and still exist. Pods that cannot be watched may exist: the sentence says so. */
  async remaining(release: ReleaseRef, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly string[]> {
    const pods = await this.#of(release, objects, signal);
    const trouble = await this.#watch([...byNamespace(release, objects).keys()], signal);
    const grant = trouble === undefined ? undefined : this.#grantOf(trouble);
    const unseen = trouble === undefined ? [] : [`pods that cannot be watched (${trouble}${grant === undefined ? "" : `; ${grant}`})`];
    return [...pods.map(({ metadata }) => `Pod ${metadata.name}`), ...unseen];
  }

  /** Undefined, or why pods of one of the namespaces may be missing. */
  async #watch(namespaces: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const troubles = await Promise.all(namespaces.map((namespace) => this.#watches.watch(PODS, namespace, signal)));
    return troubles.find((trouble) => trouble !== undefined);
  }

  async #of(release: ReleaseRef, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly DynamicObject[]> {
    const inNamespace = byNamespace(release, objects);
    if (inNamespace.size === 0) return [];
    await this.#watch([...inNamespace.keys()], signal);
    const pods = this.#watches
      .list(PODS)
      .filter((pod) => inNamespace.get(pod.metadata.namespace ?? "")?.some((workload) => belongsTo(pod, workload)) === true);
    const key = keyOfRelease(release);
    if (pods.length === 0) this.#keys.delete(key);
    else this.#keys.set(key, new Set(pods.map(keyOf)));
    return pods;
  }

  /** `namespace/name` of the releases that have the pod among those of their workloads: who asked for them last may be waiting for it to go. */
  releasesWith(pod: DynamicObject): readonly string[] {
    return [...this.#keys].flatMap(([release, pods]) => (pods.has(keyOf(pod)) ? [release] : []));
  }

  /** Why the pods of these workloads do not start, one sentence for each reason. */
  async problems(release: ReleaseRef, objects: readonly ReleaseObject[], signal: AbortSignal): Promise<readonly string[]> {
    return podSentences(await this.#of(release, objects, signal)).slice(0, 5);
  }

  /** The release is gone. */
  forget(release: ReleaseRef): void {
    this.#keys.delete(keyOfRelease(release));
  }
}

/** What may have pods. */
const byNamespace = (release: ReleaseRef, objects: readonly ReleaseObject[]): ReadonlyMap<string, readonly ReleaseObject[]> =>
  Map.groupBy(objects.filter(mayHavePods), (object) => object.namespace ?? release.namespace);
