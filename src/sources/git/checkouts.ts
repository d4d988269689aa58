import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Semaphore } from "../../base/work/semaphore.ts";
import { extractTree, type TreeRequest } from "./tree.ts";

/** From so many charts of one commit at the same time on, the commit is checked out as a whole, once: a git process costs more than a chart's files. */
const SHARED_FROM = 4;

/** Charts that are on disk alone at the same time, and commits as a whole. Each may take what a chart may have unpacked. */
export const CHECKOUTS = { alone: 2, whole: 2 };

/** Charts of wholes that are in memory at the same time. */
export const READERS = 4;

/** Those who read charts of one commit at the same time. */
interface Gathering {
  readers: number;
  /** The commit as a whole; undefined where that is not to be had, e.g. because it is larger than a chart may be. */
  whole: Promise<string | undefined> | undefined;
  /** Ends `whole`, and resolves when its folder is gone. */
  end: () => Promise<void>;
}

/** Does something with a private folder that is gone afterwards. */
export type Temporary = <T>(use: (folder: string) => Promise<T>) => Promise<T>;

/** Folders of commits, on disk for as long as they are read. */
export class GitCheckouts {
  readonly #temporary: Temporary;
  readonly #signal: AbortSignal;
  readonly #alone = new Semaphore(CHECKOUTS.alone);
  /** Others than those for charts alone, for which readers of a whole may have to wait. */
  readonly #wholes = new Semaphore(CHECKOUTS.whole);
  readonly #reading = new Semaphore(READERS);
  readonly #gatherings = new Map<string, Gathering>();

  constructor(temporary: Temporary, signal: AbortSignal) {
    this.#signal = signal;
    this.#temporary = temporary;
  }

  /** Reads a folder as {@link extractTree} writes it. Rejects as that does, or as `read`. */
  async use<T>(request: Omit<TreeRequest, "folder">, read: (folder: string) => Promise<T>): Promise<T> {
    const gathering = this.#join(request.repository);
    try {
      const whole = gathering.readers < SHARED_FROM ? undefined : await this.#whole(gathering, request);
      const shared = whole === undefined ? undefined : await chartFolder(whole, request.subpath);
      if (shared !== undefined) return await this.#reading.run(() => read(shared), this.#signal);
      const alone = (): Promise<T> => this.#temporary(async (folder) => read(await extractTree({ ...request, folder })));
      return await this.#alone.run(alone, this.#signal);
    } finally {
      await this.#leave(request.repository, gathering);
    }
  }

  #join(repository: string): Gathering {
    const gathering = this.#gatherings.get(repository) ?? { readers: 0, whole: undefined, end: () => Promise.resolve() };
    gathering.readers++;
    this.#gatherings.set(repository, gathering);
    return gathering;
  }

  async #leave(repository: string, gathering: Gathering): Promise<void> {
    gathering.readers--;
    if (gathering.readers > 0) return;
    this.#gatherings.delete(repository);
    await gathering.end();
  }

  #whole(gathering: Gathering, request: Omit<TreeRequest, "folder">): Promise<string | undefined> {
    if (gathering.whole !== undefined) return gathering.whole;
    const made = Promise.withResolvers<string | undefined>();
    const over = Promise.withResolvers<void>();
    const make = (): Promise<void> =>
      this.#temporary(async (folder) => {
        made.resolve(await extractTree({ ...request, subpath: "", folder }));
        await over.promise;
      });
    const gone = this.#wholes.run(make, this.#signal).catch(() => made.resolve(undefined));
    gathering.end = () => {
      over.resolve();
      return gone;
    };
    gathering.whole = made.promise;
    return made.promise;
  }
}

/**
 * Where a chart is, in real folders all the way. What is no chart, or has links, which find more here than in a folder alone, is looked at alone
 * and judged as if nobody else had come.
 */
const chartFolder = async (whole: string, subpath: string): Promise<string | undefined> => {
  let folder = whole;
  for (const name of subpath.split("/")) {
    folder = join(folder, name);
    if ((await lstat(folder).catch(() => undefined))?.isDirectory() !== true) return undefined;
  }
  if ((await lstat(join(folder, "Chart.yaml")).catch(() => undefined))?.isFile() !== true) return undefined;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.some((entry) => entry.isSymbolicLink()) ? undefined : folder;
};
