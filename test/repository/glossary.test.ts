import { expect, test } from "@jest/globals";
import { rowsOf, section } from "./markdown.ts";
import { production, read } from "./tree.ts";

const words = rowsOf(section(read("docs/reference.md"), "## Glossary")).map(([word = ""]) => word);
const code = production.map(read).join("\n");

test("the glossary of docs/reference.md explains words that the code uses, each once", () => {
  expect(words.length).toBeGreaterThan(5);
  expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
  const unused = words.filter((word) => !new RegExp(word.replaceAll(" ", "[ -]?"), "i").test(code));
  expect(unused.map((word) => `docs/reference.md, "## Glossary": no code speaks of "${word}", remove its row`)).toEqual([]);
});
