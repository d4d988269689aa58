/**
 * `npm run overlay -- --folder FOLDER --flavour tenants --watch-namespaces team-a,team-b`: makes FOLDER for `kubectl apply --server-side -k FOLDER`.
 * Made anew for another list, it leaves out what is not in that; what was applied before stays until somebody deletes it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseOverlay } from "../src/apps/operator/deploy/overlay-arguments.ts";
import { overlayFiles } from "../src/apps/operator/deploy/overlay.ts";
import { messageOf } from "../src/base/errors.ts";
import { OPERATOR } from "../src/apps/operator/deploy/rights.ts";

const root = join(import.meta.dirname, "..");
const COMMAND = "Made by `npm run overlay --";

/** Undefined when there is none. */
const kustomizationIn = (folder: string): string | undefined => {
  try {
    return readFileSync(join(folder, "kustomization.yaml"), "utf8");
  } catch {
    return undefined;
  }
};

/** There is nothing in it. */
const isFree = (folder: string): boolean => {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    return true;
  }
};

const end = (exitCode: number, text: string): never => {
  (exitCode === 0 ? process.stdout : process.stderr).write(text);
  process.exit(exitCode);
};

const { version }: { readonly version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const args = process.argv.slice(2);
const asked = parseOverlay(args, `${OPERATOR}:${version}`);
if ("exitCode" in asked) end(asked.exitCode, asked.text);
else {
  const folder = resolve(asked.folder);
  const there = kustomizationIn(folder);
  if (there?.startsWith(`# ${COMMAND}`) !== true && !isFree(folder))
    end(1, `Cannot make "${asked.folder}": it holds files that this command has not made; name another folder\n`);
  const files = overlayFiles({ ...asked, deploy: relative(folder, join(root, "deploy")), madeBy: `${COMMAND} ${args.join(" ")}\`; do not edit.` });
  for (const name of ["namespaces", "operator"]) if (there !== undefined) rmSync(join(folder, name), { recursive: true, force: true });
  try {
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  } catch (error) {
    end(1, `Cannot make "${asked.folder}": ${messageOf(error)}; name another folder\n`);
  }
  process.stdout.write(`Made. Next: kubectl apply --server-side -k ${asked.folder}\n`);
}
