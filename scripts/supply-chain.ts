/**
 * `npm run supply-chain [-- FOLDER]`: what the bundle in FOLDER (default `dist/`) is made of and from, for whoever publishes it: `sbom.cdx.json` (CycloneDX) and
 * `provenance.intoto.json` (in-toto statement with SLSA provenance, not signed).
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = resolve(process.argv[2] ?? join(root, "dist"));
const SBOM = "sbom.cdx.json";
const PROVENANCE = "provenance.intoto.json";

const output = (command: string, ...args: readonly string[]): string => execFileSync(command, args, { cwd: root, encoding: "utf8" }).trim();
const sha256 = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

if (!existsSync(folder)) throw new Error(`Cannot read "${folder}": run npm run bundle first`);

interface Sbom {
  readonly components: readonly { readonly "bom-ref": string; readonly properties?: readonly { readonly name: string }[] }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

// npm's own --omit=dev leaves out what is needed for both.
const all: Sbom = JSON.parse(output("npm", "sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"));
const dev = new Set(
  all.components
    .filter(({ properties = [] }) => properties.some(({ name }) => name === "cdx:npm:package:development"))
    .map((component) => component["bom-ref"]),
);
const sbom = {
  ...all,
  components: all.components.filter((component) => !dev.has(component["bom-ref"])),
  dependencies: all.dependencies
    .filter(({ ref }) => !dev.has(ref))
    .map((one) => ({ ...one, dependsOn: (one.dependsOn ?? []).filter((ref) => !dev.has(ref)) })),
};
writeFileSync(join(folder, SBOM), `${JSON.stringify(sbom, undefined, 2)}\n`);

const isOurs = (name: string): boolean => name !== PROVENANCE;
const subject = readdirSync(folder)
  .filter(isOurs)
  .sort()
  .map((name) => ({ name, digest: { sha256: sha256(join(folder, name)) } }));
const inputs = ["package.json", "package-lock.json", "scripts/bundle.ts", "Dockerfile"];
const statement = {
  _type: "https://in-toto.io/Statement/v1",
  subject,
  predicateType: "https://slsa.dev/provenance/v1",
  predicate: {
    buildDefinition: {
      buildType: "urn:armada-operator:bundle",
      externalParameters: { command: "npm run bundle" },
      internalParameters: { node: process.version, isClean: output("git", "status", "--porcelain") === "" },
      resolvedDependencies: [
        { name: "source", digest: { gitCommit: output("git", "rev-parse", "HEAD") } },
        ...inputs.map((name) => ({ name, digest: { sha256: sha256(join(root, name)) } })),
      ],
    },
    runDetails: { builder: { id: "urn:armada-operator:scripts/supply-chain.ts" } },
  },
};
writeFileSync(join(folder, PROVENANCE), `${JSON.stringify(statement, undefined, 2)}\n`);
