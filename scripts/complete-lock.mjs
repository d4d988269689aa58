// Run after `npm install`: adds the packages for other platforms to package-lock.json that the registry in use does not have.
import { readFileSync, writeFileSync } from "node:fs";
import { completeLock } from "./setup/lock-file.mjs";

const path = new URL("../package-lock.json", import.meta.url);
const { added, lock } = completeLock(JSON.parse(readFileSync(path, "utf8")));
if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`package-lock.json: ${added.length === 0 ? "complete" : `added ${added.length} packages of other platforms`}\n`);
