import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Clock } from "../base/time/clock.ts";
import type { ArchivedCharts } from "./archive/charts.ts";
import { type Downloads, keepIn } from "./cache/downloads.ts";
import type { HttpFetch } from "./net/http-fetch.ts";
import { type LocalRoot, resolveLocal } from "./roots.ts";
import { realPlace, refusePlace, unreadablePlace } from "./place.ts";
import { checkArrival, checkPin } from "./pin.ts";
import type { RawCache } from "./cache/raw.ts";
import { parseUrl, quote, redactUrl, remoteFieldOf } from "./net/remote-url.ts";
import { verifyArchive } from "./verify/signed-archive.ts";
import type { ChartArtifact, ChartSource, SourceSpec } from "./source.ts";
import { chartTooLarge, notAllowed, unsupported } from "./errors.ts";
import type { ProvenanceVerifier } from "./verify/provenance.ts";

export interface TarSourceOptions {
  readonly downloads: Downloads;
  readonly charts: ArchivedCharts;
  readonly raw: RawCache;
  readonly clock: Clock;
  readonly http: HttpFetch;
  readonly provenance: ProvenanceVerifier;
  /** `file://` is allowed below these. */
  readonly roots: readonly LocalRoot[];
  readonly maxBytes?: number;
}

/** `source.type: tar`: an archive by http, https, or `file://` below the chart roots; `subpath` is a folder inside. */
export class TarSource implements ChartSource {
  readonly #options: TarSourceOptions;

  constructor(options: TarSourceOptions) {
    this.#options = options;
  }

  async fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    signal.throwIfAborted();
    const what = `source.location ${quote(redactUrl(spec.location))}`;
    const { protocol } = parseUrl(spec.location, ["https:", "http:", "file:"], what);
    const digest = spec.resolved ?? (await (protocol === "file:" ? this.#copy(spec.location, what) : this.#download(spec, what, signal)));
    await this.#options.charts.admit(digest, () => checkArrival(spec.digest, digest, what));
    const content = await this.#options.charts.read({ digest, subpath: spec.subpath, field: remoteFieldOf(spec) });
    checkPin(spec.digest, [digest, content.digest], what);
    const { location: url, verify, proxy, credentials } = spec;
    const verified = await verifyArchive(this.#options, { verify, url, digest, content, what, proxy, credentials }, signal);
    return { ...content, source: { resolved: digest, fetchedAtMs: this.#options.clock.now(), verified } };
  }

  #download({ location: url, proxy, credentials, digest }: SourceSpec, what: string, signal: AbortSignal): Promise<string> {
    return this.#options.downloads.fetch({ url, what, proxy, credentials, otherHosts: digest !== undefined }, signal);
  }

  /** Into the cache, so that it is judged, unpacked and compared with its digest as the same bytes. */
  async #copy(location: string, what: string): Promise<string> {
    const { roots, raw, maxBytes = 50 * 2 ** 20 } = this.#options;
    const path = await realPlace(roots, resolveLocal(roots, { type: "tar", location: pathOf(location, what), subpath: "." }), what);
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: unknown) => {
      throw unreadablePlace(what, error);
    });
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw refusePlace(roots, what, unsupported, "is not a file");
      if (stats.size > maxBytes) throw chartTooLarge(what, stats.size, maxBytes);
      const bytes = await file.readFile();
      const digest = await keepIn(raw, async (sink) => {
        await sink(bytes);
        return true;
      });
      return digest ?? "";
    } finally {
      await file.close();
    }
  }
}

const pathOf = (location: string, what: string): string => {
  try {
    return fileURLToPath(location);
  } catch {
    throw notAllowed(`${what} is not on this machine: use file:/// and the path of the archive`);
  }
};
