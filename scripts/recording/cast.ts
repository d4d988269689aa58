import type { TerminalSize } from "../../test/testing/operator/terminal.ts";

/** What was written to a terminal, and when. */
export interface Recording {
  readonly size: TerminalSize;
  /** What was run. */
  readonly title: string;
  readonly events: readonly { readonly atMs: number; readonly text: string }[];
}

/** https://docs.asciinema.org/manual/asciicast/v2/ */
export const formatCast = ({ size, title, events }: Recording): string => {
  const header = { version: 2, width: size.columns, height: size.rows, title };
  return [header, ...events.map(({ atMs, text }) => [atMs / 1000, "o", text])].map((line) => `${JSON.stringify(line)}\n`).join("");
};

/** Of a file that {@link formatCast} has made. */
export const parseCast = (text: string): Recording => {
  const [first = "", ...rest] = text.trimEnd().split("\n");
  const { width, height, title }: { readonly width: number; readonly height: number; readonly title: string } = JSON.parse(first);
  const events = rest.map((line) => {
    const [seconds, , written]: readonly [number, string, string] = JSON.parse(line);
    return { atMs: Math.round(seconds * 1000), text: written };
  });
  return { size: { columns: width, rows: height }, title, events };
};
