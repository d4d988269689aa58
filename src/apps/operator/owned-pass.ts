import type { ApiClient } from "../../runtime/api.ts";
import { keyOf, type KubeObject, type Resource } from "../../runtime/object.ts";
import type { Requeue } from "../../runtime/reconcile/controller.ts";
import type { Ownership } from "./ownership.ts";

export interface OwnedPassDeps<Obj extends KubeObject> {
  readonly kernel: { reconcile(key: string, signal: AbortSignal): Promise<Requeue>; forget(key: string): void };
  readonly ownership: Pick<Ownership, "pass" | "epochOf" | "others">;
  readonly resource: Resource;
  readonly api: Pick<ApiClient, "get">;
  readonly store: { get(key: string): Obj | undefined; upsert(object: Obj): boolean; remove(object: Obj): boolean };
  readonly parse: (object: KubeObject) => Obj;
  /** Reads anew whatever else belongs to the object. */
  readonly freshen: (object: Obj, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Passes over objects that are ours. Before the first one under each hold the object is read anew: whoever worked on it before has written, and the
 * watch may not have told it yet.
 */
export const ownedPass = <Obj extends KubeObject>(deps: OwnedPassDeps<Obj>): ((key: string, signal: AbortSignal) => Promise<Requeue>) => {
  const { kernel, ownership, store } = deps;
  /** By key: uid and epoch of the hold under which the object was read anew. */
  const fresh = new Map<string, string>();
  return async (key, signal) => {
    const uid = store.get(key)?.metadata.uid;
    if (uid === undefined) {
      fresh.delete(key);
      return kernel.reconcile(key, signal);
    }
    const done = await ownership.pass(uid, async () => {
      const hold = `${uid} ${ownership.epochOf(uid)}`;
      if (ownership.others && fresh.get(key) !== hold) await readAnew(key, deps, signal);
      fresh.set(key, hold);
      return kernel.reconcile(key, signal);
    });
    if (done === undefined) kernel.forget(key);
    return done ?? {};
  };
};

const readAnew = async <Obj extends KubeObject>(
  key: string,
  { api, resource, store, parse, freshen }: OwnedPassDeps<Obj>,
  signal: AbortSignal,
): Promise<void> => {
  const known = store.get(key);
  if (known === undefined) return;
  const { namespace, name } = known.metadata;
  const live = await api.get<KubeObject>({ resource, namespace, name }, signal);
  if (live === undefined) return void store.remove(known);
  store.upsert(parse(live));
  const now = store.get(keyOf(live));
  if (now !== undefined) await freshen(now, signal);
};
