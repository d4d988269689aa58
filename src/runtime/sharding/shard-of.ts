const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const WORD = 64n;

/** FNV-1a of 64 bits: what Kubernetes' sharded list and watch computes, so that the API server can filter for us one day. */
export const fnv1a64 = (text: string): bigint => {
  let hash = OFFSET;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  return hash;
};

/** Of so many shards the one of the object of this uid: each is a range of hashes. */
export const shardOf = (uid: string, shards: number): number => Number((fnv1a64(uid) * BigInt(shards)) >> WORD);
