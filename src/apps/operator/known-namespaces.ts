import type { Informer } from "../../runtime/cache/informer.ts";
import type { KubeObject } from "../../runtime/object.ts";

type Filling = Pick<Informer<KubeObject>, "namespace" | "hasSynced" | "synced" | "answered">;

/**
 * Which namespaces the caches hold whole. Nobody decides on an object before: a group whose charts are not listed yet seems to have none. A
 * namespace whose lists are refused, because it is gone or somebody took a RoleBinding away, holds up no other.
 */
export class KnownNamespaces {
  /** By namespace; one for all where they cannot be told apart. */
  readonly #fillings: ReadonlyMap<string | undefined, readonly Filling[]>;

  /** `apart`: no object has to do with one of another namespace. */
  constructor({ informers, apart }: { readonly informers: readonly Filling[]; readonly apart: boolean }) {
    this.#fillings = Map.groupBy(informers, ({ namespace }) => (apart ? namespace : undefined));
  }

  has(namespace: string): boolean {
    return isKnown(this.#fillings.get(namespace) ?? this.#fillings.get(undefined) ?? []);
  }

  /** Resolves when one is known, and each other is known or refused. */
  async settled(signal: AbortSignal): Promise<void> {
    const all = [...this.#fillings.values()];
    await Promise.race(all.map((filling) => synced(filling, signal)));
    await Promise.all(all.flat().map((informer) => informer.answered(signal)));
  }

  /** Calls `listener` for each that is not known yet, once it is. Resolves when all are, or the signal aborts. */
  async tell(listener: (namespace: string | undefined) => void, signal: AbortSignal): Promise<void> {
    const unknown = [...this.#fillings].filter(([, filling]) => !isKnown(filling));
    const telling = unknown.map(async ([namespace, filling]) => {
      await synced(filling, signal);
      listener(namespace);
    });
    try {
      await Promise.all(telling);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

const isKnown = (filling: readonly Filling[]): boolean => filling.length > 0 && filling.every(({ hasSynced }) => hasSynced);

const synced = async (filling: readonly Filling[], signal: AbortSignal): Promise<void> => {
  await Promise.all(filling.map((informer) => informer.synced(signal)));
};
