import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { repository } from "../testing/operator/operator.ts";
import { codeIn, rowsOf, section } from "./markdown.ts";
import { read } from "./tree.ts";

test("docs/security.md has a row for each threat, and the tests that it names exist", () => {
  const rows = rowsOf(section(read("docs/security.md"), "## Threats"));
  expect(rows.map(([number]) => number?.trim())).toEqual(Array.from({ length: 16 }, (_, index) => `T${String(index + 1)}`));
  for (const [, , , tests = ""] of rows) {
    if (tests.trim() === "none") continue;
    const files = codeIn(tests);
    expect(files).not.toEqual([]);
    for (const file of files) expect([file, existsSync(join(repository, file))]).toEqual([file, true]);
  }
});
