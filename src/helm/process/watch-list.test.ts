import { expect, test } from "@jest/globals";
import { parseTold, WatchList } from "./watch-list.ts";

const one = { pid: 11, startTime: "1" };
const two = { pid: 12, startTime: "2" };
const listOf = (...children: readonly { readonly pid: number; readonly startTime: string }[]): WatchList => {
  const list = new WatchList();
  list.take({ type: "renewed", terminateAt: 100, killAt: 200 });
  for (const child of children) list.take({ type: "started", child });
  return list;
};

test("helm is told to end, and then killed, once each, when no renewal came", () => {
  const list = listOf(one, two);
  expect([list.nextAt(0), list.due(99)]).toEqual([100, []]);
  list.take({ type: "ended", pid: 12 });
  expect(list.due(100)).toEqual([{ child: one, signal: "SIGTERM" }]);
  expect([list.nextAt(100), list.due(199)]).toEqual([200, []]);
  expect(list.due(200)).toEqual([{ child: one, signal: "SIGKILL" }]);
  expect([list.nextAt(200), list.due(300)]).toEqual([undefined, []]);
});

test("a renewal puts it off", () => {
  const list = listOf(one);
  list.take({ type: "renewed", terminateAt: 150, killAt: 250 });
  expect([list.due(149), list.nextAt(149)]).toEqual([[], 150]);
});

test("a helm that starts after its time is killed at once, and before any renewal too", () => {
  const list = listOf();
  expect([list.due(300), list.nextAt(300)]).toEqual([[], undefined]);
  list.take({ type: "started", child: one });
  expect(list.due(300)).toEqual([{ child: one, signal: "SIGKILL" }]);
  const fresh = new WatchList();
  fresh.take({ type: "started", child: two });
  expect(fresh.due(0)).toEqual([{ child: two, signal: "SIGKILL" }]);
});

test("what runs when nobody tells anything any more is killed", () => {
  const list = listOf(one, two);
  list.take({ type: "ended", pid: 11 });
  expect(list.left()).toEqual([{ child: two, signal: "SIGKILL" }]);
});

test.each([
  ["{", undefined],
  ["7", undefined],
  ['{"type":"started","child":{"pid":1}}', undefined],
  ['{"type":"started","child":{"pid":-5}}', undefined],
  ['{"type":"ended"}', undefined],
  ['{"type":"renewed","terminateAt":1}', undefined],
  ['{"type":"other"}', undefined],
  ['{"type":"ended","pid":5}', { type: "ended", pid: 5 }],
])("the line %s", (line, told) => {
  expect(parseTold(line)).toEqual(told);
});
