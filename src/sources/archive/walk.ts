import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { invalidChart, notAllowed, type SourceError, tooLarge, unsupported } from "../errors.ts";

export interface ArchiveLimits {
  /** Of everything in the archive, also what is not unpacked. */
  readonly unpackedBytes: number;
  /** Files, folders and links, also folders that are only named on the way to a file. */
  readonly entries: number;
  /** How many times its size an archive of more than {@link RATIO_FREE_BYTES} may unpack to. */
  readonly ratio: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = { unpackedBytes: 200 * 2 ** 20, entries: 20_000, ratio: 200 };

/** Below this a bomb is none. */
const RATIO_FREE_BYTES = 16 * 2 ** 20;

/** Its path, or its bytes. */
export type ArchiveFile = string | Uint8Array;

export interface ArchiveWalk {
  readonly file: ArchiveFile;
  readonly field: string;
  readonly limits?: ArchiveLimits | undefined;
  /** Told what stands before an entry, its attributes or long name; `count` is 1 for the first, a comment does not count. */
  readonly onMeta?: (text: string, count: number) => void;
}

/**
 * Reads a tar archive once, entry by entry; `onEntry` consumes or resumes each. Nothing is kept of what is read.
 * @throws {SourceError} Damaged, no archive, unpacks to too much. What `onEntry` throws is passed on.
 */
export const walkArchive = async (
  { file, field, limits = ARCHIVE_LIMITS, onMeta }: ArchiveWalk,
  onEntry: (entry: ReadEntry) => void,
  signal: AbortSignal,
): Promise<void> => {
  const packed = typeof file === "string" ? (await stat(file)).size : file.byteLength;
  const most = Math.min(limits.unpackedBytes, Math.max(RATIO_FREE_BYTES, packed * limits.ratio));
  const walk = new Walk(field, most, most < limits.unpackedBytes, onEntry, onMeta);
  const gzip = isGzip(typeof file === "string" ? await startOf(file) : file, field);
  try {
    const consume = (chunks: AsyncIterable<Uint8Array>): Promise<void> => walk.consume(chunks);
    const stream = typeof file === "string" ? createReadStream(file) : Readable.from([file]);
    if (gzip) await pipeline(stream, createGunzip(), consume, { signal });
    else await pipeline(stream, consume, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw isDamage(error) ? damaged(field, "its gzip data is corrupt or truncated", error) : error;
  }
};

class Walk {
  readonly #field: string;
  readonly #most: number;
  readonly #bomb: boolean;
  readonly #parser: Parser;
  readonly #ended = Promise.withResolvers<void>();
  /** The two empty blocks have come. What follows them is counted and not parsed: the parser would copy all of it again for every piece. */
  #over = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(field: string, most: number, bomb: boolean, onEntry: (entry: ReadEntry) => void, onMeta: ArchiveWalk["onMeta"]) {
    this.#field = field;
    this.#most = most;
    this.#bomb = bomb;
    this.#parser = new Parser({ strict: true, zstd: false, brotli: false });
    let metas = 0;
    this.#parser.on("meta", (text: string) => this.#guard(() => onMeta?.(text, /^[0-9]+ comment=/.test(text) ? metas : (metas += 1))));
    this.#parser.on("entry", (entry: ReadEntry) => this.#guard(() => onEntry(entry)));
    this.#parser.on("entry", () => (metas = 0));
    this.#parser.on("ignoredEntry", ({ path, type }: ReadEntry) => this.#fail(odd(field, path, type)));
    this.#parser.on("error", (error: unknown) => this.#fail(damaged(field, "it is not a tar archive, or it is corrupt", error)));
    this.#parser.on("eof", () => (this.#over = true));
    this.#parser.on("end", () => this.#ended.resolve());
  }

  async consume(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let bytes = 0;
    for await (const chunk of chunks) {
      if (bytes === 0 && isCompressed(chunk)) throw damaged(this.#field, "it is compressed twice");
      bytes += chunk.byteLength;
      if (bytes > this.#most) throw this.#tooLarge();
      if (!this.#over) this.#guard(() => void this.#parser.write(chunk));
      if (this.#failure !== undefined) throw this.#failure.error;
    }
    this.#guard(() => void this.#parser.end());
    if (this.#failure === undefined) await this.#ended.promise;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#ended.resolve();
  }

  #tooLarge(): SourceError {
    const most = `unpacks to more than ${this.#most} bytes`;
    return this.#bomb
      ? tooLarge(`${this.#field} ${most}, far more than archives of its size do: package it again`)
      : tooLarge(`${this.#field} ${most}: leave out what the chart does not need`);
  }
}

const isCompressed = (chunk: Uint8Array): boolean => chunk[0] === 0x1f && chunk[1] === 0x8b;

/** Other containers by their first bytes, so that the sentence can name them. */
const OTHERS: readonly (readonly [hex: string, name: string])[] = [
  ["504b", "a zip archive"],
  ["fd377a585a", "xz-compressed"],
  ["425a68", "bzip2-compressed"],
  ["28b52ffd", "zstd-compressed"],
  ["3c", "a web page"],
];

const startOf = async (file: string): Promise<Uint8Array> => {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(6), 0, 6, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

const isGzip = (start: Uint8Array, field: string): boolean => {
  const hex = Buffer.from(start.subarray(0, 6)).toString("hex");
  const other = OTHERS.find(([first]) => hex.startsWith(first));
  if (other !== undefined) throw unsupported(`${field} is ${other[1]}: only .tgz and .tar are supported`);
  return isCompressed(start);
};

const isDamage = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");

const damaged = (field: string, what: string, cause?: unknown): SourceError => invalidChart(`${field} cannot be unpacked: ${what}`, cause);

const odd = (field: string, path: string, type: string): SourceError =>
  notAllowed(`${field} holds ${JSON.stringify(path)} of type ${type}: only files and folders are supported`);
