import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OciSource } from "../../../src/sources/oci/source.ts";
import { RepoSource } from "../../../src/sources/repo/source.ts";
import type { SourceRouter } from "../../../src/sources/router.ts";
import { routerOf } from "../../../src/sources/testing/router.ts";
import type { SourceSpec } from "../../../src/sources/source.ts";
import { TarSource } from "../../../src/sources/tar-source.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { serve, type TestServer } from "../../../src/sources/testing/server.ts";
import { fetchingSite } from "../../../src/sources/testing/site.ts";
import { type DockerRegistry, startDockerRegistry } from "../../testing/servers/docker-registry.ts";
import { helmCli, type HelmCli } from "../../testing/operator/helm-cli.ts";

const SIGNED = fileURLToPath(new URL("../../../src/sources/testing/fixtures/signed/", import.meta.url));
const SIGNER = "Test Signer <signer@example.com>, key BBD09F2F264ED56E19C55506E61DCE8624BC6A61";
const { signal } = new AbortController();
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let helm: HelmCli;
let registry: DockerRegistry;
let server: TestServer;
let router: SourceRouter;
/** A copy of the fixtures that the server serves; made anew for each test. */
let served: string;
const keyring: Record<string, Buffer> = {};

beforeAll(async () => {
  temporary = await temporaryFolder();
  helm = helmCli(temporary.path);
  registry = await startDockerRegistry(join(temporary.path, "registry"));
  for (const name of ["keyring.gpg", "keyring.asc", "other.asc"]) keyring[name] = await readFile(join(SIGNED, name));
  served = join(temporary.path, "served");
  await cp(SIGNED, served, { recursive: true });
  await helm.helm("push", join(served, "blog-0.1.0.tgz"), `oci://${registry.host}/charts`, "--plain-http");
  server = await serve((request, response) => {
    readFile(join(served, request.url ?? "")).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  const site = await fetchingSite(temporary.path, { helm: helm.path });
  const oci = new OciSource({ ...site, plainHttpRegistries: [registry.host] });
  router = routerOf({
    oci,
    tar: new TarSource({ ...site, roots: [{ mount: "/charts", path: served }] }),
    repo: new RepoSource({ ...site, oci }),
  });
}, 60_000);

beforeEach(async () => {
  await cp(SIGNED, served, { recursive: true, force: true });
  await helm.helm("repo", "index", served);
});

afterAll(async () => {
  await server?.close();
  await registry?.stop();
  await temporary?.remove();
});

const specs = (): Readonly<Record<string, SourceSpec>> => ({
  tar: { type: "tar", location: `${server.url}/blog-0.1.0.tgz`, subpath: "." },
  repo: { type: "repo", location: server.url, subpath: ".", chart: "blog" },
  oci: { type: "oci", location: `oci://${registry.host}/charts/blog`, subpath: ".", reference: "0.1.0" },
});
const fetch = (kind: string, ring: string) => {
  const spec = specs()[kind] ?? { type: kind, location: "", subpath: "." };
  return router.fetch({ ...spec, verify: { provider: "provenance", keyring: keyring[ring] ?? Buffer.from(ring) } }, signal);
};

describe.each(["tar", "repo", "oci"])("a chart from %s that helm has signed", (kind) => {
  test.each(["keyring.gpg", "keyring.asc"])("is taken with %s, and its signer named", async (ring) => {
    expect(await fetch(kind, ring)).toMatchObject({ name: "blog", source: { verified: SIGNER } });
  });

  test.each(["other.asc", "", "no keyring", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END"])("is refused with the keyring %j", async (ring) => {
    const message = expect.stringMatching(/is not signed by any key of the keyring in the Secret: (?!.*\/tmp\/)/);
    await expect(fetch(kind, ring)).rejects.toMatchObject({ reason: "VerificationFailed", class: "terminal", message });
  });
});

describe("what is beside the signature", () => {
  test("another archive under the name of the signed one is refused", async () => {
    const other = await helm.pack("blog", "0.1.0");
    await cp(other, join(served, "blog-0.1.0.tgz"));
    await expect(fetch("tar", "keyring.gpg")).rejects.toMatchObject({
      reason: "VerificationFailed",
      message: expect.stringContaining("sha256 sum does not match"),
    });
  });

  test("a changed provenance file is refused", async () => {
    const path = join(served, "blog-0.1.0.tgz.prov");
    await writeFile(path, (await readFile(path, "utf8")).replace("name: blog", "name: b1og"));
    await expect(fetch("tar", "keyring.gpg")).rejects.toMatchObject({ reason: "VerificationFailed" });
  });

  test("an archive without one is refused", async () => {
    await helm.pack("web", "1.0.0");
    await cp(join(temporary.path, "archives/web-1.0.0.tgz"), join(served, "web-1.0.0.tgz"));
    const spec: SourceSpec = {
      type: "tar",
      location: `${server.url}/web-1.0.0.tgz`,
      subpath: ".",
      verify: { provider: "provenance", keyring: Buffer.from("") },
    };
    await expect(router.fetch(spec, signal)).rejects.toMatchObject({
      reason: "VerificationFailed",
      message: expect.stringContaining("has no provenance file beside it"),
    });
    await expect(router.fetch({ ...spec, location: "file:///charts/web-1.0.0.tgz" }, signal)).rejects.toMatchObject({ reason: "VerificationFailed" });
    await expect(router.fetch({ ...spec, verify: { provider: "cosign", publicKey: "" } }, signal)).rejects.toMatchObject({
      reason: "VerificationFailed",
    });
  });

  test("a private key in the keyring is refused unread", async () => {
    await expect(fetch("tar", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\ncanary\n")).rejects.toMatchObject({
      reason: "VerificationFailed",
      message: expect.not.stringContaining("canary"),
    });
  });

  test("another signed chart under the name that is wanted is refused", async () => {
    await helm.helm("repo", "index", served);
    const index = await readFile(join(served, "index.yaml"), "utf8");
    await writeFile(join(served, "index.yaml"), index.replace(/^  blog:$/m, "  other:").replace(/name: blog/, "name: other"));
    const verify = { provider: "provenance", keyring: keyring["keyring.gpg"] ?? Buffer.from("") } as const;
    await expect(router.fetch({ type: "repo", location: server.url, subpath: ".", chart: "other", verify }, signal)).rejects.toMatchObject({
      reason: "VerificationFailed",
      message: expect.stringContaining("contains the signed chart blog 0.1.0"),
    });
  });

  test("an old signed archive under a new version is refused", async () => {
    await helm.helm("repo", "index", served);
    const index = await readFile(join(served, "index.yaml"), "utf8");
    await writeFile(join(served, "index.yaml"), index.replace(/version: 0\.1\.0/, "version: 9.0.0"));
    await expect(fetch("repo", "keyring.gpg")).rejects.toMatchObject({
      reason: "VerificationFailed",
      message: expect.stringContaining("contains the signed chart blog 0.1.0"),
    });
  });
});
