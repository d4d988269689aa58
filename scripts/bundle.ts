/** `npm run bundle [-- FOLDER]`: the operator and everything that it imports, for the image; default `dist/`. */
import { join, resolve } from "node:path";
import { build } from "rolldown";

const root = join(import.meta.dirname, "..");

await build({
  cwd: root,
  // The second is a program of its own, which src/kube/config-apart.ts starts from the folder that it lies in.
  input: { operator: "src/apps/operator.ts", "config-child": "src/kube/config-child.ts" },
  platform: "node",
  logLevel: "warn",
  output: {
    dir: resolve(process.argv[2] ?? join(root, "dist")),
    cleanDir: true,
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
  },
});
