import type { Clock } from "../../base/time/clock.ts";
import { withRelativeTimes } from "./lines.ts";
import { changes, cutLine, cutLines, formatTable, printable } from "./table.ts";
import type { Row } from "./table.ts";

/** Where a table is shown: the part of `process.stdout` that it takes. */
export interface Screen {
  write(text: string): unknown;
  /** True on a terminal. */
  readonly isTTY?: boolean;
  /** Width and height of the terminal, in characters. */
  readonly columns?: number;
  readonly rows?: number;
}

/** A table that follows what it shows. */
export interface LiveTable {
  /** Shows the rows as they are now; what is unchanged costs nothing. */
  update(rows: readonly Row[]): void;
  /** Prints a line that stays, above the table. */
  print(line: string): void;
}

/** On a terminal the table is redrawn in place; otherwise each change is a line, with the time since the table was made. */
export const liveTable = (options: { readonly columns: readonly string[]; readonly screen: Screen; readonly clock: Clock }): LiveTable =>
  options.screen.isTTY === true ? redrawn(options) : appended(options);

type Options = Parameters<typeof liveTable>[0];

/** Terminals that know synchronized output (DEC private mode 2026) show a frame at once; others ignore it. */
const frame = (text: string): string => `\x1b[?2026h${text}\x1b[?2026l`;

const redrawn = ({ columns, screen }: Options): LiveTable => {
  let shown: readonly string[] = [];
  const draw = (above: readonly string[], lines: readonly string[]): void => {
    const back = shown.length === 0 ? "" : `\x1b[${shown.length}A`;
    // Each line is overwritten and then cleared to its end, never the whole screen first: that is what flickers.
    screen.write(frame(`${back}\r${[...above, ...lines].map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`));
    shown = lines;
  };
  return {
    update: (rows) => {
      const lines = cutLines(formatTable(columns, rows), (screen.rows ?? 24) - 1).map((line) => cutLine(line, screen.columns ?? 80));
      if (lines.length !== shown.length || lines.some((line, index) => line !== shown[index])) draw([], lines);
    },
    print: (line) => draw([line], shown),
  };
};

const appended = ({ screen, clock }: Options): LiveTable => {
  const began = clock.monotonic();
  let shown: readonly Row[] = [];
  const line = (text: string): unknown => screen.write(`${((clock.monotonic() - began) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
  return {
    update: (rows) => {
      const { changed, gone } = changes(shown, rows);
      for (const row of changed) line(printable(withRelativeTimes(row.line, clock.now())));
      for (const row of gone) line(`${row.key} is gone`);
      shown = rows;
    },
    print: (text) => {
      screen.write(`${text}\n`);
    },
  };
};
