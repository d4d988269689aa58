import { isObserved, type Node } from "../../armada/estate.ts";
import type { Metrics } from "../../runtime/metrics.ts";
import type { Store } from "../../runtime/store.ts";

/** Keeps one series for each object of the store: 1 while its status says, of its current generation, that what is wanted is so. */
export const showReadiness = <T extends Node>(store: Pick<Store<T>, "onChange">, { objectReady }: Pick<Metrics, "objectReady">): void => {
  store.onChange(({ type, object }) => {
    const { kind, metadata, status } = object;
    const labels = { kind, namespace: metadata.namespace ?? "", name: metadata.name };
    if (type === "deleted") objectReady.remove(labels);
    else objectReady.set(labels, status?.satisfied === true && isObserved(object) ? 1 : 0);
  });
};
