import { DIGEST_ALGORITHM, sha256_40 } from "../../base/json/digest.ts";
import { HeldJson } from "../../base/json/held-json.ts";
import { canonicalJson } from "../../base/json/json.ts";
import type { ReleaseRef, Values } from "../../helm/driver.ts";
import type { SourceSpec } from "../../sources/source.ts";
import type { ArmadaChart } from "../api/chart.ts";
import { dependencyNames } from "../estate/estate.ts";

export const sourceOf = ({ spec }: ArmadaChart): SourceSpec => ({
  type: spec.source.type,
  location: spec.source.location,
  subpath: spec.source.subpath ?? ".",
  reference: given(spec.source.reference),
  chart: given(spec.source.chart),
  version: given(spec.source.version),
  digest: given(spec.source.digest),
  proxy: given(spec.source.proxy_server),
});

const given = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

export const valuesOf = ({ spec }: ArmadaChart): Values => spec.values ?? {};

/** So that the digests of a chart with large values are quick. */
export const prepareDigests = async (chart: ArmadaChart): Promise<void> => {
  const values = valuesOf(chart);
  if (values instanceof HeldJson) await values.prepare();
};

const canonicalValues = (chart: ArmadaChart): string => {
  const values = valuesOf(chart);
  return values instanceof HeldJson ? values.canonical() : canonicalJson(values);
};

/** What helm is given: chart content, values, identity. Key order and comments do not count; timeouts and limits are not in it. */
export const inputsDigest = (chart: ArmadaChart, release: ReleaseRef, chartDigest: string): string =>
  sha256_40("inputs", chartDigest, canonicalValues(chart), release.namespace, release.name);

/** The digest was made in a way that this version does not know, so it cannot be compared. */
export const isForeignDigest = (digest: string): boolean => !digest.startsWith(`${DIGEST_ALGORITHM}.`);

/** Whose signature is asked for is part of what is wanted; who may read the source, and how, is not. */
const wantedSource = (chart: ArmadaChart) => {
  const { proxy: _way, ...wanted } = sourceOf(chart);
  return { ...wanted, verify: chart.spec.source.verify };
};

/** The same without the chart's content: whether a release that runs was made from what the spec says, when the source cannot be read. */
export const specDigest = (chart: ArmadaChart, release: ReleaseRef): string => {
  const names = dependencyNames(chart);
  const dependencies = names.length === 0 ? [] : [canonicalJson(names)];
  return sha256_40("spec", canonicalJson(wantedSource(chart)), canonicalValues(chart), release.namespace, release.name, ...dependencies);
};
