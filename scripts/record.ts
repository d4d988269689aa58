/**
 * `npm run record`: runs `npm start` in a terminal and makes `docs/start.svg` of what it shows. `-- --example NAME`, `--columns N`, `--rows N`: another
 * run; `--out FILE`, `--cast FILE`: where the SVG goes, and the recording itself (asciicast, as asciinema plays it).
 */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { parseArguments } from "../src/apps/arguments.ts";
import { messageOf } from "../src/base/errors.ts";
import { formatCast } from "./recording/cast.ts";
import { openPlace } from "./recording/place.ts";
import { record } from "./recording/record.ts";
import { svgOf } from "./recording/svg.ts";

const root = join(import.meta.dirname, "..");

const size = (text: string): number => {
  if (/^[1-9]\d{1,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("it must be a whole number from 10 to 999.");
};

const command = new Command("npm run record --")
  .description("makes a picture of what npm start shows")
  .option("--example <name>", "example to record", "estate")
  .option("--columns <n>", "of the terminal", size, 80)
  .option("--rows <n>", "of the terminal", size, 24)
  .option("--out <file>", "SVG to write", join(root, "docs/start.svg"))
  .option("--cast <file>", "where the recording itself goes, too (asciicast)");

interface Asked {
  readonly example: string;
  readonly columns: number;
  readonly rows: number;
  readonly out: string;
  readonly cast: string | undefined;
}

const parse = (args: readonly string[]) =>
  parseArguments(command, args, ({ example, columns, rows, out, cast }): Asked => ({
    example: String(example),
    columns: Number(columns),
    rows: Number(rows),
    out: String(out),
    cast: typeof cast === "string" ? cast : undefined,
  }));

const make = async ({ example, columns, rows, out, cast }: Asked): Promise<void> => {
  const place = await openPlace();
  try {
    const recording = await record({
      command: `npm start -- --example ${example}`,
      cwd: root,
      env: place.env,
      size: { columns, rows },
      until: { text: "Ctrl-C stops everything.", holdMs: 5_000 },
    });
    if (cast !== undefined) await writeFile(resolve(cast), formatCast(recording));
    await writeFile(resolve(out), await svgOf(recording));
  } finally {
    await place.remove();
  }
};

/** Exit 0 when it was made, 1 with the reason, 2 for a wrong flag. */
const main = async (): Promise<number> => {
  const asked = parse(process.argv.slice(2));
  if ("exitCode" in asked) {
    (asked.exitCode === 0 ? process.stdout : process.stderr).write(asked.text);
    return asked.exitCode;
  }
  try {
    await make(asked);
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
};

process.exitCode = await main();
