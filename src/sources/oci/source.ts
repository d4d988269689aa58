import { listed } from "../../base/text.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { ArchivedCharts, ChartContent } from "../archive/charts.ts";
import { type Downloads, placeKey } from "../cache/downloads.ts";
import type { HttpFetch } from "../net/http-fetch.ts";
import { chartLayers, type OciLayer, parseManifest } from "./manifest.ts";
import { type OciReference, parseOciReference, tagOf } from "./reference.ts";
import { OciRepository } from "./registry.ts";
import { checkArrival, checkPin } from "../pin.ts";
import { quote, redactUrl } from "../net/remote-url.ts";
import { chooseVersion, newestOf, wantedVersion } from "../chart/choose-version.ts";
import type { ChartArtifact, ChartSource, SourceSpec } from "../source.ts";
import { notAllowed, notFound, chartTooLarge, verificationFailed } from "../errors.ts";
import { verifyManifest } from "./signed-manifest.ts";
import type { ProvenanceVerifier } from "../verify/provenance.ts";
import { compareVersions, parseStrictVersion } from "../chart/version.ts";

export interface OciSourceOptions {
  readonly http: HttpFetch;
  readonly downloads: Downloads;
  readonly charts: ArchivedCharts;
  readonly clock: Clock;
  readonly provenance: ProvenanceVerifier;
  /** Of one layer. */
  readonly maxBytes?: number;
  /** `host:port` of registries that speak plain HTTP; all others are asked by https. */
  readonly plainHttpRegistries?: readonly string[];
}

/** `source.type: oci`: a chart in a registry, by tag or digest, or the newest `version` in a range. */
export class OciSource implements ChartSource {
  readonly #options: OciSourceOptions;

  constructor(options: OciSourceOptions) {
    this.#options = options;
  }

  async fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    signal.throwIfAborted();
    const what = `source.location ${quote(redactUrl(spec.location))}`;
    const reference = parseOciReference(spec);
    const repository = this.#open(spec, reference, what);
    const wanted = await this.#resolve(spec, { reference, repository, what }, signal);
    const chart = `${what}: ${wanted}`;
    const manifest = await repository.manifest(wanted, signal);
    if (manifest === undefined) throw notFound(`${chart} is not in the registry: correct source.reference`);
    checkArrival(spec.digest, manifest.digest, chart);
    const layers = chartLayers(parseManifest(manifest.text, chart), chart);
    await this.#fetchLayer(spec, { reference, repository, layer: layers.chart, chart }, signal);
    const content = await this.#options.charts.read({ digest: layers.chart.digest, subpath: spec.subpath, field: chart });
    checkPin(spec.digest, [manifest.digest, content.digest], chart);
    const signed = { verify: spec.verify, repository, manifest, layers, content, what: chart };
    const verified = await verifyManifest(this.#options.provenance, signed, signal);
    if (verified !== undefined) refuseOther({ ...reference, reference: wanted }, content, chart);
    return { ...content, source: { resolved: manifest.digest, fetchedAtMs: this.#options.clock.now(), verified } };
  }

  #open({ proxy, credentials }: SourceSpec, reference: OciReference, what: string): OciRepository {
    const plainHttp = this.#options.plainHttpRegistries?.includes(reference.host) ?? false;
    return new OciRepository(this.#options.http, reference, { proxy, credentials, plainHttp, what });
  }

  /** Tag or digest. */
  async #resolve(spec: SourceSpec, { reference, repository, what }: Place, signal: AbortSignal): Promise<string> {
    if (reference.reference !== undefined && spec.version !== undefined)
      throw notAllowed(`${what} has both a reference and source.version: set only one of them`);
    if (reference.reference !== undefined) return reference.reference;
    const tags = await repository.tags(signal);
    const versions = tags.flatMap((tag) => {
      const version = tag.replaceAll("_", "+");
      const parsed = parseStrictVersion(version);
      return parsed === undefined ? [] : [{ tag, version, parsed }];
    });
    const newest = versions.toSorted((a, b) => compareVersions(b.parsed, a.parsed));
    const chosen = chooseVersion(newest, spec.version, ({ parsed }) => parsed);
    if (chosen !== undefined) return chosen.tag;
    const none = tags.length === 0 ? "it has no tags" : `none of its tags (${listed(tags.map(quote))}) is a semantic version such as 1.2.3`;
    const instead = newest.length === 0 ? `${none}: set source.reference to a tag or a digest` : `the newest are ${newestOf(newest)}`;
    throw notFound(`${what} has no ${wantedVersion(spec.version)}: ${instead}`);
  }

  async #fetchLayer(spec: SourceSpec, { reference, repository, layer, chart }: Found, signal: AbortSignal): Promise<void> {
    const { downloads, maxBytes = 50 * 2 ** 20 } = this.#options;
    if (layer.bytes > maxBytes) throw chartTooLarge(chart, layer.bytes, maxBytes);
    const url = `oci://${reference.host}/${reference.repository}@${layer.digest}`;
    const key = placeKey({ url, proxy: spec.proxy, credentials: spec.credentials });
    await downloads.fetchKnown(
      { key, digest: layer.digest, what: chart },
      (sink, shared) => repository.blob(layer.digest, maxBytes, sink, shared),
      signal,
    );
  }
}

interface Place {
  readonly reference: OciReference;
  readonly repository: OciRepository;
  readonly what: string;
}

interface Found {
  readonly reference: OciReference;
  readonly repository: OciRepository;
  readonly layer: OciLayer;
  readonly chart: string;
}

/** A signature says who made a chart, not where: neither an old version that somebody else has tagged anew may pass nor another chart. */
const refuseOther = ({ repository, reference: tag = "" }: OciReference, { name, version }: ChartContent, chart: string): void => {
  const isVersion = parseStrictVersion(tag.replaceAll("_", "+")) !== undefined;
  if (name === repository.split("/").at(-1) && (!isVersion || tagOf(version) === tag)) return;
  throw verificationFailed(`${chart} contains the signed chart ${name} ${version}: the tag must be corrected in the registry`);
};
