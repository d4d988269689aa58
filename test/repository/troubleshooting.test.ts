import { expect, test } from "@jest/globals";
import { REASONS } from "../../src/armada/verdict.ts";
import { codeIn, rowsOf, section } from "./markdown.ts";
import { read } from "./tree.ts";

const page = read("docs/troubleshooting.md");
const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => heading);

test("docs/troubleshooting.md has a section for every reason, and for nothing else", () => {
  const known: readonly string[] = REASONS;
  const wrong = [
    ...known.filter((reason) => !headings.includes(reason)).map((reason) => `add "### ${reason}": what it means, what to look at, what to do`),
    ...headings.filter((heading) => !known.includes(heading)).map((heading) => `"### ${heading}" is no reason: remove it`),
    ...headings.filter((heading, index) => headings.indexOf(heading) !== index).map((heading) => `"### ${heading}" is there twice`),
    ...headings.filter((heading) => section(page, `### ${heading}`).trim() === "").map((heading) => `"### ${heading}" says nothing`),
  ];
  expect(wrong.map((what) => `docs/troubleshooting.md: ${what}`)).toEqual([]);
});

test("the twelve failures of docs/troubleshooting.md have reasons that have sections", () => {
  const rows = rowsOf(section(page, "## The twelve most frequent failures"));
  expect(rows).toHaveLength(12);
  expect(rows.flatMap(([, , reasons = ""]) => codeIn(reasons)).filter((reason) => !headings.includes(reason))).toEqual([]);
});
