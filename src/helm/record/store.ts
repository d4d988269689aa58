import type { ListOptions } from "../../runtime/api.ts";
import { keyOf, type KubeObject, type Resource } from "../../runtime/object.ts";
import type { ReleaseRef } from "../driver.ts";
import type { ReleaseRecord, ReleaseStore } from "../release.ts";
import { recordOfSecrets, releaseOf, revisionOf } from "./revision.ts";

export const secretResource: Resource = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };

/** What an informer of release Secrets selects; to be listed and watched as metadata only. */
export const releaseSelectors = { labelSelector: "owner=helm", fieldSelector: "type=helm.sh/release.v1" } as const;

/** Name of the index that {@link SecretReleaseStore} needs in its store. */
export const releaseIndex = "release";

const indexKey = ({ namespace, name }: ReleaseRef): string => `${namespace}/${name}`;

const ownerKey = (uid: string): string => `owner ${uid}`;

/** Files a release Secret under `namespace/release`, and under the uid in its owner label. */
export const releaseIndexer = (secret: KubeObject): readonly string[] => {
  const release = releaseOf(secret);
  if (release === undefined) return [];
  const owner = revisionOf(secret)?.labels?.owner;
  return owner === undefined ? [indexKey(release)] : [indexKey(release), ownerKey(owner)];
};

/** The part of `Store` of `runtime/cache/store.ts` that is used. */
export interface SecretStore {
  byIndex(index: string, value: string): readonly KubeObject[];
  get(key: string): KubeObject | undefined;
  upsert(secret: KubeObject): unknown;
  remove(secret: KubeObject): unknown;
}

/** The part of `ApiClient` that is used. */
export interface SecretLister {
  list(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<readonly KubeObject[]>;
}

/** {@link ReleaseStore} over a store of release Secrets (metadata only) that an informer feeds. */
export class SecretReleaseStore implements ReleaseStore {
  readonly #secrets: SecretStore;
  readonly #api: SecretLister;

  constructor(secrets: SecretStore, api: SecretLister) {
    this.#secrets = secrets;
    this.#api = api;
  }

  read(release: ReleaseRef): ReleaseRecord | undefined {
    return recordOfSecrets(release, this.#secrets.byIndex(releaseIndex, indexKey(release)));
  }

  ownedBy(uid: string): readonly ReleaseRef[] {
    const releases = this.#secrets.byIndex(releaseIndex, ownerKey(uid)).flatMap((secret) => releaseOf(secret) ?? []);
    const distinct = [...new Map(releases.map((release) => [indexKey(release), release])).values()];
    return distinct.filter((release) => this.read(release)?.newest.labels?.owner === uid).sort((a, b) => indexKey(a).localeCompare(indexKey(b)));
  }

  /** Rejects with `ApiError`. */
  async refresh(release: ReleaseRef, signal: AbortSignal): Promise<ReleaseRecord | undefined> {
    const before = this.#secrets.byIndex(releaseIndex, indexKey(release));
    const fresh = await this.#api.list(
      secretResource,
      {
        namespace: release.namespace,
        labelSelector: `${releaseSelectors.labelSelector},name=${release.name}`,
        fieldSelector: releaseSelectors.fieldSelector,
        metadataOnly: true,
      },
      signal,
    );
    const present = new Set(fresh.map(({ metadata }) => metadata.uid));
    for (const secret of fresh) this.#secrets.upsert(secret);
    // Known before the read began and absent from it: gone. What the watch brought meanwhile is newer than the read and stays.
    for (const secret of before) if (!present.has(secret.metadata.uid) && this.#isStill(secret)) this.#secrets.remove(secret);
    return this.read(release);
  }

  #isStill(secret: KubeObject): boolean {
    return this.#secrets.get(keyOf(secret))?.metadata.uid === secret.metadata.uid;
  }
}
