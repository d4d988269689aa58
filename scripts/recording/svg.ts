import type { Look, Run, TerminalSize } from "../../test/testing/operator/terminal.ts";
import type { Recording } from "./cast.ts";
import { framesOf, type Frame } from "./frames.ts";

/** Of a character of this size, in pixels. */
const FONT = 14;
const WIDTH = 8.4;
const HEIGHT = 18;
const MARGIN = 16;
/** How long the last screen stays. */
const END_MS = 6_000;
/** Tried one after the other until the file is small enough. */
const STEPS_MS = [250, 500, 1_000, 2_000, 4_000];
const MOST_BYTES = 200_000;

/** The background is the terminal's own, so that it can be read on any page. */
const STYLE = `rect{fill:#0d1117}text{fill:#e6edf3}.c1{fill:#ff7b72}.c2{fill:#3fb950}.c3{fill:#d29922}.c4{fill:#58a6ff}.c5{fill:#bc8cff}.c6{fill:#39c5cf}.b{font-weight:bold}.f{fill-opacity:.6}`;
const FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

/** An animated SVG of at most 200 KB: as many screens of the recording as it has room for. */
export const svgOf = async (recording: Recording): Promise<string> => {
  for (const step of STEPS_MS) {
    const svg = draw(await framesOf(recording, step), recording);
    if (Buffer.byteLength(svg) <= MOST_BYTES) return svg;
  }
  throw new Error(`The recording is too long for an SVG of ${String(MOST_BYTES)} bytes: record something shorter, or on a smaller terminal`);
};

/** A strip of screens, one below the other, that is moved up behind a window; a line that stands on many screens is written once. */
const draw = (frames: readonly Frame[], { size, title }: Recording): string => {
  const lines = new Map<string, number>();
  const screens = frames.map((frame, index) => `<g transform="translate(0 ${String(index * size.rows * HEIGHT)})">${drawScreen(frame, lines)}</g>`);
  const [width, height] = [size.columns * WIDTH, size.rows * HEIGHT];
  const outer = { width: pixels(width + 2 * MARGIN), height: pixels(height + 2 * MARGIN) };
  const box = `width="${outer.width}" height="${outer.height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${box} viewBox="0 0 ${outer.width} ${outer.height}" role="img" xml:space="preserve" font-family="${FONTS}" font-size="${String(FONT)}">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}${motion(frames, size)}</style>`,
    `<rect ${box} rx="8"/>`,
    `<defs>${[...lines].map(([text, id]) => `<text id="${idOf(id)}">${text}</text>`).join("\n")}</defs>`,
    `<svg x="${String(MARGIN)}" y="${String(MARGIN)}" width="${pixels(width)}" height="${pixels(height)}"><g class="strip">`,
    ...screens,
    `</g></svg>`,
    `</svg>`,
    "",
  ].join("\n");
};

const drawScreen = ({ lines }: Frame, known: Map<string, number>): string =>
  lines
    .map((runs, row) => {
      if (runs.length === 0) return "";
      const text = runs.map(drawRun).join("");
      const id = known.get(text) ?? known.size;
      known.set(text, id);
      return `<use href="#${idOf(id)}" y="${String(row * HEIGHT + FONT)}"/>`;
    })
    .join("");

const drawRun = ({ column, text, look }: Run): string => {
  const classes = classesOf(look);
  return `<tspan x="${pixels(column * WIDTH)}"${classes === "" ? "" : ` class="${classes}"`}>${escape(text)}</tspan>`;
};

const classesOf = ({ colour, isBold, isFaint }: Look): string =>
  [colour === undefined ? "" : `c${String(colour % 8)}`, isBold ? "b" : "", isFaint ? "f" : ""].filter((name) => name !== "").join(" ");

/** Who does not want motion sees the last screen. */
const motion = (frames: readonly Frame[], { rows }: TerminalSize): string => {
  const totalMs = (frames.at(-1)?.atMs ?? 0) + END_MS;
  const up = (index: number): string => `transform:translateY(${String(-index * rows * HEIGHT)}px)`;
  const stops = frames.map(({ atMs }, index) => `${index === 0 ? "0" : ((100 * atMs) / totalMs).toFixed(3)}%{${up(index)}}`);
  return [
    `.strip{animation:strip ${String(totalMs / 1000)}s step-end infinite}`,
    `@keyframes strip{${stops.join("")}}`,
    `@media (prefers-reduced-motion:reduce){.strip{animation:none;${up(frames.length - 1)}}}`,
  ].join("");
};

const idOf = (index: number): string => `l${index.toString(36)}`;
const pixels = (length: number): string => String(Math.round(length * 10) / 10);
const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
