import { isObserved, type Node } from "../../../armada/estate/estate.ts";
import type { Metrics } from "./metrics.ts";
import type { Store } from "../../../runtime/cache/store.ts";

/**
 * Keeps one series for each object of the stores: 1 while its status says, of its current generation, that what is wanted is so. Series of an
 * earlier lease hold go: what was deleted since then is in no store.
 */
export const showReadiness = (
  stores: readonly Pick<Store<Node>, "onChange" | "list">[],
  { objectReady }: Pick<Metrics, "objectReady">,
  owns: (uid: string) => boolean,
): { readonly again: () => void } => {
  const show = (node: Node, isThere: boolean): void => {
    const { kind, metadata, status } = node;
    const labels = { kind, namespace: metadata.namespace ?? "", name: metadata.name };
    if (isThere && owns(metadata.uid)) objectReady.set(labels, status?.satisfied === true && isObserved(node) ? 1 : 0);
    else objectReady.remove(labels);
  };
  objectReady.reset();
  for (const store of stores) store.onChange(({ type, object }) => show(object, type !== "deleted"));
  return { again: () => stores.forEach((store) => store.list().forEach((object) => show(object, true))) };
};
