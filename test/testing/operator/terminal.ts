interface Cursor {
  row: number;
  column: number;
}

const ESCAPE = "\u001b";
/** A control sequence, or a character. */
const TOKEN = new RegExp(`${ESCAPE}\\[\\??(\\d*)([A-Za-z])|[^]`, "gu");

/** What a terminal of that size shows after it was sent `text`: the sequences that `npm start` writes, lines that go on, and scrolling. */
export const screenOf = (text: string, { columns, rows }: { readonly columns: number; readonly rows: number }): readonly string[] => {
  const lines: string[][] = [[]];
  const cursor: Cursor = { row: 0, column: 0 };
  const top = (): number => Math.max(0, lines.length - rows);
  const down = (): void => {
    cursor.row += 1;
    if (cursor.row === lines.length) lines.push([]);
  };
  const put = (character: string): void => {
    if (cursor.column === columns) {
      down();
      cursor.column = 0;
    }
    const line = lines[cursor.row] ?? [];
    while (line.length < cursor.column) line.push(" ");
    line[cursor.column] = character;
    cursor.column += 1;
  };
  const obey = (command: string, count: number): void => {
    if (command === "A") cursor.row = Math.max(top(), cursor.row - count);
    if (command === "K" || command === "J") lines[cursor.row]?.splice(cursor.column);
    // What lies below the cursor is blank, but the screen does not scroll back.
    if (command === "J") for (const line of lines.slice(cursor.row + 1)) line.length = 0;
  };
  for (const [token, number = "", command] of text.matchAll(TOKEN)) {
    if (command !== undefined) obey(command, Number(number === "" ? 1 : number));
    else if (token === "\r") cursor.column = 0;
    else if (token === "\n") down();
    else put(token);
  }
  return lines.slice(top()).map((line) => line.join("").trimEnd());
};
