import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OciSource } from "../../../src/sources/oci/source.ts";
import type { SourceSpec } from "../../../src/sources/source.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { fetchingSite } from "../../../src/sources/testing/site.ts";
import { type DockerRegistry, startDockerRegistry } from "../../testing/servers/docker-registry.ts";
import { helmCli, type HelmCli } from "../../testing/operator/helm-cli.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../../src/sources/testing/fixtures/tls/${name}`, import.meta.url));
const { signal } = new AbortController();
const LOGIN = { username: "me", password: "pw" };
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let helm: HelmCli;
let open: DockerRegistry;
let closed: DockerRegistry;
let ca: string;
let source: OciSource;

beforeAll(async () => {
  temporary = await temporaryFolder();
  helm = helmCli(temporary.path);
  ca = await readFile(fixture("ca.crt"), "utf8");
  open = await startDockerRegistry(join(temporary.path, "open"));
  closed = await startDockerRegistry(join(temporary.path, "closed"), {
    login: true,
    tls: { certificate: fixture("server.crt"), key: fixture("server.key"), ca },
  });
  for (const version of ["1.0.0", "1.1.0", "2.0.0-rc.1", "1.2.0+build.7"]) {
    const archive = await helm.pack("blog", version);
    await helm.helm("push", archive, `oci://${open.host}/charts`, "--plain-http");
    await helm.helm("push", archive, `oci://${closed.host}/charts`, "--ca-file", fixture("ca.crt"), "--username", "me", "--password", "pw");
  }
  source = new OciSource({ ...(await fetchingSite(temporary.path)), plainHttpRegistries: [open.host] });
}, 60_000);

afterAll(async () => {
  await open?.stop();
  await closed?.stop();
  await temporary?.remove();
}, 30_000);

const fetch = (more: Partial<SourceSpec> = {}, registry = open) =>
  source.fetch({ type: "oci", location: `oci://${registry.host}/charts/blog`, subpath: ".", ...more }, signal);

describe("a chart that helm has pushed", () => {
  test.each([
    ["1.0.0", "1.0.0"],
    ["1.2.0+build.7", "1.2.0+build.7"],
    ["2.0.0-rc.1", "2.0.0-rc.1"],
  ])("is had by the tag %s", async (reference, version) => {
    const artifact = await fetch({ reference });
    expect(artifact).toMatchObject({ name: "blog", version, source: { resolved: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) } });
    expect((await readdir(artifact.path)).sort()).toEqual(["Chart.yaml", "templates"]);
    expect(await fetch({ reference: artifact.source.resolved })).toMatchObject({ version, digest: artifact.digest });
  });

  test.each([undefined, "^1", "~1.1", ">=1.0.0-0", "2.0.0-rc.1", "<1.1"])("is the version %s that helm would take", async (version) => {
    const shown = await helm.helm(
      "show",
      "chart",
      `oci://${open.host}/charts/blog`,
      "--plain-http",
      ...(version === undefined ? [] : ["--version", version]),
    );
    expect(shown).toContain(`version: ${(await fetch({ version })).version}\n`);
  });

  test("is not had when it is not there", async () => {
    await expect(fetch({ reference: "9.9.9" })).rejects.toMatchObject({ reason: "NotFound" });
    await expect(fetch({ location: `oci://${open.host}/charts/absent` })).rejects.toMatchObject({ reason: "NotFound" });
  });
});

describe("a registry with TLS and a login", () => {
  test("lets in whom the Secret names", async () => {
    expect(await fetch({ reference: "1.0.0", credentials: { ...LOGIN, ca } }, closed)).toMatchObject({ version: "1.0.0" });
    expect(await fetch({ version: "^1", credentials: { registries: { [closed.host]: LOGIN }, ca } }, closed)).toMatchObject({
      version: "1.2.0+build.7",
    });
  });

  test("refuses everybody else, also what is in the cache", async () => {
    await expect(fetch({ reference: "1.0.0", credentials: { ca } }, closed)).rejects.toMatchObject({ reason: "Unauthorized" });
    await expect(fetch({ reference: "1.0.0", credentials: { ...LOGIN, password: "no", ca } }, closed)).rejects.toMatchObject({
      reason: "Unauthorized",
    });
    await expect(fetch({ reference: "1.0.0", credentials: LOGIN }, closed)).rejects.toMatchObject({ reason: "VerificationFailed" });
  });
});

test("a registry that has gone is unreachable", async () => {
  const gone = await startDockerRegistry(join(temporary.path, "gone"));
  await gone.stop();
  const plain = new OciSource({ ...(await fetchingSite(temporary.path)), plainHttpRegistries: [gone.host] });
  const asked = plain.fetch({ type: "oci", location: `oci://${gone.host}/charts/blog`, subpath: ".", reference: "1.0.0" }, signal);
  await expect(asked).rejects.toMatchObject({ reason: "Unreachable", class: "transient" });
});
