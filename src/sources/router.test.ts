import { describe, expect, it } from "@jest/globals";
import { SourceRouter } from "./router.ts";
import type { ChartArtifact } from "./source.ts";

describe("SourceRouter", () => {
  const artifact: ChartArtifact = {
    path: "/x",
    digest: "sha256.0",
    name: "x",
    version: "1",
    library: false,
    source: { resolved: "", fetchedAtMs: 0 },
  };
  const router = new SourceRouter({ local: { fetch: () => Promise.resolve(artifact) } });
  const { signal } = new AbortController();

  it("hands over to the source of that type", async () => {
    expect(await router.fetch({ type: "local", location: "x", subpath: "." }, signal)).toBe(artifact);
  });

  it.each(["git", "tar", "constructor", ""])("refuses type %j in one sentence", async (type) => {
    await expect(router.fetch({ type, location: "x", subpath: "." }, signal)).rejects.toMatchObject({
      reason: "Unsupported",
      class: "terminal",
      message: `unknown source type "${type}": use local`,
    });
  });

  it("refuses to take what has no signatures for signed", async () => {
    const spec = { type: "local", location: "x", subpath: ".", verify: { provider: "cosign", publicKey: "" } } as const;
    await expect(router.fetch(spec, signal)).rejects.toMatchObject({ reason: "VerificationFailed", class: "terminal" });
  });
});
