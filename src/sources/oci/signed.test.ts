import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { OciSource } from "./source.ts";
import type { SourceSpec } from "../source.ts";
import { temporaryFolder } from "../testing/artifacts.ts";
import { chartTgz } from "../testing/archive.ts";
import { createRegistry, digestOf, type TestRegistry } from "../testing/registry.ts";
import { serve, type TestServer } from "../testing/server.ts";
import { fetchingSite } from "../testing/site.ts";
import { COSIGN_ANNOTATION, COSIGN_PAYLOAD, cosignTag } from "../verify/cosign.ts";

const { signal } = new AbortController();
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const VERIFY = { provider: "cosign", publicKey: publicKey.export({ type: "spki", format: "pem" }).toString() } as const;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let registry: TestRegistry;
let server: TestServer;
let source: OciSource;

beforeEach(async () => {
  temporary = await temporaryFolder();
  registry = createRegistry();
  server = await serve(registry.listener);
  source = new OciSource({ ...(await fetchingSite(temporary.path)), plainHttpRegistries: [`127.0.0.1:${server.port}`] });
});
afterEach(async () => {
  await server.close();
  await temporary.remove();
});

const blog = (version: string): Buffer => chartTgz({ "blog/Chart.yaml": `name: blog\nversion: ${version}\n` });
const fetch = (reference: string, more: Partial<SourceSpec> = {}) =>
  source.fetch({ type: "oci", location: `oci://127.0.0.1:${server.port}/charts/blog`, subpath: ".", reference, verify: VERIFY, ...more }, signal);

/** What `cosign sign --key` leaves in a registry. */
const signManifest = (manifest: string, key: KeyObject = privateKey): void => {
  const payload = Buffer.from(
    JSON.stringify({ critical: { image: { "docker-manifest-digest": manifest }, type: "cosign container image signature" } }),
  );
  registry.blobs.set(digestOf(payload), payload);
  const annotations = { [COSIGN_ANNOTATION]: sign("sha256", payload, key).toString("base64") };
  const layer = { mediaType: COSIGN_PAYLOAD, digest: digestOf(payload), size: payload.byteLength, annotations };
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf("{}"), size: 2 };
  registry.manifests.set(cosignTag(manifest), JSON.stringify({ schemaVersion: 2, config, layers: [layer] }));
};

it("says who signed the chart", async () => {
  signManifest(registry.push("1.0.0", blog("1.0.0")));
  expect((await fetch("1.0.0")).source.verified).toMatch(/^cosign key sha256:[0-9a-f]{64}$/);
  expect((await fetch("1.0.0", { verify: undefined })).source.verified).toBeUndefined();
});

it("takes what helm has pushed and cosign has signed, and no other manifest or key", async () => {
  const fixture = (name: string): Buffer => readFileSync(new URL(`../testing/fixtures/${name}`, import.meta.url));
  const [manifest, payload, archive] = [fixture("cosign/manifest"), fixture("cosign/payload"), fixture("signed/blog-0.1.0.tgz")];
  registry.manifests.set("0.1.0", manifest.toString()).set(cosignTag(digestOf(manifest)), fixture("cosign/signature").toString());
  registry.blobs.set(digestOf(archive), archive).set(digestOf(payload), payload);
  const verify = { provider: "cosign", publicKey: fixture("cosign/cosign.pub").toString() } as const;
  expect(await fetch("0.1.0", { verify })).toMatchObject({
    version: "0.1.0",
    source: { verified: "cosign key sha256:51aa670b287bb7fde71042bdcc0893d3f02e7a0c524a8318b20cd8548a1642c2" },
  });
  await expect(fetch("0.1.0")).rejects.toMatchObject({ message: expect.stringContaining("is not signed by the key") });
  registry.manifests.set("0.1.0", manifest.toString().replace("15:03", "15:04"));
  await expect(fetch("0.1.0", { verify })).rejects.toMatchObject({ message: expect.stringContaining("is not signed: sign it with cosign") });
});

it("refuses a chart that nobody has signed, that somebody else has signed, and one that replaced it", async () => {
  const manifest = registry.push("1.0.0", blog("1.0.0"));
  await expect(fetch("1.0.0")).rejects.toMatchObject({
    reason: "VerificationFailed",
    class: "terminal",
    message: expect.stringContaining("is not signed: sign it"),
  });
  signManifest(manifest, generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  await expect(fetch("1.0.0")).rejects.toMatchObject({ reason: "VerificationFailed", message: expect.stringContaining("is not signed by the key") });
  signManifest(manifest);
  expect(await fetch("1.0.0")).toMatchObject({ version: "1.0.0" });
  registry.push("1.0.0", chartTgz({ "blog/Chart.yaml": "name: blog\nversion: 1.0.0\n", "blog/templates/evil.yaml": "" }));
  await expect(fetch("1.0.0")).rejects.toMatchObject({ reason: "VerificationFailed" });
});

it("refuses an old signed version under a new tag", async () => {
  signManifest(registry.push("2.0.0", blog("1.0.0")));
  await expect(fetch("2.0.0")).rejects.toMatchObject({
    reason: "VerificationFailed",
    message: expect.stringContaining("contains the signed chart blog 1.0.0"),
  });
  expect(await fetch("2.0.0", { verify: undefined })).toMatchObject({ version: "1.0.0" });
});

it.each(["1.0.0", "latest", "a digest"])("refuses another chart of the same signer, by %s", async (tag) => {
  const manifest = registry.push(tag, chartTgz({ "x/Chart.yaml": "name: web\nversion: 1.0.0\n" }));
  signManifest(manifest);
  await expect(fetch(tag === "a digest" ? manifest : tag)).rejects.toMatchObject({
    reason: "VerificationFailed",
    message: expect.stringContaining("contains the signed chart web 1.0.0"),
  });
});

it("refuses a signature whose payload does not match its digest", async () => {
  const manifest = registry.push("1.0.0", blog("1.0.0"));
  signManifest(manifest);
  for (const [digest, bytes] of registry.blobs) if (Buffer.from(bytes).toString().includes("critical")) registry.blobs.set(digest, Buffer.from("{}"));
  await expect(fetch("1.0.0")).rejects.toMatchObject({ reason: "DigestMismatch" });
});

it("wants the provenance file where provenance is asked for", async () => {
  registry.push("1.0.0", blog("1.0.0"));
  const verify = { provider: "provenance", keyring: Buffer.from("") } as const;
  await expect(fetch("1.0.0", { verify })).rejects.toMatchObject({
    reason: "VerificationFailed",
    message: expect.stringContaining("has no provenance file in the registry"),
  });
});
