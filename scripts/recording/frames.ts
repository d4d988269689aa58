import { openTerminal, type Run } from "../../test/testing/operator/terminal.ts";
import type { Recording } from "./cast.ts";

/** What a terminal shows from a moment on. */
export interface Frame {
  readonly atMs: number;
  readonly lines: readonly (readonly Run[])[];
}

/** The screens of a recording that differ from the one before, one in `stepMs` at most. */
export const framesOf = async ({ size, events }: Recording, stepMs: number): Promise<readonly Frame[]> => {
  const terminal = openTerminal(size);
  const frames: { atMs: number; lines: Frame["lines"]; text: string }[] = [];
  let open = 0;
  for (const { atMs, text } of events) {
    await terminal.write(text);
    open += count(text, "\x1b[?2026h") - count(text, "\x1b[?2026l");
    // In the middle of an update nobody sees the screen.
    if (open > 0) continue;
    const lines = terminal.runs();
    const frame = { atMs: Math.ceil(atMs / stepMs) * stepMs, lines, text: JSON.stringify(lines) };
    if (frames.at(-1)?.atMs === frame.atMs) frames.pop();
    if (frames.at(-1)?.text !== frame.text) frames.push(frame);
  }
  return frames.map(({ atMs, lines }) => ({ atMs, lines }));
};

const count = (text: string, part: string): number => text.split(part).length - 1;
