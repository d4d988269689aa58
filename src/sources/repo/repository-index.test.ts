import { describe, expect, it } from "@jest/globals";
import { chooseEntry, parseIndex } from "./repository-index.ts";

const index = (versions: readonly unknown[], more: object = {}): string =>
  JSON.stringify({
    apiVersion: "v1",
    entries: { blog: versions.map((version) => ({ name: "blog", version, urls: [`blog-${String(version)}.tgz`] })) },
    ...more,
  });
const choose = (versions: readonly unknown[], range?: string): string =>
  chooseEntry(parseIndex(index(versions), "the index"), "blog", range, "the repository").version;

describe("parseIndex", () => {
  it("reads YAML and JSON, the newest version first, and leaves out what helm leaves out", () => {
    const entries = [
      "- {name: blog, version: 0.9.0, urls: [a.tgz, b.tgz], digest: SHA256:ABC}",
      "- null",
      "- {name: blog, version: not-a-version}",
      "- {name: blog}",
      "- {version: 3.0.0}",
      "- {name: ../blog, version: 3.0.0}",
      "- {name: blog, version: 3.0.0, type: plugin}",
      "- {name: blog, version: v1.0, type: library, urls: [], digest: x}",
      `- {name: blog, version: 2.0.0, urls: [7], digest: "sha256:${"AB".repeat(32)}"}`,
    ];
    const text = `apiVersion: v1\nentries:\n  blog:\n${entries.map((entry) => `  ${entry}\n`).join("")}  none: []\n  odd: 7\n`;
    const parsed = parseIndex(text, "x");
    expect(parsed.get("blog")?.versions).toEqual([
      { version: "2.0.0", url: undefined, digest: "ab".repeat(32) },
      { version: "v1.0", url: undefined, digest: undefined },
      { version: "0.9.0", url: "a.tgz", digest: undefined },
    ]);
    const nothing = { versions: [], unusable: [] };
    expect([parsed.get("none"), parsed.get("odd")]).toEqual([nothing, nothing]);
  });

  it.each(["", "[]", "hello", "entries: {}", "{", "a: [", "<html></html>"])("does not take %j for an index", (text) => {
    expect(() => parseIndex(text, "the index")).toThrow(expect.objectContaining({ reason: "InvalidChart", class: "terminal" }));
  });
});

describe("an index that costs more than it shows", () => {
  it.each([
    ["YAML", `apiVersion: v1\nx: [${"[],".repeat(300_000)}]`],
    ["JSON", `{"apiVersion":"v1","x":[${"[],".repeat(300_000)}[]]}`],
    ["empty space", " ".repeat(32 * 2 ** 20 + 1)],
  ])("is refused before it is parsed: %s", (_, text) => {
    expect(() => parseIndex(text, "the index")).toThrow(expect.objectContaining({ reason: "TooLarge", class: "terminal" }));
  });
});

describe("chooseEntry", () => {
  it.each([
    [undefined, "1.10.0"],
    ["", "1.10.0"],
    [">=1.0.0-0", "2.0.0-rc.1"],
    ["1.9.0", "1.9.0"],
    ["~1.9", "1.9.1"],
    ["<1", "0.1.0"],
    ["2.0.0-rc.1", "2.0.0-rc.1"],
    ["^1", "1.10.0"],
  ])("takes for %j what helm takes", (range, expected) => {
    expect(choose(["0.1.0", "1.9.0", "1.9.1", "1.10.0", "2.0.0-rc.1"], range)).toBe(expected);
  });

  it("prefers the very string", () => {
    expect(choose(["1.2.3+b", "1.2.3+a"], "1.2.3+a")).toBe("1.2.3+a");
    expect(choose(["v1.0.0", "1.0.0"], "1.0.0")).toBe("1.0.0");
  });

  it.each([
    ["3.0.0", "NotFound", 'the repository has no version "3.0.0" of chart "blog": the newest are 1.0.0'],
    ["not a version", "NotAllowed", 'source.version "not a version" is not a valid version or range'],
    ["--version", "NotAllowed", "is not a valid version or range: write a version such as 1.2.3 or a range such as ~1.2"],
    [
      "1_up2",
      "NotAllowed",
      'source.version "1_up2" is not a valid version or range: write "1+up2"; "_" stands for "+" only in the tags of a registry',
    ],
    ["^1 || y", "NotAllowed", 'source.version "^1 || y" is not a valid version or range: "y" is not a range: write'],
  ])("says why there is none for %j", (range, reason, message) => {
    expect(() => choose(["1.0.0"], range)).toThrow(expect.objectContaining({ reason, class: "terminal", message: expect.stringContaining(message) }));
  });

  const list = (...entries: readonly unknown[]): string => JSON.stringify({ apiVersion: "v1", entries: { blog: entries } });

  it.each([
    ["is a word", [{ name: "blog", version: "latest" }], 'version "latest" is not a semantic version'],
    ["is a number", [{ name: "blog", version: 1.1 }], "version 1.1 is a number: it must be in quotes"],
    ["is not there", [{ name: "blog" }], "an entry has no version"],
    ["is of a chart without a name", [{ version: "1.0.0" }], 'version "1.0.0" has no name'],
    ["is of a chart that is called like a path", [{ name: "../blog", version: "1.0.0" }], 'version "1.0.0" has the name "../blog"'],
    ["is of a plugin", [{ name: "blog", version: "1.0.0", type: "plugin" }], 'version "1.0.0" has the type "plugin"'],
    ["is no mapping", [7], "an entry is not a mapping"],
    [
      "is one of many",
      [1, 2, ...["a", "b", "c"].map((version) => ({ version }))],
      'an entry is not a mapping, version "a" is not a semantic version and 2 more',
    ],
    ["is none", [], "the index lists none"],
  ])("says why no version is usable that %s", (_, entries, why) => {
    const message = `the repository has no usable version of chart "blog": ${why}: the index of the repository must be corrected`;
    const parsed = parseIndex(list(...entries), "x");
    expect(() => chooseEntry(parsed, "blog", undefined, "the repository")).toThrow(expect.objectContaining({ reason: "NotFound", message }));
    expect(() => chooseEntry(parsed, "blogs", undefined, "the repository")).toThrow(/has no chart "blogs"$/);
  });

  it("says why the very version that is wanted is not usable", () => {
    const parsed = parseIndex(list({ name: "blog", version: "1.0.0" }, { name: "blog", version: "2.0.0", type: "plugin" }), "x");
    const message =
      'has no version "2.0.0" of chart "blog": the newest are 1.0.0; it has one that is not usable: version "2.0.0" has the type "plugin"';
    expect(() => chooseEntry(parsed, "blog", "2.0.0", "the repository")).toThrow(message);
  });

  it("names charts that are spelt nearly so", () => {
    const parsed = parseIndex(index(["1.0.0-a"]), "x");
    expect(() => chooseEntry(parsed, "blogs", undefined, "the repository")).toThrow('the repository has no chart "blogs"; it has blog');
    expect(() => chooseEntry(parsed, "__proto__", undefined, "the repository")).toThrow('has no chart "__proto__"');
    expect(() => chooseEntry(parsed, "blog", undefined, "the repository")).toThrow('has no stable version of chart "blog": the newest are 1.0.0-a');
  });
});
