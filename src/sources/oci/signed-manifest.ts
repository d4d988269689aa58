import type { ChartContent } from "../archive/charts.ts";
import { type OciLayer, parseManifest } from "./manifest.ts";
import type { OciRepository, RawManifest } from "./registry.ts";
import { verificationFailed } from "../errors.ts";
import { PROVENANCE_BYTES } from "../verify/signed-archive.ts";
import type { Verification } from "../source.ts";
import { COSIGN_ANNOTATION, COSIGN_PAYLOAD, cosignTag, verifyCosign } from "../verify/cosign.ts";
import type { ProvenanceVerifier } from "../verify/provenance.ts";

export interface SignedManifest {
  readonly verify: Verification | undefined;
  readonly repository: OciRepository;
  readonly manifest: RawManifest;
  /** The layers of the chart. */
  readonly layers: { readonly chart: OciLayer; readonly provenance: OciLayer | undefined };
  readonly content: ChartContent;
  /** Begins the messages. */
  readonly what: string;
}

/** Of one manifest; more are not looked at. */
const MAX_SIGNATURES = 20;

/** Who signed a chart of a registry; undefined when nobody need have. Rejects with `SourceError`. */
export const verifyManifest = async (provenance: ProvenanceVerifier, signed: SignedManifest, signal: AbortSignal): Promise<string | undefined> => {
  const { verify, what } = signed;
  if (verify === undefined) return undefined;
  if (verify.provider === "cosign") {
    const { digest } = signed.manifest;
    return verifyCosign({ digest, signatures: await signaturesOf(signed, signal), publicKey: verify.publicKey }, what);
  }
  const { layers, repository, content } = signed;
  if (layers.provenance === undefined)
    throw verificationFailed(`${what} has no provenance file in the registry: sign it before pushing it, or remove source.verify`);
  const body = await repository.smallBlob(layers.provenance.digest, PROVENANCE_BYTES, signal);
  const { name, version } = content;
  return provenance.verify({ digest: layers.chart.digest, name, version, provenance: body, keyring: verify.keyring, what }, signal);
};

const signaturesOf = async ({ repository, manifest, what }: SignedManifest, signal: AbortSignal) => {
  const found = await repository.manifest(cosignTag(manifest.digest), signal);
  const layers = found === undefined ? [] : parseManifest(found.text, `${what}: its signature`).layers;
  const signatures = layers.filter(({ mediaType, annotations }) => mediaType === COSIGN_PAYLOAD && annotations[COSIGN_ANNOTATION] !== undefined);
  return Promise.all(
    signatures.slice(0, MAX_SIGNATURES).map(async ({ digest, annotations }) => ({
      signature: annotations[COSIGN_ANNOTATION] ?? "",
      payload: await repository.smallBlob(digest, PROVENANCE_BYTES, signal),
    })),
  );
};
