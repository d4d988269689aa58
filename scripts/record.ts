/**
 * `npm run record`: runs `npm start` in a terminal and makes `docs/start.svg` of what it shows. `-- --example NAME`, `--columns N`, `--rows N`: another
 * run; `--out FILE`, `--cast FILE`: where the SVG goes, and the recording itself (asciicast, as asciinema plays it).
 */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { formatCast, type Recording } from "./recording/cast.ts";
import { openPlace } from "./recording/place.ts";
import { record } from "./recording/record.ts";
import { svgOf } from "./recording/svg.ts";

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    example: { type: "string", default: "estate" },
    columns: { type: "string", default: "80" },
    rows: { type: "string", default: "24" },
    out: { type: "string", default: join(root, "docs/start.svg") },
    cast: { type: "string" },
  },
});

const place = await openPlace();
let recording: Recording;
try {
  recording = await record({
    command: `npm start -- --example ${values.example}`,
    cwd: root,
    env: place.env,
    size: { columns: Number(values.columns), rows: Number(values.rows) },
    until: { text: "Ctrl-C stops everything.", holdMs: 5_000 },
  });
} finally {
  await place.remove();
}
if (values.cast !== undefined) await writeFile(resolve(values.cast), formatCast(recording));
await writeFile(resolve(values.out), await svgOf(recording));
