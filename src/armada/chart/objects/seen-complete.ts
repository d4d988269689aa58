import type { ReleaseRef } from "../../../helm/driver.ts";
import type { Change } from "../../../runtime/cache/store.ts";
import type { DynamicObject } from "../../../runtime/object.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import { conditionOf, statusOf } from "../../readiness/fields.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";

/** Remembered until status does. */
const SEEN_MAX = 10_000;

/** Jobs and bare Pods that were complete when they went: for the moment between a deletion and the status that remembers it. */
export class SeenComplete {
  /** See {@link keyOf}. */
  readonly #seen = new Set<string>();

  note({ type, object }: Change<DynamicObject>): void {
    const { kind, metadata } = object;
    const { [HELM_RELEASE_NAME]: name, [HELM_RELEASE_NAMESPACE]: namespace } = metadata.annotations ?? {};
    if (name === undefined || namespace === undefined) return;
    const key = keyOf({ namespace, name }, kind, metadata.namespace ?? namespace, metadata.name);
    if (type === "added") this.#seen.delete(key);
    if (type !== "deleted" || !isComplete(object)) return;
    this.#seen.add(key);
    if (this.#seen.size > SEEN_MAX) this.#seen.delete([...this.#seen][0] ?? "");
  }

  has(release: ReleaseRef, { kind, namespace = release.namespace, name }: ReleaseObject): boolean {
    return this.#seen.has(keyOf(release, kind, namespace, name));
  }
}

/** `namespace/release/Kind/namespace/name`. */
const keyOf = (release: ReleaseRef, kind: string, namespace: string, name: string): string =>
  [release.namespace, release.name, kind, namespace, name].join("/");

/** A Job that is complete, a Pod that has succeeded. */
export const isComplete = (live: DynamicObject): boolean =>
  live.kind === "Pod" ? statusOf(live)["phase"] === "Succeeded" : conditionOf(live, "Complete")?.status === "True";
