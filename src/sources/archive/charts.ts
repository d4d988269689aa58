import { OldestOut } from "../../base/work/oldest-out.ts";
import { Semaphore } from "../../base/work/semaphore.ts";
import { SingleFlight } from "../../base/work/single-flight.ts";
import { unpackChart } from "./extract.ts";
import type { ArchiveLimits } from "./walk.ts";
import type { ChartCache } from "../cache/charts.ts";
import { chartDigest, readChartMetadata } from "../chart/chart.ts";
import { readChartFiles } from "../chart/files.ts";
import { cacheTrouble } from "../place.ts";
import type { RawCache } from "../cache/raw.ts";
import type { ChartArtifact } from "../source.ts";
import { SourceError, unreadable } from "../errors.ts";

/** A chart without the story of how it came here. */
export type ChartContent = Omit<ChartArtifact, "source">;

export interface ArchivedChartsOptions {
  readonly raw: RawCache;
  readonly cache: ChartCache;
  readonly limits?: ArchiveLimits | undefined;
  /** Ends what is being unpacked. */
  readonly signal: AbortSignal;
}

const REMEMBERED = 2_000;
/** Unpackings, each of which may take `unpackedBytes` of disk and a chart's size of memory. */
export const AT_ONCE = 2;

/**
 * Charts of archives in the cache. An archive is unpacked once for each chart that is wanted of it, and again when that chart was evicted; one
 * that no chart could be read of does not stay.
 */
export class ArchivedCharts {
  readonly #raw: RawCache;
  readonly #cache: ChartCache;
  readonly #limits: ArchiveLimits | undefined;
  readonly #signal: AbortSignal;
  readonly #known = new OldestOut<string, ChartContent>(REMEMBERED);
  readonly #semaphore = new Semaphore(AT_ONCE);
  readonly #running = new SingleFlight<ChartContent>();

  constructor({ raw, cache, limits, signal }: ArchivedChartsOptions) {
    this.#signal = signal;
    this.#raw = raw;
    this.#cache = cache;
    this.#limits = limits;
  }

  /**
   * The chart below `subpath` of the archive with this digest.
   * @throws {SourceError} The message starts with `field`.
   */
  async read({ digest, subpath, field }: { readonly digest: string; readonly subpath: string; readonly field: string }): Promise<ChartContent> {
    const key = `${digest} ${subpath}`;
    const known = this.#known.get(key);
    if (known !== undefined && (await this.#cache.find(known.digest)) !== undefined) return known;
    const content = await this.#running
      .do(key, () => this.#unpack(digest, subpath, field))
      .catch(async (error: unknown) => {
        if (isItsFault(error)) await this.#discard(digest);
        throw error;
      });
    this.#known.set(key, content);
    return content;
  }

  /** What `check` throws of an archive that has come; the archive does not stay then, unless a chart of it is in use. */
  async admit(digest: string, check: () => void): Promise<void> {
    try {
      check();
    } catch (error) {
      await this.#discard(digest);
      throw error;
    }
  }

  async #discard(digest: string): Promise<void> {
    if (!this.#isOfUse(digest)) await this.#raw.discard(digest);
  }

  /** Some chart of it was read, or is being read. */
  #isOfUse(digest: string): boolean {
    return [...this.#known.keys(), ...this.#running.keys()].some((key) => key.startsWith(`${digest} `));
  }

  #unpack(digest: string, subpath: string, field: string): Promise<ChartContent> {
    // Held from now on: what waits for its place must not make room for what comes later.
    return this.#raw.use(digest, (file) => {
      if (file === undefined) throw goneFromCache(field);
      return this.#semaphore.run(() => this.#unpackFile(file, subpath, field), this.#signal);
    });
  }

  async #unpackFile(file: string, subpath: string, field: string): Promise<ChartContent> {
    try {
      return await this.#raw.scratch(async (folder) => {
        await unpackChart({ file, subpath, target: folder, field, limits: this.#limits }, this.#signal);
        const files = await readChartFiles(folder, field);
        const metadata = readChartMetadata(files, field);
        const content = chartDigest(files);
        return { path: await this.#cache.put(content, files), digest: content, ...metadata };
      });
    } catch (error) {
      this.#signal.throwIfAborted();
      throw cacheTrouble(error);
    }
  }
}

/** And not that of a disk, or of whoever has stopped it. */
const isItsFault = (error: unknown): boolean => error instanceof SourceError && error.class === "terminal";

/** Somebody removed or damaged it between fetching and reading. */
export const goneFromCache = (what: string): SourceError => unreadable(`${what} is no longer in the chart cache: it will be fetched again`);
