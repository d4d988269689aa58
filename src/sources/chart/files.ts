import { constants } from "node:fs";
import { lstat, open, readdir, readFile, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { IgnoreError, type IgnoreRules, parseIgnore } from "./ignore.ts";
import { insteadOfLink } from "./links.ts";
import { quote } from "../net/remote-url.ts";
import { invalidChart, notAllowed, type SourceError, tooLarge } from "../errors.ts";

/** A file of a chart. `path` is relative to the chart, with `/`. */
export interface ChartFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface ChartLimits {
  /** Of all files together. */
  readonly totalBytes: number;
  /** Of one file; helm's own limit. */
  readonly fileBytes: number;
  /** Files and folders. */
  readonly entries: number;
}

export const CHART_LIMITS: ChartLimits = { totalBytes: 64 * 2 ** 20, fileBytes: 5 * 2 ** 20, entries: 20_000 };

/** Paths of the folders that the files are in. */
export const foldersOf = (files: readonly ChartFile[]): ReadonlySet<string> => {
  const folders = new Set<string>();
  for (const { path } of files)
    for (let end = path.lastIndexOf("/"); end > 0 && !folders.has(path.slice(0, end)); end = path.lastIndexOf("/", end - 1))
      folders.add(path.slice(0, end));
  return folders;
};

/**
 * The files helm would load from a chart folder, sorted by path, after `.helmignore`. Links are followed, as helm does, while they stay inside the
 * chart; links that lead out, link loops, devices, pipes and sockets are refused.
 * @param folder Real path (no link in it).
 * @throws {SourceError} The message starts with `field`, which names what the user wrote.
 */
export const readChartFiles = async (folder: string, field: string, limits: ChartLimits = CHART_LIMITS): Promise<readonly ChartFile[]> => {
  try {
    const walk = new Walk(folder, field, limits, parseIgnore(await readInside(folder, ".helmignore", field)));
    await walk.folder("", [folder]);
    return walk.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  } catch (error) {
    if (error instanceof IgnoreError) throw invalidChart(`${field}: ${error.message}`);
    throw error;
  }
};

const IGNORE_BYTES = 65_536;

/** Text of a small file at the top of the chart, empty when there is none. It is read before the walk has judged it, so links are not followed out. */
const readInside = async (folder: string, name: string, field: string): Promise<string> => {
  if ((await lstat(join(folder, name)).catch(() => undefined)) === undefined) return "";
  const real = await realpath(join(folder, name)).catch(() => undefined);
  if (real === undefined || !isInside(real, folder)) throw leadsOut(field, name);
  const stats = await lstat(real);
  if (!stats.isFile()) return "";
  if (stats.size <= IGNORE_BYTES) return readFile(real, "utf8");
  throw tooLarge(`${field}: "${name}" has ${stats.size} bytes, the limit is ${IGNORE_BYTES}`);
};

const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);

/** The same whether or not there is something: a chart could ask what else is on this machine. */
const leadsOut = (field: string, path: string): SourceError =>
  notAllowed(`${field}: ${quote(path)} is a symbolic link that is broken or points outside the chart: ${insteadOfLink(path)}`);

const chartIgnored = (field: string, rule: string): SourceError =>
  invalidChart(`${field}: Chart.yaml is there, but .helmignore leaves it out (${rule}): helm finds no chart then; correct that rule`);

class Walk {
  readonly files: ChartFile[] = [];
  readonly #root: string;
  readonly #field: string;
  readonly #limits: ChartLimits;
  readonly #ignores: IgnoreRules;
  #entries = 0;
  #bytes = 0;

  constructor(root: string, field: string, limits: ChartLimits, ignores: IgnoreRules) {
    this.#root = root;
    this.#field = field;
    this.#limits = limits;
    this.#ignores = ignores;
  }

  /** `trail`: real paths of the folders on the way here, the last one being read. */
  async folder(path: string, trail: readonly string[]): Promise<void> {
    for (const name of await readdir(trail.at(-1) ?? this.#root)) {
      if (++this.#entries > this.#limits.entries) throw this.#tooLarge(`contains more than ${this.#limits.entries} entries`);
      await this.#entry(path === "" ? name : `${path}/${name}`, join(trail.at(-1) ?? this.#root, name), trail);
    }
  }

  async #entry(path: string, place: string, trail: readonly string[]): Promise<void> {
    const isLink = (await lstat(place)).isSymbolicLink();
    const real = isLink ? await this.#follow(path, place) : place;
    if (real === undefined) return;
    const stats = await lstat(real);
    const rule = this.#ignores(path, stats.isDirectory());
    if (rule !== undefined && path === "Chart.yaml") throw chartIgnored(this.#field, rule);
    if (rule !== undefined) return;
    if (stats.isDirectory()) {
      if (trail.includes(real)) throw this.#invalid(`"${path}" is a symbolic link to one of its own parent folders`);
      return this.folder(path, [...trail, real]);
    }
    if (!stats.isFile()) throw this.#invalid(`"${path}" is neither a file nor a folder`);
    this.files.push({ path, bytes: await this.#read(path, real) });
  }

  /** Undefined for a link that may not be followed but is ignored anyway. */
  async #follow(path: string, link: string): Promise<string | undefined> {
    const real = await realpath(link).catch(() => undefined);
    if (real !== undefined && isInside(real, this.#root)) return real;
    if ((this.#ignores(path, false) ?? this.#ignores(path, true)) !== undefined) return undefined;
    throw leadsOut(this.#field, path);
  }

  /** O_NOFOLLOW and O_NONBLOCK: what became a link or a pipe since it was looked at must not be followed or waited for. */
  async #read(path: string, real: string): Promise<Uint8Array> {
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw this.#invalid(`"${path}" is neither a file nor a folder`);
      this.#charge(path, stats.size);
      const bytes = await file.readFile();
      this.#charge(path, Math.max(0, bytes.byteLength - stats.size));
      return bytes;
    } finally {
      await file.close();
    }
  }

  #charge(path: string, bytes: number): void {
    const { fileBytes, totalBytes } = this.#limits;
    this.#bytes += bytes;
    if (bytes > fileBytes) throw this.#tooLarge(`"${path}" has ${bytes} bytes, helm accepts files of at most ${fileBytes}`);
    if (this.#bytes > totalBytes) throw this.#tooLarge(`the chart has more than ${totalBytes} bytes`);
  }

  #invalid(what: string): SourceError {
    return invalidChart(`${this.#field}: ${what}: remove it from the chart or list it in .helmignore`);
  }

  #tooLarge(what: string): SourceError {
    return tooLarge(`${this.#field}: ${what}: list what helm does not need in .helmignore`);
  }
}
