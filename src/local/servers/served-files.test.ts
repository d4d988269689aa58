import { expect, test } from "@jest/globals";
import { serveArchives, serveRegistry, sha256Of } from "./served-files.ts";

const archive = (name: string, version: string) => ({
  name: `${name}-${version}.tgz`,
  bytes: Buffer.from(`${name} ${version}`),
  metadata: { apiVersion: "v2", name, version },
});
const ARCHIVES = [archive("a", "1.0.0"), archive("a", "1.1.0"), archive("b", "2.0.0")];

test("serveArchives names each archive with its digest", () => {
  const { files, lines } = serveArchives([archive("a", "1.0.0")]);
  expect(files).toEqual([{ path: "/archives/a-1.0.0.tgz", type: "application/gzip", bytes: Buffer.from("a 1.0.0") }]);
  expect(lines).toEqual([`/archives/a-1.0.0.tgz ${sha256Of("a 1.0.0")}`]);
});

test("serveRegistry has the tags, manifests, configurations and archives of each chart, all under the digests that name them", () => {
  const { files, lines } = serveRegistry(ARCHIVES);
  const at = new Map(files.map((file) => [file.path, file]));
  const textAt = (path: string): string => Buffer.from(at.get(path)?.bytes ?? []).toString();
  expect(textAt("/v2/charts/a/tags/list")).toBe('{"name":"charts/a","tags":["1.0.0","1.1.0"]}');
  expect(lines.map((line) => line.split(" ")[0])).toEqual(["/charts/a:1.0.0", "/charts/a:1.1.0", "/charts/b:2.0.0"]);
  for (const [index, { bytes, metadata }] of ARCHIVES.entries()) {
    const repository = `/v2/charts/${metadata.name}`;
    const tagged = at.get(`${repository}/manifests/${metadata.version}`);
    const digest = lines[index]?.split(" ")[1] ?? "";
    expect(tagged).toMatchObject({ digest, type: "application/vnd.oci.image.manifest.v1+json" });
    expect(sha256Of(tagged?.bytes ?? "")).toBe(digest);
    expect(at.get(`${repository}/manifests/${digest}`)).toMatchObject({ digest, bytes: tagged?.bytes });
    const manifest: unknown = JSON.parse(Buffer.from(tagged?.bytes ?? []).toString());
    const config = Buffer.from(JSON.stringify(metadata));
    expect(manifest).toMatchObject({
      config: { digest: sha256Of(config), size: config.byteLength },
      layers: [{ digest: sha256Of(bytes), size: bytes.byteLength }],
    });
    expect(textAt(`${repository}/blobs/${sha256Of(bytes)}`)).toBe(bytes.toString());
    expect(textAt(`${repository}/blobs/${sha256Of(config)}`)).toBe(config.toString());
  }
});
