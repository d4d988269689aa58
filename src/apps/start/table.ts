/** One line of a table. */
export interface Row {
  /** What makes it the same row in the next table. */
  readonly key: string;
  /** As many as there are columns. */
  readonly cells: readonly string[];
}

const gap = 3;

/** Nothing that moves the cursor or ends the line gets to the terminal. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}+/gu, " ");

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

/** A row on one line, for output that cannot be redrawn. */
export const formatRow = (row: Row): string =>
  row.cells
    .map(printable)
    .filter((cell) => cell !== "")
    .join("  ");

/** What differs between two tables, in the order of the later one; rows that are gone come last. */
export const changes = (before: readonly Row[], after: readonly Row[]): { readonly changed: readonly Row[]; readonly gone: readonly Row[] } => {
  const earlier = new Map(before.map((row) => [row.key, formatRow(row)]));
  const later = new Set(after.map((row) => row.key));
  return { changed: after.filter((row) => earlier.get(row.key) !== formatRow(row)), gone: before.filter((row) => !later.has(row.key)) };
};

/** At most `width` characters, the last of them `…` when something was cut. */
export const cutLine = (line: string, width: number): string => {
  const characters = Array.from(line);
  return characters.length <= width ? line : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
};

/** At most `height` lines; the last one then says how many are not shown. */
export const cutLines = (lines: readonly string[], height: number): readonly string[] =>
  lines.length <= height ? lines : [...lines.slice(0, Math.max(0, height - 1)), `… and ${lines.length - Math.max(0, height - 1)} more`];
