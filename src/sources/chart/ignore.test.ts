import { describe, expect, it } from "@jest/globals";
import { IgnoreError, parseIgnore } from "./ignore.ts";

const FILES = [
  ".git1",
  ".helmignore",
  "[x].txt",
  "a/a.txt",
  "a/b/b.txt",
  "a/b/c.md",
  "cargo/a.txt",
  "docs/a.txt",
  "helm.txt",
  "rudder.txt",
  "sp ace.txt",
  "templates/x.txt",
  "tiller.txt",
];

/** Recorded from helm 3.22.0: the files of that tree that a template no longer finds in `.Files` (or among the templates) under these rules. */
const RECORDED: readonly (readonly [rules: string, gone: readonly string[]])[] = [
  [
    "*.txt",
    ["[x].txt", "a/a.txt", "a/b/b.txt", "cargo/a.txt", "docs/a.txt", "helm.txt", "rudder.txt", "sp ace.txt", "templates/x.txt", "tiller.txt"],
  ],
  ["a.txt", ["a/a.txt", "cargo/a.txt", "docs/a.txt"]],
  ["/a.txt", []],
  ["a/a.txt", ["a/a.txt"]],
  ["/a/*.txt", ["a/a.txt"]],
  ["a/", ["a/a.txt", "a/b/b.txt", "a/b/c.md"]],
  ["a", ["a/a.txt", "a/b/b.txt", "a/b/c.md"]],
  ["a/b", ["a/b/b.txt", "a/b/c.md"]],
  ["a/*", ["a/a.txt", "a/b/b.txt", "a/b/c.md"]],
  ["*/b", ["a/b/b.txt", "a/b/c.md"]],
  ["b/", ["a/b/b.txt", "a/b/c.md"]],
  ["?elm.txt", ["helm.txt"]],
  ["[ht]*.txt", ["helm.txt", "tiller.txt"]],
  ["[^h]*.txt", ["[x].txt", "a/a.txt", "a/b/b.txt", "cargo/a.txt", "docs/a.txt", "rudder.txt", "sp ace.txt", "templates/x.txt", "tiller.txt"]],
  ["a/b/\n*.md", ["a/b/b.txt", "a/b/c.md"]],
  ["  cargo  ", ["cargo/a.txt"]],
  ["# c\n\nhelm.txt", ["helm.txt"]],
  ["\\[x\\].txt", ["[x].txt"]],
  ["sp ace.txt", ["sp ace.txt"]],
  [".*", [".git1", ".helmignore"]],
  ["./a", []],
  ["a/b/c.md", ["a/b/c.md"]],
  ["rudder.*\ntiller.txt", ["rudder.txt", "tiller.txt"]],
  ["/*.txt", ["[x].txt", "helm.txt", "rudder.txt", "sp ace.txt", "tiller.txt"]],
  ["a//b", []],
  ["doc?", ["docs/a.txt"]],
  ["[a-c]*/", ["a/a.txt", "a/b/b.txt", "a/b/c.md", "cargo/a.txt"]],
  ["tiller.txt/", []],
  ["\ufeffhelm.txt", ["helm.txt"]],
  [
    "!*.yaml",
    [
      ".git1",
      ".helmignore",
      "[x].txt",
      "a/a.txt",
      "a/b/b.txt",
      "a/b/c.md",
      "cargo/a.txt",
      "docs/a.txt",
      "helm.txt",
      "rudder.txt",
      "sp ace.txt",
      "templates/x.txt",
      "tiller.txt",
    ],
  ],
  [
    "!*a*\n*.txt",
    [
      ".git1",
      ".helmignore",
      "[x].txt",
      "a/a.txt",
      "a/b/b.txt",
      "a/b/c.md",
      "cargo/a.txt",
      "docs/a.txt",
      "helm.txt",
      "rudder.txt",
      "sp ace.txt",
      "templates/x.txt",
      "tiller.txt",
    ],
  ],
];

/** helm: "Chart.yaml file is missing". */
const LOSES_CHART = ["!helm.txt", "!*.txt", "*.txt\n!helm.txt", "!helm.txt\n*.md", "!a/", "*", "!*/"];

/** helm: "syntax error in pattern", "double-star (**) syntax is not supported". */
const REFUSED = ["[", "a/[]b", "x\\", "**/a", "[]", "[a-]", "[-a]"];

/** Asks for every folder on the way first, as the walk over a chart does. */
const isIgnored = (rules: string, file: string): boolean => {
  const ignores = parseIgnore(rules);
  const parts = file.split("/");
  return parts.some((_, index) => ignores(parts.slice(0, index + 1).join("/"), index < parts.length - 1) !== undefined);
};

describe("parseIgnore", () => {
  it.each(RECORDED)("leaves out under %j what helm leaves out: %j", (rules, gone) => {
    expect(FILES.filter((file) => isIgnored(rules, file))).toEqual(gone);
  });

  it.each(LOSES_CHART)("leaves Chart.yaml out under %j, as helm does", (rules) => {
    expect(isIgnored(rules, "Chart.yaml")).toBe(true);
  });

  it.each(REFUSED)("refuses %j, as helm does, and names the line", (rules) => {
    expect(() => parseIgnore(`# first\n${rules}`)).toThrow(IgnoreError);
    expect(() => parseIgnore(`# first\n${rules}`)).toThrow(/^\.helmignore line 2: /);
  });

  it("names the rule that leaves a file out", () => {
    expect(parseIgnore("# docs\n*.md\n\n*.yaml\n")("Chart.yaml", false)).toBe('line 4: "*.yaml"');
  });

  it("always leaves out dot files in templates", () => {
    expect(isIgnored("", "templates/.swp")).toBe(true);
    expect(isIgnored("", "templates/sub/.swp")).toBe(false);
  });

  it("takes no longer for a pattern full of stars", () => {
    expect(isIgnored("*a".repeat(60) + "b", "a".repeat(250))).toBe(false);
  });

  it("gives up when many rules and many files take too long together", () => {
    const ignores = parseIgnore(`${"*a".repeat(100)}b\n`.repeat(300));
    const all = (): void => {
      for (let file = 0; file < 20_000; file++) ignores(`${"a".repeat(200)}${file}`, false);
    };
    expect(all).toThrow(new IgnoreError(".helmignore takes too long for so many files: use fewer rules, with fewer *"));
  });

  it("has time for two hundred rules and twenty thousand files", () => {
    const ignores = parseIgnore(Array.from({ length: 100 }, (_, rule) => `*.ending${rule}\nfolder${rule}/\n`).join(""));
    for (let file = 0; file < 20_000; file++) expect(ignores(`templates/file${file}.yaml`, false)).toBeUndefined();
  });
});
