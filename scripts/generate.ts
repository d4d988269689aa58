/** Writes the files that are made from source: `npm run generate`. Tests compare them with what this would write. */
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { rbacFiles } from "../src/apps/operator/deploy/rbac.ts";
import { OPERATOR } from "../src/apps/operator/deploy/rights.ts";
import { crdFiles } from "../src/armada/api/crd.ts";

const root = join(import.meta.dirname, "..");
const crds = crdFiles();

const write = async (folder: string, files: ReadonlyMap<string, string>): Promise<void> => {
  for (const [name, text] of files) {
    await mkdir(dirname(join(root, folder, name)), { recursive: true });
    await writeFile(join(root, folder, name), text);
  }
};

await write("crds", crds);
for (const name of await readdir(join(root, "crds"))) if (!crds.has(name)) await rm(join(root, "crds", name));
const { version }: { readonly version: string } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
await write("deploy", rbacFiles(`${OPERATOR}:${version}`));
