import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { ownEnvironment } from "../../src/base/process/environment.ts";
import { run } from "../../src/base/process/process.ts";
import { read } from "./tree.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(read("package.json"));

test("npm run supply-chain lists what the bundle contains, and says what it was made from", async () => {
  const folder = await mkdtemp(join(tmpdir(), "supply-chain-"));
  try {
    await writeFile(join(folder, "operator.mjs"), "the bundle");
    const env = { ...ownEnvironment(), PATH: [dirname(process.execPath), ownEnvironment()["PATH"] ?? ""].join(delimiter) };
    const options = { env, cwd: root, timeoutMs: 120_000, graceMs: 1_000, maxOutputBytes: 1 << 20, parentDeathSignal: true };
    const made = await run(process.execPath, ["--", "scripts/supply-chain.ts", folder], options, new AbortController().signal);
    expect([made.exitCode, made.stderr]).toEqual([0, expect.not.stringContaining("Error")]);

    const sbom = await readFile(join(folder, "sbom.cdx.json"), "utf8");
    for (const [name, version] of Object.entries(manifest.dependencies)) expect(sbom).toContain(`"bom-ref": "${name}@${version}"`);
    expect(sbom).not.toContain('"bom-ref": "jest@');

    const { subject, predicate } = JSON.parse(await readFile(join(folder, "provenance.intoto.json"), "utf8"));
    const digest = (text: string) => ({ sha256: createHash("sha256").update(text).digest("hex") });
    expect(subject).toEqual([
      { name: "operator.mjs", digest: digest("the bundle") },
      { name: "sbom.cdx.json", digest: digest(sbom) },
    ]);
    expect(predicate.buildDefinition.resolvedDependencies).toContainEqual({ name: "package-lock.json", digest: digest(read("package-lock.json")) });
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);
