import headless from "@xterm/headless";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How characters look. */
export interface Look {
  /** Of the 16 colours of a terminal; undefined: its own. */
  readonly colour: number | undefined;
  readonly isBold: boolean;
  readonly isFaint: boolean;
}

/** Characters of a line that look alike. */
export interface Run {
  readonly column: number;
  readonly text: string;
  readonly look: Look;
}

/** A terminal of that size, as editors have them, without a window. */
export interface Terminal {
  write(text: string): Promise<void>;
  /** Its lines, blanks at their ends left out. */
  lines(): readonly string[];
  /** The same with looks; blanks at the end of a run are left out, blanks of a line between them, too. */
  runs(): readonly (readonly Run[])[];
}

export const openTerminal = ({ columns, rows }: TerminalSize): Terminal => {
  const terminal = new headless.Terminal({ cols: columns, rows, scrollback: 0, allowProposedApi: true });
  const { active } = terminal.buffer;
  const shown = () => Array.from({ length: rows }, (_, row) => active.getLine(active.baseY + row));
  return {
    write: (text) => new Promise((resolve) => terminal.write(text, resolve)),
    lines: () => shown().map((line) => line?.translateToString(true) ?? ""),
    runs: () => shown().map((line) => (line === undefined ? [] : runsOf(line, columns))),
  };
};

/** What a terminal shows after it was sent `text`. */
export const screenOf = async (text: string, size: TerminalSize): Promise<readonly string[]> => {
  const terminal = openTerminal(size);
  await terminal.write(text);
  return terminal.lines();
};

interface BufferLine {
  getCell(column: number): Cell | undefined;
}

interface Cell {
  getChars(): string;
  isFgPalette(): boolean;
  getFgColor(): number;
  isBold(): number;
  isDim(): number;
}

/** Two blanks, or another look, end a run: what comes after stands in its own column, however wide the characters before it are. */
const runsOf = (line: BufferLine, columns: number): readonly Run[] => {
  const runs: Run[] = [];
  for (let column = 0; column < columns; column += 1) {
    const cell = line.getCell(column);
    const text = cell?.getChars() ?? "";
    if (cell === undefined || text.trim() === "") continue;
    const last = runs.at(-1);
    const look = lookOf(cell);
    const gap = last === undefined ? columns : column - (last.column + Array.from(last.text).length);
    if (last !== undefined && gap <= 1 && isAlike(last.look, look)) runs[runs.length - 1] = { ...last, text: last.text + " ".repeat(gap) + text };
    else runs.push({ column, text, look });
  }
  return runs;
};

const lookOf = (cell: Cell): Look => ({
  colour: cell.isFgPalette() ? cell.getFgColor() : undefined,
  isBold: cell.isBold() !== 0,
  isFaint: cell.isDim() !== 0,
});

const isAlike = (a: Look, b: Look): boolean => a.colour === b.colour && a.isBold === b.isBold && a.isFaint === b.isFaint;
