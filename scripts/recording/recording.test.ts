import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { formatCast, parseCast } from "./cast.ts";
import { framesOf } from "./frames.ts";
import { svgOf } from "./svg.ts";

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

test("a recording is read as it was written", () => {
  const recording = { size: { columns: 80, rows: 24 }, title: "npm start", events: [{ atMs: 1234, text: '\u001b[31m"a"\r\n' }] };
  expect(parseCast(formatCast(recording))).toEqual(recording);
});

/** Texts of the screens, and from when on they are shown. */
const shown = async (events: readonly (readonly [number, string])[]): Promise<readonly string[]> => {
  const recording = { size: { columns: 20, rows: 3 }, title: "x", events: events.map(([atMs, text]) => ({ atMs, text })) };
  const frames = await framesOf(recording, 100);
  return frames.map(({ atMs, lines }) => `${String(atMs)} ${lines.map((runs) => runs.map(({ text }) => text).join("")).join("/")}`);
};

test.each<readonly [string, readonly (readonly [number, string])[], readonly string[]]>([
  [
    "one in each step",
    [
      [10, "a"],
      [20, "b"],
      [150, "c"],
    ],
    ["100 ab//", "200 abc//"],
  ],
  [
    "none twice",
    [
      [10, "a"],
      [150, "\u001b[K"],
      [250, "\rb"],
    ],
    ["100 a//", "300 b//"],
  ],
  [
    "none in the middle of an update",
    [
      [10, "a"],
      [150, "\u001b[?2026h\rb"],
      [250, "\u001b[?2026l"],
    ],
    ["100 a//", "300 b//"],
  ],
  ["what has scrolled away is not shown", [[10, "a\r\nb\r\nc\r\nd"]], ["100 b/c/d"]],
])("screens of a recording: %s", async (_, events, screens) => {
  expect(await shown(events)).toEqual(screens);
});

test("a recording makes the SVG beside it: colours, bold and faint, each line once, a strip that is moved", async () => {
  expect(await svgOf(parseCast(textOf("fixtures/armada.cast")))).toBe(textOf("fixtures/armada.svg"));
});

test("a recording that is too long for every step is refused", async () => {
  const screen = (index: number): string => Array.from({ length: 60 }, (_, row) => `${String(index)}.${String(row)}`.padEnd(190, "x")).join("\r\n");
  const events = Array.from({ length: 20 }, (_, index) => ({ atMs: index * 5000, text: `\r\n${screen(index)}` }));
  await expect(svgOf({ size: { columns: 200, rows: 60 }, title: "x", events })).rejects.toThrow("too long for an SVG of 200000 bytes");
});

test("README.md shows docs/start.svg, which is a recording, not too large, and names no place of whoever made it", () => {
  expect(textOf("../../README.md")).toContain("](docs/start.svg)");
  const svg = textOf("../../docs/start.svg");
  expect(Buffer.byteLength(svg)).toBeLessThanOrEqual(200_000);
  expect(svg).toMatch(/<title>npm start -- --example \w+<\/title>[^]*@keyframes strip/);
  expect(svg).not.toMatch(/\/(?:root|home|Users)\//);
});
