import { isObserved, type Node } from "../../../armada/estate/estate.ts";
import type { Metrics } from "./metrics.ts";
import type { Store } from "../../../runtime/cache/store.ts";

/**
 * Keeps one series for each object of the stores: 1 while its status says, of its current generation, that what is wanted is so. Series of an
 * earlier lease hold go: what was deleted since then is in no store.
 */
export const showReadiness = (stores: readonly Pick<Store<Node>, "onChange">[], { objectReady }: Pick<Metrics, "objectReady">): void => {
  objectReady.reset();
  for (const store of stores) {
    store.onChange(({ type, object }) => {
      const { kind, metadata, status } = object;
      const labels = { kind, namespace: metadata.namespace ?? "", name: metadata.name };
      if (type === "deleted") objectReady.remove(labels);
      else objectReady.set(labels, status?.satisfied === true && isObserved(object) ? 1 : 0);
    });
  }
};
