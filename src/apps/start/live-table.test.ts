import { expect, test } from "@jest/globals";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { liveTable } from "./live-table.ts";
import type { Screen } from "./live-table.ts";

const recorder = (terminal: Omit<Screen, "write">) => {
  const written: string[] = [];
  return { written, screen: { ...terminal, write: (text: string) => written.push(text) } };
};

const row = (key: string, ...cells: readonly string[]) => ({ key, cells, line: cells.join(" ").trim() });

test("on a terminal a change is one write that goes back over the table, and no change is none", () => {
  const { written, screen } = recorder({ isTTY: true, columns: 20, rows: 10 });
  const table = liveTable({ columns: ["NAME", "STATE"], screen, clock: new ManualClock() });
  table.update([row("a", "a", "pending")]);
  table.update([row("a", "a", "pending")]);
  table.update([row("a", "a", "deployed and healthy")]);
  table.print("hello");
  const frames = written.map((text) => text.replace("\u001b[?2026h", "").replace("\u001b[?2026l", ""));
  expect(frames).toEqual([
    "\rNAME   STATE\u001b[K\na      pending\u001b[K\n\u001b[J",
    "\u001b[2A\rNAME   STATE\u001b[K\na      deployed and…\u001b[K\n\u001b[J",
    "\u001b[2A\rhello\u001b[K\nNAME   STATE\u001b[K\na      deployed and…\u001b[K\n\u001b[J",
  ]);
});

test("a table higher than the terminal says how much it hides", () => {
  const { written, screen } = recorder({ isTTY: true, columns: 20, rows: 4 });
  liveTable({ columns: ["N"], screen, clock: new ManualClock() }).update([row("a", "a"), row("b", "b"), row("c", "c")]);
  expect(written.join("")).toContain("a\u001b[K\n… and 2 more\u001b[K\n");
});

test("elsewhere each change is a line with the time since the beginning, and its times are told as from now", async () => {
  const { written, screen } = recorder({});
  const clock = new ManualClock(Date.parse("2026-03-01T12:00:00Z"));
  const table = liveTable({ columns: ["NAME", "STATE", "WAITING FOR"], screen, clock });
  const b = row("b", "b", "is pending, next retry at 2026-03-01T12:00:09Z");
  table.update([row("a", "a", "is pending"), b]);
  await clock.advance(1_250);
  table.update([row("a", "a", "is deployed"), b]);
  table.update([row("a", "a", "is deployed")]);
  table.print("done");
  expect(written).toEqual([
    "   0.0 s  a is pending\n",
    "   0.0 s  b is pending, next retry in 9 s\n",
    "   1.3 s  a is deployed\n",
    "   1.3 s  b is gone\n",
    "done\n",
  ]);
});
