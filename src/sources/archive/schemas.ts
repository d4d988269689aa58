import type { ReadEntry } from "tar";
import { messageOf } from "../../base/errors.ts";
import { refuseCostlyJson } from "../../base/json/json-cost.ts";
import { oneLine } from "../../base/text.ts";
import type { ChartFile } from "../chart/files.ts";
import { outsideReferenceIn, type OutsideReference } from "../chart/schema-references.ts";
import { invalidChart, notAllowed, type SourceError, tooLarge } from "../errors.ts";
import { quote, redactUrl } from "../net/remote-url.ts";

/** Where helm finds schemas and archives in a chart, however deep: it passes over what begins with `_` or `.`. */
const SCHEMA = /^(?:charts\/[^/_.][^/]*\/)*values\.schema\.json$/;
const ARCHIVE = /^(?:charts\/[^/_.][^/]*\/)*charts\/[^/_.][^/]*\.tgz$/;

/** helm's own, of one file. */
const FILE_BYTES = 5 * 2 ** 20;
const JSON_LIMITS = { depth: 200, values: 500_000 };
/** Archives of a chart, in each other and all together, and what they unpack to. */
const ARCHIVES = { depth: 8, count: 500, bytes: 200 * 2 ** 20 };

/**
 * Schemas of a chart, of its subcharts, and of archives in it: a reference that helm would open, on the network or on the operator's disk, is
 * refused. @throws {SourceError}
 */
export const judgeSchemas = (files: readonly ChartFile[], signal: AbortSignal): Promise<void> => new Judge(signal).chart(files, []);

class Judge {
  readonly #signal: AbortSignal;
  #archives = 0;
  #bytesLeft = ARCHIVES.bytes;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** `inside`: the archives that it is in, the innermost first. */
  async chart(files: readonly ChartFile[], inside: readonly string[]): Promise<void> {
    for (const { path, bytes } of files) {
      const what = [path, ...inside].join(" in ");
      if (SCHEMA.test(path)) await judgeSchema(bytes, what);
      else if (ARCHIVE.test(path) && isGzip(bytes)) await this.#archive(bytes, [path, ...inside], what);
    }
  }

  async #archive(file: Uint8Array, trail: readonly string[], what: string): Promise<void> {
    if (++this.#archives > ARCHIVES.count) throw tooMany(`the chart holds more than ${ARCHIVES.count} archives in charts/`);
    if (trail.length > ARCHIVES.depth) throw tooMany(`${what}: archives are nested more than ${ARCHIVES.depth} deep`);
    await this.chart(await this.#filesIn(file, what), trail);
  }

  /** What helm could take for a schema or an archive: by its last name, because readers of tar disagree about folders that are written oddly. */
  async #filesIn(file: Uint8Array, what: string): Promise<readonly ChartFile[]> {
    // Only here: a tar reader is much for a process whose charts hold no archives.
    const { ARCHIVE_LIMITS, walkArchive } = await import("./walk.ts");
    const found: { readonly path: string; readonly chunks: Uint8Array[] }[] = [];
    const limits = { ...ARCHIVE_LIMITS, unpackedBytes: this.#bytesLeft };
    const take = (entry: ReadEntry): void => {
      this.#bytesLeft -= entry.size;
      const place = [entry.path, entry.header.path ?? ""].map(lastName).find((path) => path !== undefined);
      if (place === undefined || entry.size > FILE_BYTES) return entry.resume();
      if (!isFile(entry)) throw oddEntry(what, entry.path);
      const chunks: Uint8Array[] = [];
      found.push({ path: place, chunks });
      entry.on("data", (chunk) => chunks.push(chunk));
    };
    await walkArchive({ file, field: what, limits, onMeta: refuseOddMeta(what) }, take, this.#signal);
    return found.map(({ path, chunks }) => ({ path, bytes: Buffer.concat(chunks) }));
  }
}

/** As a file of a chart that {@link SCHEMA} or {@link ARCHIVE} knows. */
const lastName = (path: string): string | undefined => {
  const name = path.split(/[/\\]+/).findLast((part) => part !== "" && part !== ".") ?? "";
  return name === "values.schema.json" ? name : name.endsWith(".tgz") ? `charts/${name.replace(/^[_.]+/, "")}` : undefined;
};

const isFile = ({ type }: ReadEntry): boolean => type === "File" || type === "OldFile" || type === "ContiguousFile";

/** Long names and attributes are all that may stand before an entry, and once: readers of tar differ in what else they take from there. */
const refuseOddMeta = (what: string) => (text: string, count: number) => {
  if (count > 1 || !/^[\w./@-]/.test(text) || text.includes("GNU.sparse")) throw oddEntry(what, "what stands before an entry");
};

const oddEntry = (what: string, path: string): SourceError =>
  invalidChart(`${what}: ${quote(path)} is written as helm package does not write it: package it again`);

/** Anything else helm refuses itself. */
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const judgeSchema = async (bytes: Uint8Array, what: string): Promise<void> => {
  const reference = outsideReferenceIn(await parse(bytes, what));
  if (reference !== undefined) throw notAllowed(`${what}: ${sentence(reference)}`);
};

const parse = async (bytes: Uint8Array, what: string): Promise<unknown> => {
  try {
    await refuseCostlyJson(bytes, JSON_LIMITS);
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw invalidChart(`${what} cannot be read as JSON: ${oneLine(messageOf(error))}: correct it, or remove it from the chart`);
  }
};

const sentence = ({ keyword, target }: OutsideReference): string => {
  const shown = `"${keyword}" is ${quote(redactUrl(target))}`;
  return keyword === "$schema"
    ? `${shown}, which helm would open: use "http://json-schema.org/draft-07/schema#"`
    : `${shown}, which helm would open: copy what it refers to into "definitions" of the same file and refer to it as "#/definitions/NAME"`;
};

const tooMany = (message: string): SourceError => tooLarge(`${message}: unpack them, or leave out what the chart does not need`);
