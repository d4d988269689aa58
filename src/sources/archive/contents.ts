import type { ReadEntry } from "tar";
import { ARCHIVE_LIMITS, type ArchiveLimits } from "./walk.ts";
import { noChart } from "../chart/chart.ts";
import { contentsOf } from "../chart/contents.ts";
import { insteadOfLink } from "../chart/links.ts";
import { quote } from "../net/remote-url.ts";
import { type Fault, invalidChart, notAllowed, notFound, type SourceError, tooLarge } from "../errors.ts";

type Kind = "file" | "folder" | "link";

const KINDS: Readonly<Record<string, Kind>> = {
  File: "file",
  OldFile: "file",
  ContiguousFile: "file",
  Directory: "folder",
  GNUDumpDir: "folder",
  Link: "link",
  SymbolicLink: "link",
};

/** What an archive says it holds, judged name by name. */
export class ArchiveContents {
  readonly #field: string;
  readonly #limits: ArchiveLimits;
  readonly #kinds = new Map<string, Kind>();
  #named = 0;

  constructor(field: string, limits: ArchiveLimits = ARCHIVE_LIMITS) {
    this.#field = field;
    this.#limits = limits;
  }

  /** @throws {SourceError} A name or a type that no honest chart has; too many entries. */
  add({ path, type }: Pick<ReadEntry, "path" | "type">): void {
    if (++this.#named > this.#limits.entries) throw this.#tooMany();
    const kind = KINDS[type];
    if (kind === undefined) throw this.#refuse(notAllowed, path, `is of type ${type}: only files and folders are supported`);
    const parts = this.#partsOf(path);
    if (parts.length === 0 && kind !== "folder") throw this.#refuse(notAllowed, path, "names the archive itself");
    if (parts.length > 0) this.#put(parts.join("/"), kind, path);
    for (let depth = parts.length - 1; depth > 0; depth--) if (!this.#put(parts.slice(0, depth).join("/"), "folder", path)) return;
  }

  /**
   * Folder of the chart, without a slash at its end; empty for the top.
   * @throws {SourceError} There is none, or it holds a link.
   */
  chartAt(subpath: string): string {
    const root = this.#rootOf(this.#subpathParts(subpath).join("/"));
    const link = [...this.#kinds].find(([path, kind]) => kind === "link" && isBelow(root, path))?.[0];
    if (link !== undefined) throw this.#refuse(notAllowed, link, `is a link: ${insteadOfLink(root === "" ? link : link.slice(root.length + 1))}`);
    return root;
  }

  /** Where an entry belongs below the chart's folder; undefined for what is elsewhere. */
  placeBelow(root: string, path: string): string | undefined {
    const clean = this.#partsOf(path).join("/");
    return clean === root || !isBelow(root, clean) ? undefined : clean.slice(root === "" ? 0 : root.length + 1);
  }

  /** False when it is known, and with it all folders on the way to it. */
  #put(path: string, kind: Kind, named: string): boolean {
    const known = this.#kinds.get(path);
    if (known !== undefined) {
      if (known === "folder" && kind === "folder") return false;
      throw this.#refuse(invalidChart, named, "occurs twice, or below a file: package it again");
    }
    this.#kinds.set(path, kind);
    if (this.#kinds.size > this.#limits.entries) throw this.#tooMany();
    return true;
  }

  #tooMany(): SourceError {
    return tooLarge(`${this.#field} contains more than ${this.#limits.entries} entries: leave out what the chart does not need`);
  }

  #partsOf(path: string): readonly string[] {
    if (path.startsWith("/")) throw this.#refuse(notAllowed, path, "is an absolute name");
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    if (parts.includes("..")) throw this.#refuse(notAllowed, path, 'contains ".."');
    if (/[\0\\]/.test(path)) throw this.#refuse(notAllowed, path, "contains a backslash or a NUL character");
    if (path.length > 1024 || parts.some((part) => Buffer.byteLength(part) > 255)) throw this.#refuse(notAllowed, path, "is too long");
    return parts;
  }

  #subpathParts(subpath: string): readonly string[] {
    try {
      return this.#partsOf(subpath);
    } catch {
      throw notAllowed(`${this.#field}: source.subpath must be a plain path inside the archive`);
    }
  }

  #rootOf(wanted: string): string {
    if (this.#isChart(wanted)) return wanted;
    const tops = [...this.#kinds].filter(([path, kind]) => kind === "folder" && !path.includes("/")).map(([path]) => path);
    const [only] = tops;
    if (wanted === "" && only !== undefined && tops.length === 1 && this.#isChart(only)) return only;
    if (wanted === "" || this.#kinds.has(wanted)) throw noChart(this.#field, contentsOf(this.#filesBelow(wanted)));
    throw notFound(`${this.#field}: the archive has no such folder; ${contentsOf(this.#filesBelow(""))}`);
  }

  /** Paths from `folder` on; of a file that is none, that of the archive. */
  #filesBelow(folder: string): readonly string[] {
    const start = this.#kinds.get(folder) === "folder" ? `${folder}/` : "";
    const files = [...this.#kinds].filter(([path, kind]) => kind !== "folder" && path.startsWith(start));
    return files.map(([path]) => path.slice(start.length));
  }

  #isChart(folder: string): boolean {
    return this.#kinds.get(folder === "" ? "Chart.yaml" : `${folder}/Chart.yaml`) === "file";
  }

  #refuse(fault: Fault, path: string, what: string): SourceError {
    return fault(`${this.#field}: ${quote(path)} in the archive ${what}`);
  }
}

const isBelow = (root: string, path: string): boolean => root === "" || path === root || path.startsWith(`${root}/`);
