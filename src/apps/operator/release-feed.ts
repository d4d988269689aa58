import type { Clock } from "../../base/time/clock.ts";
import type { ReleaseRef } from "../../helm/driver.ts";
import { releaseOf } from "../../helm/record/revision.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Change, Store } from "../../runtime/cache/store.ts";

/** A release as a key of maps and of the estate's index. */
export const releaseKey = ({ namespace, name }: ReleaseRef): string => `${namespace}/${name}`;

/** What is heard of release Secrets: when of each version, and by whoever waits for a release. */
export class ReleaseFeed {
  readonly #clock: Clock;
  /** By the Secret's uid. */
  readonly #heard = new Map<string, { readonly resourceVersion: string; readonly atMs: number }>();
  /** By {@link releaseKey}. */
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor({ secrets, clock }: { readonly secrets: Pick<Store<KubeObject>, "onChange">; readonly clock: Clock }) {
    this.#clock = clock;
    secrets.onChange((change) => this.#hear(change));
  }

  /** `clock.monotonic()` when this version of the Secret was first heard of; now when it was not yet. */
  heardAt({ uid, resourceVersion }: { readonly uid: string; readonly resourceVersion: string }): number {
    const entry = this.#heard.get(uid);
    return entry?.resourceVersion === resourceVersion ? entry.atMs : this.#clock.monotonic();
  }

  /** Calls back whenever a Secret of the release changes; returns the way to stop. */
  onChange(release: ReleaseRef, listener: () => void): () => void {
    const key = releaseKey(release);
    const set = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) this.#listeners.delete(key);
    };
  }

  #hear({ type, object }: Change<KubeObject>): void {
    const { uid, resourceVersion } = object.metadata;
    if (type === "deleted") this.#heard.delete(uid);
    else this.#heard.set(uid, { resourceVersion, atMs: this.#clock.monotonic() });
    const release = releaseOf(object);
    if (release !== undefined) for (const listener of this.#listeners.get(releaseKey(release)) ?? []) listener();
  }
}
