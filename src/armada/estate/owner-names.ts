import type { Estate, Node } from "./estate.ts";

/** Names of the parents of ours that own the object. */
export const ownerNames = (node: Node, estate: Estate): readonly string[] =>
  estate.ownersOf(node).flatMap(({ uid }) => {
    const owner = estate.parent(uid)?.metadata;
    return owner === undefined ? [] : [owner.namespace === node.metadata.namespace ? owner.name : `${owner.namespace ?? ""}/${owner.name}`];
  });
