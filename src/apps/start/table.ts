/** One line of a table. */
export interface Row {
  /** What makes it the same row in the next table. */
  readonly key: string;
  /** As many as there are columns. */
  readonly cells: readonly string[];
  /** The same on one line, for output that cannot be redrawn; times as RFC 3339. */
  readonly line: string;
}

const gap = 3;

/** Nothing that moves the cursor or ends the line gets to the terminal. */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}+/gu, " ");

/** Header and rows as kubectl prints them: columns as wide as their widest cell, three blanks between, nothing after the last. */
export const formatTable = (columns: readonly string[], rows: readonly Row[]): readonly string[] => {
  const lines = [columns, ...rows.map((row) => row.cells.map(printable))];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => cells[index]?.length ?? 0)));
  return lines.map((cells) =>
    cells
      .map((cell, index) => cell.padEnd((widths[index] ?? 0) + gap))
      .join("")
      .trimEnd(),
  );
};

/** Rows whose line differs between two tables, in the order of the later one, and those that are gone. */
export const changes = (before: readonly Row[], after: readonly Row[]): { readonly changed: readonly Row[]; readonly gone: readonly Row[] } => {
  const earlier = new Map(before.map(({ key, line }) => [key, line]));
  const later = new Set(after.map(({ key }) => key));
  return { changed: after.filter(({ key, line }) => earlier.get(key) !== line), gone: before.filter(({ key }) => !later.has(key)) };
};

/** At most `width` characters, the last of them `…` when something was cut. */
export const cutLine = (line: string, width: number): string => {
  const characters = Array.from(line);
  return characters.length <= width ? line : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
};

/** At most `height` lines; the last one then says how many are not shown. */
export const cutLines = (lines: readonly string[], height: number): readonly string[] =>
  lines.length <= height ? lines : [...lines.slice(0, Math.max(0, height - 1)), `… and ${lines.length - Math.max(0, height - 1)} more`];
