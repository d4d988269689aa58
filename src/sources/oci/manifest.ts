import { isRecord } from "../../base/json/json.ts";
import { invalidChart } from "../errors.ts";

export interface OciLayer {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: number;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface OciManifest {
  readonly configType: string;
  readonly layers: readonly OciLayer[];
}

const CONFIG = "application/vnd.cncf.helm.config.v1+json";
const CHART = new Set(["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"]);
const PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov";

/** @throws {SourceError} It is no manifest of an image or artifact. The message starts with `what`. */
export const parseManifest = (text: string, what: string): OciManifest => {
  const content = parse(text);
  const { config, layers } = content;
  if (!Array.isArray(layers) || !isRecord(config)) {
    const several = Array.isArray(content["manifests"]) ? ": it is an image index" : "";
    throw invalidChart(`${what} has no chart manifest${several}`);
  }
  return { configType: textOf(config["mediaType"]), layers: layers.map((layer) => parseLayer(layer, what)) };
};

/**
 * The archive and, if there is one, the provenance file of a chart.
 * @throws {SourceError} It is no chart. The message starts with `what`.
 */
export const chartLayers = (
  { configType, layers }: OciManifest,
  what: string,
): { readonly chart: OciLayer; readonly provenance: OciLayer | undefined } => {
  const charts = layers.filter(({ mediaType }) => CHART.has(mediaType));
  const [chart] = charts;
  if (configType !== CONFIG || chart === undefined || charts.length !== 1)
    throw invalidChart(`${what} is not a Helm chart: its manifest has config type ${JSON.stringify(configType)} and ${charts.length} chart layers`);
  return { chart, provenance: layers.find(({ mediaType }) => mediaType === PROVENANCE) };
};

const parseLayer = (layer: unknown, what: string): OciLayer => {
  const { mediaType, digest, size, annotations } = isRecord(layer) ? layer : {};
  const named = isRecord(annotations) ? Object.entries(annotations) : [];
  if (typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest) || typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw invalidChart(`${what} has a manifest with a layer that cannot be fetched: its digest must be sha256: and 64 hex digits, its size a number`);
  return { mediaType: textOf(mediaType), digest, bytes: size, annotations: Object.fromEntries(named.map(([name, value]) => [name, textOf(value)])) };
};

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const parse = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const content: unknown = JSON.parse(text);
    return isRecord(content) ? content : {};
  } catch {
    return {};
  }
};
