import { expect, test } from "@jest/globals";
import { rowsOf, section } from "./markdown.ts";
import { tokenize } from "./scan.ts";
import { files, read } from "./tree.ts";

const HEADING = "### Situations";
const table = section(read("docs/reference.md"), HEADING);
/** Kinds of source, as the columns name them and the files of their tests: `git http` is in `cells-git-http.test.ts`. */
const [, ...kinds] = (table.split("\n").find((line) => line.startsWith("|")) ?? "")
  .split("|")
  .slice(1, -1)
  .map((cell) => cell.trim().replaceAll("`", ""));
const situations = rowsOf(table).map(([situation = ""]) => situation);
/** A cell in which nothing can happen. */
const NONE = "–";

interface Cell {
  readonly kind: string;
  readonly situation: string;
  /** What happens, as titles of tests begin to say it. */
  readonly words: string;
}

const cells = rowsOf(table).flatMap(([situation = "", ...words]) =>
  words.map((text, index): Cell => ({ kind: kinds[index] ?? "", situation, words: text })),
);

const fileOf = (kind: string): string => `test/acceptance/sources/cells-${kind.replaceAll(" ", "-")}.test.ts`;

/** Of `test("…")` and `test.each([…])("…")`. */
const titlesIn = (file: string): readonly string[] => {
  const tokens = tokenize(read(file));
  const before = (index: number, distance: number): string => tokens[index - distance]?.text ?? "";
  return tokens.flatMap(({ type, text }, index) => {
    const called = before(index, 1) === "(" && (before(index, 2) === "test" || (before(index, 2) === ")" && before(index, 3) === "]"));
    return type === "string" && called ? [text] : [];
  });
};

const isOf = (title: string, { situation, words }: Cell): boolean =>
  title === `${situation}: ${words}` || title.startsWith(`${situation}: ${words}, `);

test("every kind of source of the table has its file of tests, and every file its column", () => {
  expect(kinds.map(fileOf).toSorted()).toEqual(files.filter((file) => file.startsWith("test/acceptance/sources/cells-")).toSorted());
});

test("every cell of the table of sources is shown by a test, and says the same", () => {
  const bare = cells.filter((cell) => cell.words !== NONE && !titlesIn(fileOf(cell.kind)).some((title) => isOf(title, cell)));
  expect(
    bare.map(({ kind, situation, words }) => `${fileOf(kind)}: write a test "${situation}: ${words}", or correct docs/reference.md, "${HEADING}"`),
  ).toEqual([]);
});

test("every test of a kind of source has its cell in the table", () => {
  const astray = kinds.flatMap((kind) =>
    titlesIn(fileOf(kind))
      .filter((title) => !cells.some((cell) => cell.kind === kind && isOf(title, cell)))
      .map((title) => `docs/reference.md, "${HEADING}": ${kind} has no cell for the test "${title}"`),
  );
  expect(astray).toEqual([]);
  expect(kinds.length * situations.length).toBe(cells.length);
});
