import { sha256_40 } from "../../base/digest.ts";
import { FINISHED_MAX } from "../api/history.ts";
import type { ReleaseObject } from "../readiness/manifest.ts";

type Named = Pick<ReleaseObject, "kind" | "name">;

/** Of all marks together, as JSON. Whoever does not fit in by name is marked by a digest of {@link DIGEST_CHARACTERS}, so that none is forgotten. */
const MARKS_BYTES = 8_000;
const DIGEST_CHARACTERS = 12;

const nameOf = ({ kind, name }: Named): string => `${kind} ${name}`;
const digestOf = (object: Named): string => `#${sha256_40(nameOf(object)).slice(-DIGEST_CHARACTERS + 1)}`;
/** With quotes and a comma. */
const bytesOf = (mark: string): number => Buffer.byteLength(mark) + 3;
const DIGEST_BYTES = DIGEST_CHARACTERS + 3;

/** What status remembers of Jobs and bare Pods that are done: `Kind name`, and a digest of that for those that find no room. */
export const finishedMarks = (done: readonly Named[]): readonly string[] => {
  const kept = done.slice(0, FINISHED_MAX);
  let room = MARKS_BYTES - kept.length * DIGEST_BYTES;
  return kept.map((object) => {
    const more = bytesOf(nameOf(object)) - DIGEST_BYTES;
    if (more > room) return digestOf(object);
    room -= Math.max(0, more);
    return nameOf(object);
  });
};

/** Status remembers the object as done. */
export const isMarked = (marks: readonly string[], object: Named): boolean => marks.includes(nameOf(object)) || marks.includes(digestOf(object));
