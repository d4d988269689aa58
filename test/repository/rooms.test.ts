import { posix } from "node:path";
import { expect, test } from "@jest/globals";
import { codeIn } from "./markdown.ts";
import { files, folders, isTestSupport, production, read } from "./tree.ts";

/** Data that stands beside what it is for. */
const isData = (folder: string): boolean => folder.includes("/fixtures");

const page = read("src/README.md");
const headings = [...page.matchAll(/^#{2,4} `([^`]+)\/`/gm)].map(([, folder = ""]) => posix.join("src", folder));

test("src/README.md describes every folder of src, and no other", () => {
  const known = [...folders].filter((folder) => folder.startsWith("src/") && !isData(folder) && !isTestSupport(`${folder}/`));
  const report = [
    ...known
      .filter((folder) => !headings.includes(folder))
      .map((folder) => `src/README.md: add a heading \`${folder.slice(4)}/\` and say what is in it`),
    ...headings.filter((folder) => !known.includes(folder)).map((folder) => `src/README.md: there is no folder ${folder}, remove its heading`),
  ];
  expect(report).toEqual([]);
});

test("src/README.md names every file that runs under the heading of its folder", () => {
  const parts = new Map(page.split(/^(?=#{2,4} )/m).map((part) => [posix.join("src", /^#{2,4} `([^`]+)\/`/.exec(part)?.[1] ?? ""), codeIn(part)]));
  const unnamed = production.filter((path) => parts.get(posix.dirname(path))?.includes(posix.basename(path)) !== true);
  expect(unnamed.map((path) => `src/README.md: name ${posix.basename(path)} under \`${posix.dirname(path).slice(4)}/\` and say what it is`)).toEqual(
    [],
  );
});

test("files that src/README.md names under a heading are in that folder", () => {
  const missing = page
    .split(/^(?=#{2,4} )/m)
    .flatMap((part) => {
      const folder = /^#{2,4} `([^`]+)\/`/.exec(part)?.[1];
      return codeIn(part)
        .filter((name) => /^[\w./-]+\.(?:ts|mjs|json|yaml)$/.test(name))
        .map((name) => posix.join("src", folder ?? "", name));
    })
    .filter((path) => !files.includes(path) && !files.includes(path.replace(/^src\//, "")));
  expect(missing.map((path) => `src/README.md names ${path}, which is not there: correct or remove the line`)).toEqual([]);
});

test("decisions are numbered without a gap and say when, in what state, and what follows", () => {
  const decisions = files.filter((path) => path.startsWith("docs/adr/") && path !== "docs/adr/README.md");
  const numbers = decisions.map((path) => Number(/^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]));
  expect(numbers).toEqual(decisions.map((_, index) => index + 1));
  const wrong = decisions.flatMap((path) =>
    [
      /^# \d+\. .+\n\nDate: \d{4}-\d{2}-\d{2}\. Status: (?:accepted|superseded by \[\d{4}\])/,
      /^## Example$/m,
      /^## Context$/m,
      /^## Decision$/m,
      /^## Consequences$/m,
    ]
      .filter((pattern) => !pattern.test(read(path)))
      .map((pattern) => `${path} does not match ${String(pattern)}: see docs/adr/README.md`),
  );
  expect(wrong).toEqual([]);
});

test("docs/adr/README.md lists every decision", () => {
  const index = read("docs/adr/README.md");
  const missing = files.filter((path) => /^docs\/adr\/\d/.test(path) && !index.includes(`](${posix.basename(path)})`));
  expect(missing.map((path) => `docs/adr/README.md: add a line for ${posix.basename(path)}`)).toEqual([]);
});
