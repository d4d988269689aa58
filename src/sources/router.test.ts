import { describe, expect, it } from "@jest/globals";
import { routerOf } from "./testing/router.ts";
import type { ChartArtifact } from "./source.ts";
import { factsOf, SOURCE_TYPES } from "./types.ts";

describe("SourceRouter", () => {
  const artifact: ChartArtifact = {
    path: "/x",
    digest: "sha256.0",
    name: "x",
    version: "1",
    library: false,
    source: { resolved: "", fetchedAtMs: 0 },
  };
  const source = { fetch: () => Promise.resolve(artifact) };
  const { signal } = new AbortController();
  const verify = { provider: "provenance", keyring: new Uint8Array() } as const;

  it.each(SOURCE_TYPES)("hands type %s over to its source", async (type) => {
    expect(await routerOf({ [type]: source }).fetch({ type, location: "x", subpath: "." }, signal)).toBe(artifact);
  });

  it.each(["s3", "constructor", ""])("refuses type %j in one sentence", async (type) => {
    await expect(routerOf({}).fetch({ type, location: "x", subpath: "." }, signal)).rejects.toMatchObject({
      reason: "Unsupported",
      class: "terminal",
      message: `unknown source type "${type}": use local, tar, repo, oci or git`,
    });
  });

  it.each(SOURCE_TYPES)("takes %s for signed only if that type has signatures", async (type) => {
    const fetched = routerOf({ [type]: source }).fetch({ type, location: "x", subpath: ".", verify }, signal);
    if (factsOf(type).signedBy.length > 0) expect(await fetched).toBe(artifact);
    else
      await expect(fetched).rejects.toMatchObject({
        reason: "VerificationFailed",
        class: "terminal",
        message: `source.type "${type}" does not support signatures: remove source.verify, or use tar, repo or oci`,
      });
  });
});
