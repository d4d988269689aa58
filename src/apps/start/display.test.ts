import { stripVTControlCharacters } from "node:util";
import { expect, test } from "@jest/globals";
import type { Node } from "../../armada/estate/estate.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ESTATES, NOW_MS } from "../view/testing/estates.ts";
import { hasColours, isTerminal, openDisplay, type Shown } from "./display.ts";

const record = (isTTY: boolean) => {
  const written: string[] = [];
  const clock = new ManualClock(NOW_MS);
  const display = openDisplay({ screen: { isTTY, columns: 80, rows: 24, write: (text) => written.push(text) }, clock, colour: false });
  return {
    written,
    clock,
    display,
    last: () =>
      stripVTControlCharacters(written.at(-1) ?? "")
        .trim()
        .split("\n"),
  };
};

const viewOf = (all: readonly Node[], objects = all): Shown => ({ all: () => all, objects: () => objects });

test("on a terminal it tells what is being done, for how long, and then every object of the cluster, with what a person may do", async () => {
  const { clock, display, last } = record(true);
  display.doing("starting Kubernetes");
  await clock.advance(3000);
  expect(last()).toEqual([expect.stringMatching(/^\S starting Kubernetes \(3 s\)$/)]);
  display.show(viewOf(ESTATES["three-deployed"] ?? [], []), "Ctrl-C stops everything");
  expect(last()).toEqual(["2 of 2 charts satisfied", "acg blog-group   2/2  deployed", "Ctrl-C stops everything"]);
  display.close();
});

test("elsewhere it does not, and only what was applied is a line", () => {
  const { written, display } = record(false);
  display.doing("starting Kubernetes");
  const [group, ...charts] = ESTATES["three-deployed"] ?? [];
  display.show(viewOf(group === undefined ? [] : [group, ...charts], charts), "Ctrl-C stops everything");
  display.print("done");
  display.close();
  expect(written).toEqual(["   0.0 s  ArmadaChart blog-1 is deployed\n", "   0.0 s  ArmadaChart blog-2 is deployed\n", "done\n"]);
});

test("what was being done when it ends leaves no line", () => {
  const { written, display } = record(true);
  display.doing("starting Kubernetes");
  display.close();
  expect(written.at(-1)).toContain("\u001b[1A\r\u001b[J");
});

test("where the cursor cannot be moved there is no terminal, and NO_COLOR takes colours away", () => {
  const terminals = [{ TERM: "xterm" }, { TERM: "dumb" }, {}].map((env) => isTerminal({ isTTY: true }, env));
  expect([...terminals, isTerminal({}, {})]).toEqual([true, false, true, false]);
  expect([{}, { NO_COLOR: "" }, { NO_COLOR: "1" }].map(hasColours)).toEqual([true, true, false]);
});
