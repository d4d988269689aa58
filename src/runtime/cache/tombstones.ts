import { OldestOut } from "../../base/work/oldest-out.ts";
import { compareResourceVersions, type KubeObject } from "../object.ts";

/**
 * Remembers at which version objects went away, the latest `limit` of them, so that a late answer does not bring one back.
 * A newer version does: an object that leaves a watch's selector is reported as deleted and may return.
 */
export class Tombstones {
  readonly #versions: OldestOut<string, string>;

  constructor(limit: number) {
    this.#versions = new OldestOut(limit);
  }

  add(uid: string, resourceVersion: string): void {
    const known = this.#versions.get(uid);
    this.#versions.set(uid, known !== undefined && compareResourceVersions(known, resourceVersion) > 0 ? known : resourceVersion);
  }

  covers(object: KubeObject): boolean {
    const goneAt = this.#versions.get(object.metadata.uid);
    return goneAt !== undefined && compareResourceVersions(object.metadata.resourceVersion, goneAt) <= 0;
  }

  clear(): void {
    this.#versions.clear();
  }
}
