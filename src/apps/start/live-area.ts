import { stripVTControlCharacters } from "node:util";
import type { Clock } from "../../base/time/clock.ts";
import { paint, type Line } from "../view/line.ts";
import { widthOf } from "../view/text.ts";

/** Where a run is shown: the part of `process.stdout` that it takes. */
export interface Screen {
  write(text: string): unknown;
  /** True on a terminal. */
  readonly isTTY?: boolean;
  /** Width and height of the terminal, in characters. */
  readonly columns?: number;
  readonly rows?: number;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

export interface Size {
  readonly columns: number;
  /** Without the one that the cursor stands in. */
  readonly rows: number;
}

/** What is drawn, and how often it changes by itself. */
export interface Picture {
  readonly lines: (size: Size) => readonly Line[];
  readonly everyMs: number;
}

/** The last lines of a terminal, drawn again in place. */
export interface LiveArea {
  show(picture: Picture): void;
  /** Draws it anew soon: what changes many times in a moment is drawn once. */
  changed(): void;
  /** Prints lines that stay, above the area. */
  print(text: string): void;
  /** What is drawn then stays, and what is printed later comes below. */
  close(): void;
}

export interface AreaOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  readonly colour: boolean;
}

/** Faster than a person reads. */
const SOON_MS = 50;

/** Terminals that know synchronized output (DEC private mode 2026) show a frame at once; others ignore it. */
const frame = (text: string): string => `\x1b[?2026h${text}\x1b[?2026l`;

export const openLiveArea = ({ screen, clock, colour }: AreaOptions): LiveArea => {
  const closed = new AbortController();
  let picture: Picture | undefined;
  let shown: readonly string[] = [];
  /** Lines of the terminal that they take. */
  let height = 0;
  let isDue = false;
  const sizeNow = (): Size => ({ columns: screen.columns ?? 80, rows: Math.max(1, (screen.rows ?? 24) - 1) });
  const write = (above: readonly string[], lines: readonly string[]): void => {
    const back = height === 0 ? "" : `\x1b[${String(height)}A`;
    // Each line is overwritten and then cleared to its end, never the whole screen first: that is what flickers.
    screen.write(frame(`${back}\r${[...above, ...lines].map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`));
    shown = lines;
    height = lines.length;
  };
  const linesNow = (): readonly string[] => (picture?.lines(sizeNow()) ?? []).map((line) => paint(line, colour));
  const draw = (): void => {
    const lines = linesNow();
    if (lines.length !== height || lines.some((line, index) => line !== shown[index])) write([], lines);
  };
  const after = (ms: number, then: () => void): void => {
    clock.sleep(ms, closed.signal).then(then, () => undefined);
  };
  const tick = (of: Picture): void =>
    after(of.everyMs, () => {
      if (picture !== of) return;
      draw();
      tick(of);
    });
  const resized = (): void => {
    height = heightAfter(shown, sizeNow());
    shown = [];
    draw();
  };
  screen.on?.("resize", resized);
  return {
    show: (next) => {
      picture = next;
      draw();
      tick(next);
    },
    changed: () => {
      if (isDue) return;
      isDue = true;
      after(SOON_MS, () => {
        isDue = false;
        draw();
      });
    },
    print: (text) => write(text.split("\n"), linesNow()),
    close: () => {
      draw();
      closed.abort();
      screen.off?.("resize", resized);
      picture = undefined;
      shown = [];
      height = 0;
    },
  };
};

/** Terminals break lines anew that have become too long for them; what has left the screen cannot be drawn over. */
const heightAfter = (lines: readonly string[], { columns, rows }: Size): number =>
  Math.min(
    rows,
    lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / columns)), 0),
  );
