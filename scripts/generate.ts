/** Writes the files that are made from source: `npm run generate`. A test compares them with what this would write. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crdFiles } from "../src/armada/api/crd.ts";

const folder = join(import.meta.dirname, "..", "crds");
const files = crdFiles();

await mkdir(folder, { recursive: true });
for (const name of await readdir(folder)) if (!files.has(name)) await rm(join(folder, name));
for (const [name, text] of files) await writeFile(join(folder, name), text);
