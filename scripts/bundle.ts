/** `npm run bundle [-- FOLDER]`: the operator and everything that it imports, for the image; default `dist/`. */
import { join, resolve } from "node:path";
import { build } from "rolldown";

const root = join(import.meta.dirname, "..");

await build({
  cwd: root,
  // All but the first are programs of their own, which src/kube/config-apart.ts and src/helm/process/watchdog.ts start from the folder that they lie in.
  input: { operator: "src/apps/operator.ts", "config-child": "src/kube/config-child.ts", "watchdog-child": "src/helm/process/watchdog-child.ts" },
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
