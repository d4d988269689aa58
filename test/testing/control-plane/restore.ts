import { systemClock } from "../../../src/base/time/clock.ts";
import type { Entry, Etcd } from "./etcd.ts";

/** All that a control plane held when it had booted. */
export type Snapshot = ReadonlyMap<string, Entry>;

/** Renewed all the time by the parts of the control plane. */
const RENEWED = /^\/registry\/(?:leases\/kube-|peerserverleases\/)/;
/** What others would write anew goes last: what is in no namespace any more nobody can write. */
const FIRST = ["namespaces", "apiextensions.k8s.io", "deployments", "statefulsets", "daemonsets", "cronjobs", "jobs", "replicasets"];
const POLL_MS = 50;
/** Of looks at what the controllers do; after that the control plane is not worth waiting for. */
const MOST_LOOKS = 100;
/** As many looks in a row find nothing to undo. */
const QUIET_LOOKS = 3;
/** Of etcd's 2 GiB. */
const MOST_BYTES = 512 * 1024 * 1024;

export const takeSnapshot = async (etcd: Etcd): Promise<Snapshot> => new Map((await etcd.entries("values")).map((entry) => [entry.key, entry]));

/**
 * Puts back what a control plane held when it had booted: whatever a test has left is gone, finalizers or not. False when that cannot be had.
 * `isClean`: whether the API server has followed.
 */
export const restore = async (etcd: Etcd, snapshot: Snapshot, isClean: () => Promise<boolean>): Promise<boolean> => {
  const never = new AbortController().signal;
  const known = new Map([...snapshot].map(([key, { revision }]) => [key, revision]));
  for (let looks = 0, quiet = 0; looks < MOST_LOOKS; looks++) {
    const now = await etcd.entries("keys");
    const changes = changesTo(snapshot, known, now);
    if (changes.put.length + changes.delete.length > 0) {
      quiet = 0;
      await etcd.change(changes);
      // What was put back has a revision of its own; that it is written again at once is its owner's work.
      for (const { key } of changes.put) known.delete(key);
    } else if (await isClean()) quiet += 1;
    if (quiet >= QUIET_LOOKS) return (await etcd.size()) < MOST_BYTES;
    await systemClock.sleep(POLL_MS, never);
  }
  return false;
};

/** Pure. `known`: revisions at which entries are as they were; of an entry that is not in it only that it is there is asked. */
export const changesTo = (
  snapshot: Snapshot,
  known: ReadonlyMap<string, string>,
  now: readonly Entry[],
): { readonly put: readonly Entry[]; readonly delete: readonly string[] } => {
  const there = new Map(now.map(({ key, revision }) => [key, revision]));
  const isChanged = ({ key }: Entry): boolean => {
    const revision = there.get(key);
    return revision === undefined || (!RENEWED.test(key) && known.has(key) && known.get(key) !== revision);
  };
  const added = now.map(({ key }) => key).filter((key) => !snapshot.has(key));
  return { put: [...snapshot.values()].filter(isChanged), delete: added.toSorted((a, b) => rank(a) - rank(b)) };
};

const rank = (key: string): number => {
  const found = FIRST.indexOf(key.split("/")[2] ?? "");
  return found === -1 ? FIRST.length : found;
};
