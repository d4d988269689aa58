import { describe, expect, it } from "@jest/globals";
import { chartDigest, readChartMetadata } from "./chart.ts";
import type { ChartFile } from "./files.ts";

const file = (path: string, text: string): ChartFile => ({ path, bytes: Buffer.from(text) });
const read = (text: string) => readChartMetadata([file("Chart.yaml", text)], "source.location");

describe("readChartMetadata", () => {
  it.each([
    ["name: a\nversion: 0.1.0\n", { name: "a", version: "0.1.0", library: false }],
    ["name: a\nversion: 0.1.0\ntype: application\n", { name: "a", version: "0.1.0", library: false }],
    ["name: a\nversion: 0.1.0\ntype: library\n", { name: "a", version: "0.1.0", library: true }],
    ["name: 12\nversion: 1.10\n", { name: "12", version: "1.1", library: false }],
    ["\uFEFFname: a\nversion: 1\n---\nname: b\n", { name: "a", version: "1", library: false }],
  ])("reads %j", (text, metadata) => {
    expect(read(text)).toEqual(metadata);
  });

  it.each([
    ["version: 1", 'no valid "name"'],
    ["name: ..\nversion: 1", 'no valid "name"'],
    ["name: a/b\nversion: 1", 'no valid "name"'],
    ["name: [a]\nversion: 1", 'no valid "name"'],
    ["name: a", 'no valid "version"'],
    ["name: a\nversion: ''", 'no valid "version"'],
    ["name: a\nversion: x/../../b", 'no valid "version"'],
    ["name: a\nversion: 'x\\..\\b'", 'no valid "version"'],
    ['name: a\nversion: "1\\0"', 'no valid "version"'],
    ['name: "a\\0"\nversion: 1', 'no valid "name"'],
    ["name: a\nversion: 1\ntype: lib", 'type "lib"'],
    ["- a", "is not a mapping"],
    ["", "is not a mapping"],
    ["a: [", "cannot be read as YAML: line 1"],
  ])("refuses %j: %s", (text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(/^source.location: /);
  });

  it.each([
    ["is too long", `name: a\nversion: 0.1.0\nx: ${"x".repeat(2 ** 20)}`, "Chart.yaml has 1048602 bytes, the limit is 1048576"],
    ["makes more than it shows, in flow", `x: [${"[],".repeat(15_000)}]`, "Chart.yaml has more than 20000 lines, list items, commas and brackets"],
    ["makes more than it shows, in dashes", `x:\n${`${"- ".repeat(400)}a\n`.repeat(60)}`, "Chart.yaml has more than 20000 lines"],
    ["has lines without line feeds", "- a\r".repeat(20_001), "Chart.yaml has more than 20000 lines"],
  ])("refuses what %s before it is parsed", (_, text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ reason: "TooLarge", class: "terminal", message: expect.stringContaining(message) }));
  });

  it("says when Chart.yaml is missing", () => {
    expect(() => readChartMetadata([file("charts/Chart.yaml", "")], "source.location")).toThrow("source.location: Chart.yaml is missing");
  });
});

describe("chartDigest", () => {
  const files = [file("a", "1"), file("b/c", "2")];

  it("does not depend on the order of files", () => {
    expect(chartDigest(files.toReversed())).toBe(chartDigest(files));
    expect(chartDigest(files)).toMatch(/^sha256\.[0-9a-f]{40}$/);
  });

  it.each([
    [[file("a", "1")]],
    [[file("a", "1"), file("b/c", "3")]],
    [[file("a", "1"), file("b/d", "2")]],
    [[file("a1", ""), file("b/c", "2")]],
    [[]],
  ])("changes with paths and bytes: %#", (others) => {
    expect(chartDigest(others)).not.toBe(chartDigest(files));
  });
});
