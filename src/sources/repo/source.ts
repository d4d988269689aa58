import { readFile } from "node:fs/promises";
import { abortable } from "../../base/time/abortable.ts";
import type { Clock } from "../../base/time/clock.ts";
import { type ArchivedCharts, goneFromCache } from "../archive/charts.ts";
import type { Downloads } from "../cache/downloads.ts";
import type { HttpFetch } from "../net/http-fetch.ts";
import { KeptIndexes } from "./kept-indexes.ts";
import { parseOciReference } from "../oci/reference.ts";
import { INDEX_LIMITS } from "../parse-cost.ts";
import { checkArrival, checkPin } from "../pin.ts";
import type { RawCache } from "../cache/raw.ts";
import { parseUrl, quote, redactUrl } from "../net/remote-url.ts";
import type { IndexEntry } from "./index-entry.ts";
import { chooseEntry, parseIndex, type RepoIndex } from "./repository-index.ts";
import { verifyArchive } from "../verify/signed-archive.ts";
import type { ChartArtifact, ChartSource, SourceSpec } from "../source.ts";
import { digestMismatch, notAllowed, type SourceError, verificationFailed } from "../errors.ts";
import type { ProvenanceVerifier } from "../verify/provenance.ts";

export interface RepoSourceOptions {
  readonly downloads: Downloads;
  /** For what is no chart. */
  readonly indexes: Downloads;
  readonly charts: ArchivedCharts;
  readonly raw: RawCache;
  readonly clock: Clock;
  readonly http: HttpFetch;
  readonly provenance: ProvenanceVerifier;
  /** For charts that the index places in a registry. */
  readonly oci: ChartSource;
}

/** `source.type: repo`: a Helm repository; `chart` and the newest `version` in a range, as helm chooses it. */
export class RepoSource implements ChartSource {
  readonly #options: RepoSourceOptions;
  readonly #indexes = new KeptIndexes();

  constructor(options: RepoSourceOptions) {
    this.#options = options;
  }

  async fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    signal.throwIfAborted();
    const what = `source.location ${quote(redactUrl(spec.location))}`;
    const base = parseUrl(spec.location, ["https:", "http:"], what);
    if (spec.chart === undefined || spec.chart === "") throw notAllowed(`${what} is a Helm repository: set source.chart to the name of the chart`);
    const entry = chooseEntry(await this.#index(spec, base, what, signal), spec.chart, spec.version, what);
    const chart = `${what}: chart ${quote(spec.chart)} ${entry.version}`;
    const url = urlOf(entry, base, chart);
    const found = { entry, url, base, chart };
    const artifact = await (url.startsWith("oci://") ? this.#fromRegistry(spec, found, signal) : this.#fromServer(spec, found, signal));
    if (artifact.source.verified !== undefined && (artifact.name !== spec.chart || artifact.version !== entry.version))
      throw verificationFailed(
        `${chart} contains the signed chart ${artifact.name} ${artifact.version}: the index of the repository must be corrected`,
      );
    return { ...artifact, source: { ...artifact.source, resolved: entry.version } };
  }

  async #fromServer(spec: SourceSpec, { entry, url, base, chart }: Found, signal: AbortSignal): Promise<ChartArtifact> {
    const { downloads, charts, clock } = this.#options;
    const sameHost = parseUrl(url, ["https:", "http:"], `${chart} at ${quote(redactUrl(url))}`).origin === base.origin;
    const credentials = sameHost ? spec.credentials : undefined;
    const otherHosts = entry.digest !== undefined;
    const digest = await downloads.fetch({ url, what: chart, proxy: spec.proxy, credentials, otherHosts }, signal);
    await charts.admit(digest, () => {
      if (entry.digest !== undefined && digest !== `sha256:${entry.digest}`) throw anotherDigest(chart, digest, entry.digest);
      checkArrival(spec.digest, digest, chart);
    });
    const content = await charts.read({ digest, subpath: spec.subpath, field: chart });
    checkPin(spec.digest, [digest, content.digest], chart);
    const archive = { verify: spec.verify, url, digest, content, what: chart, proxy: spec.proxy, credentials };
    const verified = await verifyArchive(this.#options, archive, signal);
    return { ...content, source: { resolved: entry.version, fetchedAtMs: clock.now(), verified } };
  }

  /** As for another host: credentials are those that the Secret names for the registry. */
  #fromRegistry(
    { credentials, proxy, digest, subpath, verify }: SourceSpec,
    { url: location, entry: { version } }: Found,
    signal: AbortSignal,
  ): Promise<ChartArtifact> {
    // Without a tag it would be the newest there is, whatever the index says.
    const reference = parseOciReference({ location, reference: undefined }).reference ?? version;
    const place = { type: "oci", location, reference, subpath, proxy, digest, verify };
    return this.#options.oci.fetch({ ...place, credentials: { registries: credentials?.registries } }, signal);
  }

  async #index(spec: SourceSpec, base: URL, what: string, signal: AbortSignal): Promise<RepoIndex> {
    const { indexes, raw } = this.#options;
    const index = `${what}: its index.yaml`;
    const { proxy, credentials } = spec;
    const request = { url: resolve(base, "index.yaml"), what: index, proxy, credentials, maxBytes: INDEX_LIMITS.bytes };
    const digest = await indexes.fetch(request, signal);
    const read = (): Promise<RepoIndex> =>
      raw
        .use(digest, (file) => this.#parse(file, index))
        .catch(async (error: unknown) => {
          await raw.discard(digest);
          throw error;
        });
    return abortable(this.#indexes.get(digest, read), signal);
  }

  async #parse(file: string | undefined, what: string): Promise<RepoIndex> {
    if (file === undefined) throw goneFromCache(what);
    return parseIndex(await readFile(file, "utf8"), what);
  }
}

interface Found {
  readonly entry: IndexEntry;
  readonly url: string;
  /** Of the repository. */
  readonly base: URL;
  /** Begins the messages. */
  readonly chart: string;
}

const urlOf = ({ url }: IndexEntry, base: URL, chart: string): string => {
  if (url === undefined) throw notAllowed(`${chart} has no URL in the index: the index of the repository must be corrected`);
  return URL.canParse(url) ? url : resolve(base, url);
};

/** A relative URL counts from the repository's folder and takes over its query, as helm does. */
const resolve = (base: URL, url: string): string => {
  const folder = new URL(base);
  folder.pathname = `${folder.pathname.replace(/\/$/, "")}/`;
  if (!URL.canParse(url, folder.href)) throw notAllowed(`${quote(url)} in the index is not a URL`);
  const resolved = new URL(url, folder);
  resolved.search = base.search;
  return resolved.href;
};

const anotherDigest = (chart: string, digest: string, said: string): SourceError =>
  digestMismatch(`${chart} has the digest ${digest}, but the index says sha256:${said}: the index of the repository must be corrected`);
