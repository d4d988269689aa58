import { createHash } from "node:crypto";

/** Longest namespace that an epoch names: with the rest at most 63 characters of a label value. */
const NAMESPACE_MAX = 40;

/** Which Lease an epoch belongs to: its namespace, or of a long one a digest, which begins as no namespace does. */
const markOf = (namespace: string): string =>
  namespace.length <= NAMESPACE_MAX
    ? namespace
    : `_${createHash("sha256")
        .update(namespace)
        .digest("hex")
        .slice(0, NAMESPACE_MAX - 1)}`;

/** Empty of an epoch that names no Lease: earlier versions wrote such. */
const markIn = (epoch: string): string => (epoch.includes(".") ? epoch.slice(epoch.indexOf(".") + 1) : "");

/** `<transitions>-<nonce>.<namespace>`, of a shard `<transitions>-<nonce>-<shard>.<namespace>`: one of a kind, and a label value. */
export const formatEpoch = (transitions: number, nonce: string, namespace: string, shard?: number): string =>
  `${transitions}-${nonce}${shard === undefined ? "" : `-${String(shard)}`}.${markOf(namespace)}`;

/** Which shard's Lease it belongs to; undefined: that of an operator without shards. */
export const shardIn = (epoch: string): number | undefined => {
  const [, shard] = /^\d+-[0-9a-f]+-(\d+)\./.exec(epoch) ?? [];
  return shard === undefined ? undefined : Number(shard);
};

/** Whether the epoch is a lease hold of the Lease in that namespace. Of an epoch that names none this is not known: false. */
export const isOfLeaseIn = (epoch: string, namespace: string): boolean => markIn(epoch) === markOf(namespace);

/** Where the epoch's Lease is; undefined when the epoch does not say, or names it by a digest. */
export const leaseNamespaceOf = (epoch: string): string | undefined => {
  const mark = markIn(epoch);
  return mark === "" || mark.startsWith("_") ? undefined : mark;
};
