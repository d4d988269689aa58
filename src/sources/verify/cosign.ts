import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { verificationFailed } from "../errors.ts";

/** A signature as the registry has it. */
export interface CosignSignature {
  /** Base64. */
  readonly signature: string;
  /** What was signed: JSON that names the manifest. */
  readonly payload: Uint8Array;
}

export const COSIGN_PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json";
export const COSIGN_ANNOTATION = "dev.cosignproject.cosign/signature";

/** Where cosign puts the signatures of a manifest. */
export const cosignTag = (manifestDigest: string): string => `${manifestDigest.replace(":", "-")}.sig`;

/**
 * The identity of the key that signed the manifest: `cosign key sha256:…`, over the key's DER form.
 * @param what Begins the messages.
 * @throws {SourceError} No signature is good; the key is none.
 */
export const verifyCosign = (
  { digest, signatures, publicKey }: { readonly digest: string; readonly signatures: readonly CosignSignature[]; readonly publicKey: string },
  what: string,
): string => {
  const key = parseKey(publicKey, what);
  const good = signatures.filter(({ payload, signature }) => isSignedBy(key, payload, Buffer.from(signature, "base64")));
  if (good.some(({ payload }) => digestIn(payload) === digest)) return `cosign key ${fingerprintOf(key)}`;
  if (signatures.length === 0) throw verificationFailed(`${what} is not signed: sign it with cosign, or remove source.verify`);
  if (good.length > 0)
    throw verificationFailed(
      `${what} has a signature of another chart (${digestIn(good[0]?.payload) ?? "none"}): the signature was copied from there`,
    );
  throw verificationFailed(`${what} is not signed by the key ${fingerprintOf(key)}: sign it with that key, or correct the key in the Secret`);
};

const parseKey = (publicKey: string, what: string): KeyObject => {
  try {
    if (publicKey.includes("PRIVATE KEY")) throw new Error("private");
    return createPublicKey(publicKey);
  } catch {
    throw verificationFailed(`${what} cannot be verified: the key in the Secret is not a public key in PEM format`);
  }
};

const isSignedBy = (key: KeyObject, payload: Uint8Array, signature: Uint8Array): boolean => {
  try {
    return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", payload, key, signature);
  } catch {
    return false;
  }
};

/** `critical.image.docker-manifest-digest` of the payload. */
const digestIn = (payload: Uint8Array | undefined): string | undefined => {
  try {
    const content: unknown = JSON.parse(Buffer.from(payload ?? []).toString("utf8"));
    const image = fieldOf(fieldOf(content, "critical"), "image");
    const digest = fieldOf(image, "docker-manifest-digest");
    return typeof digest === "string" ? digest : undefined;
  } catch {
    return undefined;
  }
};

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

const fingerprintOf = (key: KeyObject): string => {
  const der = key.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(der).digest("hex")}`;
};
