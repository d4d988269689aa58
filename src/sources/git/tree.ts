import { mkdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { at, type Git } from "./run.ts";
import { extractArgs, listArgs } from "./argv.ts";
import type { GitLimits } from "./limits.ts";
import { notAllowed, notFound, type SourceError, tooLarge } from "../errors.ts";

/** `source.subpath` as git has it: empty for the top. @throws {SourceError} Terminal: a path that climbs or starts at the root. */
export const parseSubpath = (subpath: string, field: string): string => {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (subpath.startsWith("/") || subpath.split("/").includes("..") || /[\u0000-\u001f\u007f]/.test(subpath))
    throw notAllowed(`${field}: source.subpath must be a path inside the repository, without ".."`);
  const path = posix.normalize(subpath).replace(/\/+$/, "");
  return path === "." ? "" : path;
};

export interface TreeRequest {
  readonly git: Git;
  /** A bare repository that has the commit. */
  readonly repository: string;
  readonly commit: string;
  /** From {@link parseSubpath}. */
  readonly subpath: string;
  /** Private and empty. */
  readonly folder: string;
  readonly limits: Pick<GitLimits, "maxEntries" | "maxUnpackedBytes">;
  readonly field: string;
}

/**
 * Writes the files below `subpath` as they are in the commit, without conversions, into a folder below `folder`, and returns that. Submodules are
 * empty folders. Nothing is written before the sizes are known to be within the limits.
 * @throws {SourceError}
 */
export const extractTree = async (request: TreeRequest): Promise<string> => {
  const { git, repository, commit, subpath, folder, field } = request;
  const census = new Census(request.limits);
  const listed = await git.local(listArgs(repository, commit, subpath), { folder, accept: (chunk) => census.take(chunk) });
  if (census.excess !== undefined) throw tooLarge(`${field}: ${census.excess}`);
  if (!listed.ok) throw isNotThere(listed.failure) ? notFound(`${field}: the commit has no such folder`) : at(field, listed.failure);
  const tree = join(folder, "tree");
  await mkdir(tree, { mode: 0o700 });
  const env = { GIT_INDEX_FILE: join(folder, "index") };
  const extracted = await git.local(extractArgs(repository, commit, subpath, tree), { folder, env });
  if (!extracted.ok) throw at(field, extracted.failure);
  return tree;
};

const isNotThere = ({ message }: SourceError): boolean => /valid object name|not a tree object/.test(message);

/** Longer than any line of `git ls-tree`: a path has at most a few thousand bytes. */
const MAX_LINE = 65_536;

/** Counts what `git ls-tree -r -l -z` lists while it comes: a few small objects can stand for trees without end. */
class Census {
  readonly #limits: Pick<GitLimits, "maxEntries" | "maxUnpackedBytes">;
  #entries = 0;
  #bytes = 0;
  #rest = "";
  /** What there is too much of. */
  excess: string | undefined;

  constructor(limits: Pick<GitLimits, "maxEntries" | "maxUnpackedBytes">) {
    this.#limits = limits;
  }

  /** False when it is too much. */
  take(chunk: Uint8Array): boolean {
    const lines = (this.#rest + Buffer.from(chunk).toString("latin1")).split("\0");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#count(line);
    if (this.#rest.length > MAX_LINE) this.excess ??= "the chart has a path that is too long";
    return this.excess === undefined;
  }

  #count(line: string): void {
    this.#entries++;
    this.#bytes += Number(/^\d+ blob [0-9a-f]+ +(\d+)\t/.exec(line)?.[1] ?? 0);
    const { maxEntries, maxUnpackedBytes } = this.#limits;
    if (this.#entries > maxEntries) this.excess ??= `the chart has more than ${maxEntries} files: name a smaller folder in source.subpath`;
    if (this.#bytes > maxUnpackedBytes) this.excess ??= `the chart has more than ${Math.round(maxUnpackedBytes / 2 ** 20)} MiB unpacked`;
  }
}
