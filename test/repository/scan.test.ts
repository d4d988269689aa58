import { expect, test } from "@jest/globals";
import { importsOf, linesWith, tokenize } from "./scan.ts";

test.each([
  ['import a from "./a.ts";', "./a.ts", false, "import"],
  ['import { a, type B } from "./a.ts";', "./a.ts", false, "import"],
  ['import type { B } from "./a.ts";', "./a.ts", true, "import"],
  ['import type * as B from "x";', "x", true, "import"],
  ['import type from "x";', "x", false, "import"],
  ['import "x";', "x", false, "import"],
  ['import {\n  a,\n  b,\n} from "x";', "x", false, "import"],
  ['const a = await import("x");', "x", false, "dynamic"],
  ['type A = typeof import("x");', "x", true, "dynamic"],
  ['export * from "x";', "x", false, "export"],
  ['export { a } from "x";', "x", false, "export"],
  ['export type { A } from "x";', "x", true, "export"],
])("importsOf finds %j", (source, from, typeOnly, form) => {
  expect(importsOf(source)).toEqual([{ from, line: 1, typeOnly, form }]);
});

test.each([
  ["a comment", '// import a from "x"\n/* export * from "y" */'],
  ["a string", `const text = 'import a from "x"';`],
  ["a template", 'const text = `import a from "x" ${b} export * from "y"`;'],
  ["a regular expression", 'const quotes = /["`/]import/g;'],
  ["what is exported from here", 'export const a = "x";\nexport { a };\nexport type A = { readonly from: "x" };'],
  ["import.meta", "const url = import.meta.url;"],
])("importsOf finds nothing in %s", (_title, source) => {
  expect(importsOf(source)).toEqual([]);
});

test("code inside of templates is code, and lines are counted through everything", () => {
  const source =
    'const a = 1; /* two\nlines */\nconst b = `x ${process.env["A"]} {\n${f({ c: `y` })}`;\nprocess.env;\nconst c = 4 / 2; // process.env\n';
  expect(linesWith(tokenize(source), "process . env")).toEqual([3, 5]);
});
