import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ReadEntry } from "tar";
import { ArchiveContents } from "./contents.ts";
import { type ArchiveLimits, walkArchive } from "./walk.ts";

export interface UnpackRequest {
  /** A tar archive, gzipped or not, that nobody changes meanwhile. */
  readonly file: string;
  /** Folder of the chart inside; `.` is the top, or the only folder there. */
  readonly subpath: string;
  /** Existing folder that belongs to the caller, who removes it whatever happens. */
  readonly target: string;
  /** How messages name the archive. */
  readonly field: string;
  readonly limits?: ArchiveLimits | undefined;
}

/**
 * Unpacks the chart of an archive: the only extractor there is. The whole archive is judged before anything is written: names that climb or are
 * absolute, devices, names twice, limits; links are refused in the chart and left out elsewhere. Files and folders are for their owner only.
 * @throws {SourceError}
 */
export const unpackChart = async ({ file, subpath, target, field, limits }: UnpackRequest, signal: AbortSignal): Promise<void> => {
  const contents = new ArchiveContents(field, limits);
  const take = (entry: ReadEntry): void => {
    contents.add(entry);
    entry.resume();
  };
  await walkArchive({ file, field, limits }, take, signal);
  const root = contents.chartAt(subpath);
  const opened = new Set<number>();
  try {
    await walkArchive({ file, field, limits }, (entry) => write(entry, contents.placeBelow(root, entry.path), { target, opened }), signal);
  } finally {
    // A file of which the end has not come would keep its place on a full disk although it was removed.
    for (const left of opened) closeSync(left);
  }
};

interface Writing {
  readonly target: string;
  /** Descriptors of the files that are not complete. */
  readonly opened: Set<number>;
}

/** Written at once, piece by piece as it is read: nothing is under way when the walk ends, however it ends. */
const write = (entry: ReadEntry, place: string | undefined, { target, opened }: Writing): void => {
  if (place === undefined || entry.type === "Directory" || entry.type === "GNUDumpDir") {
    entry.resume();
    return;
  }
  const path = join(target, place);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const open = openSync(path, "wx", 0o600);
  opened.add(open);
  entry.once("end", () => {
    opened.delete(open);
    closeSync(open);
  });
  entry.on("data", (chunk) => writeAll(open, chunk));
};

const writeAll = (open: number, chunk: Uint8Array): void => {
  for (let done = 0; done < chunk.byteLength;) done += writeSync(open, chunk, done);
};
