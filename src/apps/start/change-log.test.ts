import { expect, test } from "@jest/globals";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { changeLog } from "./change-log.ts";

const row = (key: string, line: string) => ({ key, line });

test("each change is a line with the time since the beginning, and its times are told as from now", async () => {
  const written: string[] = [];
  const clock = new ManualClock(Date.parse("2026-03-01T12:00:00Z"));
  const tell = changeLog({ screen: { write: (text) => written.push(text) }, clock });
  const b = row("b", "b is pending, next try at 2026-03-01T12:00:09Z");
  tell([row("a", "a is pending"), b]);
  await clock.advance(1_250);
  tell([row("a", "a is deployed"), b]);
  tell([row("a", "a is deployed")]);
  expect(written).toEqual([
    "   0.0 s  a is pending\n",
    "   0.0 s  b is pending, next try in 9 s\n",
    "   1.3 s  a is deployed\n",
    "   1.3 s  b is gone\n",
  ]);
});

test("what is unchanged costs nothing, and no control character gets through", () => {
  const written: string[] = [];
  const tell = changeLog({ screen: { write: (text) => written.push(text) }, clock: new ManualClock() });
  tell([row("a", "x\u001b[2J\n"), row("b", "1")]);
  tell([row("d", "1"), row("b", "1"), row("a", "x\u001b[2J\n")]);
  expect(written).toEqual(["   0.0 s  x [2J \n", "   0.0 s  1\n", "   0.0 s  1\n"]);
});
