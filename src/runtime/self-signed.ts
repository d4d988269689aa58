import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** In PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const [INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID, UTF8, UTC_TIME, SEQUENCE, SET] = [0x02, 0x03, 0x04, 0x06, 0x0c, 0x17, 0x30, 0x31];
const [VERSION, EXTENSIONS, DNS_NAME] = [0xa0, 0xa3, 0x82];

/** Object identifiers, as DER writes them. */
const ID = {
  commonName: "550403",
  subjectAltName: "551d11",
  ecdsaWithSha256: "2a8648ce3d040302",
};

const YEAR_MS = 365 * 86_400_000;

/**
 * A key and a certificate that nobody vouches for, for servers whose clients have no way to know a better one: what is sent is not in clear.
 * Valid for ten years from `nowMs`: it lives in memory, and no longer than the process.
 */
export const selfSigned = (name: string, nowMs: number): KeyAndCertificate => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(SEQUENCE, id(ID.ecdsaWithSha256));
  const names = der(SEQUENCE, der(SET, der(SEQUENCE, id(ID.commonName), der(UTF8, Buffer.from(name)))));
  const alternatives = der(SEQUENCE, der(DNS_NAME, Buffer.from(name)));
  const content = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    names,
    der(SEQUENCE, time(nowMs - 3_600_000), time(nowMs + 10 * YEAR_MS)),
    names,
    publicKey.export({ type: "spki", format: "der" }),
    der(EXTENSIONS, der(SEQUENCE, der(SEQUENCE, id(ID.subjectAltName), der(OCTET_STRING, alternatives)))),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign("sha256", content, privateKey));
  const cert = pem(der(SEQUENCE, content, algorithm, signature));
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), cert };
};

/** A value with its tag and length. */
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};

const id = (hex: string): Buffer => der(OBJECT_ID, Buffer.from(hex, "hex"));

/** `YYMMDDHHMMSSZ`, which is good until 2049. */
const time = (ms: number): Buffer => der(UTC_TIME, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replaceAll(/[-:T]/g, "")}Z`));

const pem = (content: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(content.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`;
