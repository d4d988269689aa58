import type { ChartContent } from "../archive/charts.ts";
import type { HttpAccess } from "../net/http-request.ts";
import type { HttpFetch } from "../net/http-fetch.ts";
import type { Verification } from "../source.ts";
import { verificationFailed } from "../errors.ts";
import type { ProvenanceVerifier } from "./provenance.ts";

export interface SignedArchive extends HttpAccess {
  readonly verify: Verification | undefined;
  /** Where the archive came from. */
  readonly url: string;
  /** Of the archive. */
  readonly digest: string;
  readonly content: ChartContent;
  /** Begins the messages. */
  readonly what: string;
}

export const PROVENANCE_BYTES = 2 ** 20;

/** Who signed an archive of a server, by the provenance file beside it; undefined when nobody need have. Rejects with `SourceError`. */
export const verifyArchive = async (
  { http, provenance }: { readonly http: HttpFetch; readonly provenance: ProvenanceVerifier },
  { verify, url, digest, content, what, proxy, credentials }: SignedArchive,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if (verify === undefined) return undefined;
  if (verify.provider !== "provenance") throw verificationFailed(`${what} is not in a registry: cosign signatures exist only there; use provenance`);
  const place = new URL(url);
  if (place.protocol === "file:")
    throw verificationFailed(`${what} cannot be verified: provenance files are supported only on servers and in registries`);
  place.pathname += ".prov";
  const file = { url: place.href, what: `${what}: its provenance file`, maxBytes: PROVENANCE_BYTES };
  // Forges keep files elsewhere and redirect there; the signature tells whether it is the right one.
  const request = { ...file, proxy, credentials, answers: [404], otherHosts: true };
  const { status, body } = await http.read(request, signal);
  if (status === 404) throw verificationFailed(`${what} has no provenance file beside it: sign it with helm package --sign, or remove source.verify`);
  const { name, version } = content;
  return provenance.verify({ digest, name, version, provenance: body, keyring: verify.keyring, what }, signal);
};
