import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { chart, group, manifest, owned } from "../../armada/testing/estate.ts";
import { paint } from "./line.ts";
import { ESTATES, NOW_MS } from "./testing/estates.ts";
import { widthOf } from "./text.ts";
import { treeLines } from "./tree.ts";

const capture = (estate: string, columns: number, rows: number): readonly string[] =>
  treeLines(ESTATES[estate] ?? [], { columns, rows, nowMs: NOW_MS }).map((line) => paint(line, false));

/** One text a size: the estates under their names. */
const captured = (columns: number, rows: number): string =>
  Object.keys(ESTATES)
    .map((estate) => `=== ${estate}\n${capture(estate, columns, rows).join("\n")}\n`)
    .join("\n");

test.each([
  [80, 24],
  [200, 60],
])("estates in a terminal of %d columns and %d rows look as captured", (columns, rows) => {
  expect(captured(columns, rows)).toBe(readFileSync(new URL(`fixtures/${String(columns)}x${String(rows)}.txt`, import.meta.url), "utf8"));
});

test.each(Object.keys(ESTATES))("%s fits into every terminal, and never touches the last column", (estate) => {
  for (const columns of [1, 10, 20, 40, 79, 80, 81, 132, 200])
    for (const rows of [1, 2, 3, 4, 5, 10, 23, 24, 59, 200]) {
      const lines = capture(estate, columns, rows);
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(Math.max(1, columns - 1));
    }
});

test("where there is room for little, what failed is shown before what runs, and the rest is counted", () => {
  expect(capture("site-failed", 100, 6)).toEqual([
    "49 of 120 charts satisfied, 1 failed, 1 running, 69 waiting",
    "amf full-site       49/120  error    ▕████████░░░░░░░░░░░░▏  40 s",
    "├ acg ucp-rabbitmq-13  1/4  error    ▕█████░░░░░░░░░░░░░░░▏  40 s",
    "│   act ucp-rabbitmq-13-1   failed: helm install failed: values don't meet the specifications of t…",
    "│   2 more charts           1 running, 1 waiting for their turn",
    "└ 29 more groups            17 waiting for their turn, 12 deployed",
  ]);
});

test("a cluster without objects says so", () => {
  expect(treeLines([], { columns: 80, rows: 24, nowMs: 0 }).map((line) => paint(line, false))).toEqual([
    "no ArmadaChart, ArmadaChartGroup or ArmadaManifest yet",
  ]);
});

test("objects that nobody has looked at do not wait for their turn", () => {
  const lines = treeLines([chart("a"), chart("b")], { columns: 80, rows: 1, nowMs: 0 }).map((line) => paint(line, false));
  expect(lines).toEqual(["2 charts              not looked at yet"]);
});

test("what others wrote neither moves the cursor nor widens a line", () => {
  const status = {
    observedGeneration: 1,
    actual_state: "running",
    satisfied: false,
    waiting_for: "for \u001b[2J\u202e\r\nデプロイメント: 準備中",
  } as const;
  const lines = treeLines([chart("a", { status })], { columns: 40, rows: 24, nowMs: 0 }).map((line) => paint(line, false));
  expect(lines.slice(1)).toEqual(["act a              running", "        waiting for  [2J", "        デプロイメント: 準備中"]);
});

test("colours say how an object stands, where there are colours", () => {
  const lines = treeLines([chart("a", { status: { observedGeneration: 1, satisfied: true, actual_state: "deployed" } })], {
    columns: 80,
    rows: 9,
    nowMs: 0,
  });
  expect(lines.map((line) => paint(line, true))).toEqual([
    "\u001b[1m1 of 1 chart satisfied\u001b[0m",
    expect.stringContaining("\u001b[32mdeployed\u001b[0m"),
  ]);
});

test("a chart of another namespace that waits for its turn stands below the group that lists it, and another of that name does not", () => {
  const waits = { observedGeneration: 1, actual_state: "uninitialized", satisfied: false, reason: "WaitingForTurn" } as const;
  const there = chart("x", { metadata: { namespace: "team" }, status: waits });
  const other = chart("x", { metadata: { namespace: "else", uid: "other" } });
  const lines = treeLines([group("g", ["x"]), there, other], { columns: 80, rows: 24, nowMs: 0 }).map((line) => paint(line, false));
  expect(lines.slice(1)).toEqual([expect.stringMatching(/^acg site\/g +0\/1 /), "act else/x            not looked at yet"]);
});

test("a chart that its group lists stands below it before the group owns it; of two parents that list it, below the older", () => {
  const younger = group("a", ["x"], { metadata: { creationTimestamp: "2026-01-02T00:00:00Z" } });
  const lines = treeLines([younger, group("b", ["x"]), chart("x")], { columns: 80, rows: 24, nowMs: 0 }).map((line) => paint(line, false));
  expect(lines.slice(1)).toEqual([expect.stringMatching(/^acg a +0\/1 /), expect.stringMatching(/^acg b +0\/1 /)]);
});

test("a parent counts charts that are shown below another parent, too, each once, and what it lists and is not there", () => {
  const done = { observedGeneration: 1, actual_state: "deployed", satisfied: true } as const;
  const old = { creationTimestamp: "2025-01-01T00:00:00Z" };
  const first = manifest("first", ["core", "logs"], { metadata: old, status: done });
  const second = manifest("second", ["core", "logs", "apps", "gone"], { status: done });
  const core = owned(group("core", ["a"], { status: done }), first);
  const logs = owned(group("logs", ["a", "b"], { status: done }), first);
  const apps = owned(group("apps", ["b", "c", "nobody"], { status: done }), second);
  const charts = [owned(chart("a", { status: done }), core), owned(chart("b", { status: done }), logs), owned(chart("c", { status: done }), apps)];
  const lines = treeLines([first, second, core, logs, apps, ...charts], { columns: 80, rows: 24, nowMs: 0 }).map((line) => paint(line, false));
  const counts = lines.slice(1).map((line) => /^\W*a?\w* (\w+) +(\d+\/\d+)/.exec(line)?.slice(1).join(" "));
  expect(counts).toEqual(["first 2/2", "core 1/1", "logs 2/2", "second 3/5", "apps 2/3"]);
});
