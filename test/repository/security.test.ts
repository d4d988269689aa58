import { expect, test } from "@jest/globals";
import { codeIn, rowsOf, section } from "./markdown.ts";
import { files, read } from "./tree.ts";

test("docs/security.md has a row for each threat, and the tests that it names exist", () => {
  const rows = rowsOf(section(read("docs/security.md"), "## Threats"));
  expect(rows.map(([number]) => number?.trim())).toEqual(Array.from({ length: 16 }, (_, index) => `T${String(index + 1)}`));
  for (const [, , , tests = ""] of rows) {
    if (tests.trim() === "none") continue;
    expect(codeIn(tests)).not.toEqual([]);
    expect(files).toEqual(expect.arrayContaining([...codeIn(tests)]));
  }
});
