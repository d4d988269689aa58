import type { DynamicObject } from "../object.ts";

/** What the Leases of a group of replicas are called. */
export interface ShardNames {
  /** Of the operator: its own Lease, and how all others begin. */
  readonly operator: string;
  /** Label of every one of them: how many shards there are. */
  readonly shardsLabel: string;
  /** Label of the Lease of a replica that takes no more shards. */
  readonly leavingLabel: string;
}

/** Of one membership of one replica; `host` is for people. */
export const replicaName = ({ operator }: ShardNames, host: string, nonce: string): string => {
  const readable = host
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 100);
  return `${operator}-replica-${readable}-${nonce}`;
};

export const isReplica = ({ operator }: ShardNames, name: string): boolean => name.startsWith(`${operator}-replica-`);

export const isLeaving = ({ leavingLabel }: ShardNames, { metadata }: DynamicObject): boolean => metadata.labels?.[leavingLabel] === "true";

/** How many shards the writer of the Lease goes by; 1 when it does not say. */
export const shardsOf = ({ shardsLabel }: ShardNames, { metadata }: DynamicObject): number => Number(metadata.labels?.[shardsLabel] ?? 1);
