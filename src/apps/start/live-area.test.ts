import { expect, test } from "@jest/globals";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { span } from "../view/line.ts";
import { openLiveArea, type Picture } from "./live-area.ts";

/** A terminal that records what is written, without the marks of synchronized output. */
const terminal = (size = { columns: 20, rows: 10 }) => {
  const written: string[] = [];
  const listeners = new Set<() => void>();
  const screen = {
    isTTY: true,
    ...size,
    write: (text: string) => written.push(text.replace("\u001b[?2026h", "").replace("\u001b[?2026l", "")),
    on: (_: "resize", listener: () => void) => listeners.add(listener),
    off: (_: "resize", listener: () => void) => listeners.delete(listener),
  };
  return { written, screen, listeners, resize: (columns: number) => ((screen.columns = columns), listeners.forEach((listener) => listener())) };
};

const picture = (text: () => readonly string[]): Picture => ({ lines: () => text().map((line) => [span(line)]), everyMs: 1000 });

const open = (screen: ReturnType<typeof terminal>["screen"], clock = new ManualClock()) => openLiveArea({ screen, clock, colour: false });

test("a change is one write that goes back over what was drawn, no change is none, and printed lines stay above", async () => {
  const { written, screen } = terminal();
  const clock = new ManualClock();
  let lines = ["a", "b"];
  const area = open(screen, clock);
  area.show(picture(() => lines));
  await clock.advance(1000);
  lines = ["a", "c"];
  await clock.advance(1000);
  area.print("hello\nworld");
  expect(written).toEqual([
    "\ra\u001b[K\nb\u001b[K\n\u001b[J",
    "\u001b[2A\ra\u001b[K\nc\u001b[K\n\u001b[J",
    "\u001b[2A\rhello\u001b[K\nworld\u001b[K\na\u001b[K\nc\u001b[K\n\u001b[J",
  ]);
  area.close();
});

test("what changes many times in a moment is drawn once", async () => {
  const { written, screen } = terminal();
  const clock = new ManualClock();
  let count = 0;
  const area = open(screen, clock);
  area.show(picture(() => [String((count += 1))]));
  for (let index = 0; index < 10; index += 1) area.changed();
  await clock.advance(100);
  expect([written.length, count]).toEqual([2, 2]);
  area.close();
});

test("a narrower terminal has broken the lines: all that they take is drawn over, with lines for the new width", () => {
  const { written, screen, resize } = terminal();
  const area = open(screen);
  area.show({ lines: ({ columns }) => [[span("x".repeat(columns - 1))]], everyMs: 1000 });
  resize(10);
  expect(written.at(-1)).toBe("\u001b[2A\rxxxxxxxxx\u001b[K\n\u001b[J");
  area.close();
});

test("once it is closed, what was drawn last stays, nothing is drawn any more, and what is printed comes below", async () => {
  const { written, screen, listeners } = terminal();
  const clock = new ManualClock();
  let line = "a";
  const area = open(screen, clock);
  area.show(picture(() => [line]));
  line = "b";
  area.close();
  line = "c";
  await clock.advance(5000);
  area.print("stopped");
  expect(written.slice(1)).toEqual(["\u001b[1A\rb\u001b[K\n\u001b[J", "\rstopped\u001b[K\n\u001b[J"]);
  expect([listeners.size, clock.sleepers]).toEqual([0, 0]);
});
