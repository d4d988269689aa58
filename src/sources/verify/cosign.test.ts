import { describe, expect, it } from "@jest/globals";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { cosignTag, verifyCosign } from "./cosign.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const KEYS = {
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ed25519: generateKeyPairSync("ed25519"),
  RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }),
};
const pem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();
const payloadOf = (digest: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      critical: { identity: { "docker-reference": "r/blog" }, image: { "docker-manifest-digest": digest }, type: "cosign container image signature" },
      optional: null,
    }),
  );
const signed = (key: KeyObject, payload: Buffer) => ({
  payload,
  signature: sign(key.asymmetricKeyType === "ed25519" ? null : "sha256", payload, key).toString("base64"),
});
const [mine, other] = [KEYS["P-256"], generateKeyPairSync("ec", { namedCurve: "P-256" })];

describe("verifyCosign", () => {
  it("looks under the tag that cosign makes", () => {
    expect(cosignTag(DIGEST)).toBe(`sha256-${"a".repeat(64)}.sig`);
  });

  it.each(Object.entries(KEYS))("takes what a %s key has signed, and says which", (_title, { privateKey, publicKey }) => {
    const request = { digest: DIGEST, signatures: [signed(privateKey, payloadOf(DIGEST))], publicKey: pem(publicKey) };
    expect(verifyCosign(request, "the chart")).toMatch(/^cosign key sha256:[0-9a-f]{64}$/);
  });

  it("finds the good one among others", () => {
    const signatures = [
      signed(other.privateKey, payloadOf(DIGEST)),
      signed(mine.privateKey, payloadOf("sha256:b")),
      signed(mine.privateKey, payloadOf(DIGEST)),
    ];
    expect(verifyCosign({ digest: DIGEST, signatures, publicKey: pem(mine.publicKey) }, "x")).toContain("cosign key");
  });

  const good = signed(mine.privateKey, payloadOf(DIGEST));
  it.each([
    ["nothing", [], "is not signed: sign it with cosign"],
    ["another key", [signed(other.privateKey, payloadOf(DIGEST))], "is not signed by the key sha256:"],
    ["another chart", [signed(mine.privateKey, payloadOf(`sha256:${"b".repeat(64)}`))], "has a signature of another chart (sha256:bbb"],
    ["no JSON", [signed(mine.privateKey, Buffer.from("x"))], "has a signature of another chart (none)"],
    ["a changed payload", [{ ...good, payload: payloadOf(`sha256:${"c".repeat(64)}`) }], "is not signed by the key"],
    ["a changed signature", [{ ...good, signature: good.signature.replace(/^.{12}/, "AAAAAAAAAAAA") }], "is not signed by the key"],
    ["no signature", [{ ...good, signature: "" }], "is not signed by the key"],
  ])("refuses %s", (_title, signatures, message) => {
    const verify = () => verifyCosign({ digest: DIGEST, signatures, publicKey: pem(mine.publicKey) }, "the chart");
    expect(verify).toThrow(expect.objectContaining({ reason: "VerificationFailed", class: "terminal", message: expect.stringContaining(message) }));
  });

  it.each([
    "",
    "canary",
    `-----BEGIN PUBLIC KEY-----\ncanary\n-----END PUBLIC KEY-----`,
    mine.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  ])("does not take %j for a public key", (publicKey) => {
    const verify = () => verifyCosign({ digest: DIGEST, signatures: [good], publicKey }, "the chart");
    expect(verify).toThrow("the chart cannot be verified: the key in the Secret is not a public key in PEM format");
  });
});
