import { createHash } from "node:crypto";
import type { RequestListener } from "node:http";

/** What a registry would say; a test changes it to be hostile. */
export interface TestRegistry {
  readonly blobs: Map<string, Uint8Array>;
  /** Tag or digest → manifest. */
  readonly manifests: Map<string, string>;
  readonly listener: RequestListener;
  /** Adds a chart and returns the digest of its manifest. */
  push(tag: string, archive: Uint8Array, more?: object): string;
}

export const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** `charts/blog` in memory, without authentication. */
export const createRegistry = (): TestRegistry => {
  const blobs = new Map<string, Uint8Array>();
  const manifests = new Map<string, string>();
  const listener: RequestListener = ({ url = "" }, response) => {
    const [, kind, name = ""] = /^\/v2\/charts\/blog\/(manifests|blobs|tags)\/([^?]+)/.exec(url) ?? [];
    const manifest = kind === "manifests" ? manifests.get(name) : undefined;
    const found = kind === "blobs" ? blobs.get(name) : manifest;
    const tags = [...manifests.keys()].filter((tag) => !tag.startsWith("sha256:"));
    if (kind === "tags") response.end(JSON.stringify({ name: "charts/blog", tags }));
    else if (found === undefined) response.writeHead(404).end('{"errors":[]}');
    else response.writeHead(200, manifest === undefined ? {} : { "docker-content-digest": digestOf(manifest) }).end(found);
  };
  const push: TestRegistry["push"] = (tag, archive, more = {}) => {
    const layer = { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", digest: digestOf(archive), size: archive.byteLength };
    const config = { mediaType: "application/vnd.cncf.helm.config.v1+json", digest: digestOf("{}"), size: 2 };
    const manifest = JSON.stringify({ schemaVersion: 2, config, layers: [layer], ...more });
    blobs.set(layer.digest, archive);
    manifests.set(tag, manifest).set(digestOf(manifest), manifest);
    return digestOf(manifest);
  };
  return { blobs, manifests, listener, push };
};
