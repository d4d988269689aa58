import { sha256_40 } from "../../../base/json/digest.ts";
import { FINISHED_MAX } from "../../api/history.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";

type Named = Pick<ReleaseObject, "kind" | "name" | "namespace">;

/** Of all marks together, as JSON. Whoever does not fit in by name is marked by a digest of {@link DIGEST_CHARACTERS}, so that none is forgotten. */
const MARKS_BYTES = 8_000;
const DIGEST_CHARACTERS = 12;

const digestOf = (name: string): string => `#${sha256_40(name).slice(-DIGEST_CHARACTERS + 1)}`;
/** With quotes and a comma. */
const bytesOf = (mark: string): number => Buffer.byteLength(mark) + 3;
const DIGEST_BYTES = DIGEST_CHARACTERS + 3;

/** `Kind name`; of an object in another namespace than its release's, `Kind namespace/name`. */
const nameOf = ({ kind, name, namespace }: Named, home: string): string =>
  `${kind} ${namespace === undefined || namespace === home ? name : `${namespace}/${name}`}`;

/** What status remembers of Jobs and bare Pods that are done: their names, and a digest for those that find no room. `home`: the release's namespace. */
export const finishedMarks = (done: readonly Named[], home: string): readonly string[] => {
  const kept = done.slice(0, FINISHED_MAX);
  let room = MARKS_BYTES - kept.length * DIGEST_BYTES;
  return kept.map((object) => {
    const name = nameOf(object, home);
    const more = bytesOf(name) - DIGEST_BYTES;
    if (more > room) return digestOf(name);
    room -= Math.max(0, more);
    return name;
  });
};

/** Status remembers the object as done. */
export const isMarked = (marks: readonly string[], object: Named, home: string): boolean => {
  const name = nameOf(object, home);
  return marks.includes(name) || marks.includes(digestOf(name));
};
