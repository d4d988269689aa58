import { isChart, isParent, type Node } from "../../armada/estate/estate.ts";
import type { Entry } from "./forest.ts";
import { span, type Line } from "./line.ts";
import { isSatisfied, STANDINGS, stateOf } from "./standing.ts";

const NOUNS: Readonly<Record<string, string>> = { ArmadaChart: "chart", ArmadaChartGroup: "group", ArmadaManifest: "manifest" };

/** `10 more groups` */
export const whatOf = (entries: readonly Entry[], more: boolean): string => {
  const kinds = new Set(entries.map(({ node }) => NOUNS[node.kind] ?? "object"));
  const noun = kinds.size === 1 ? [...kinds].join("") : "object";
  return `${String(entries.length)}${more ? " more" : ""} ${noun}${entries.length === 1 ? "" : "s"}`;
};

const wordOf = ({ node, worst }: Entry): string => {
  if (worst === "done" || (worst === "waiting" && node.status === undefined)) return stateOf(node);
  return worst === "waiting" ? "waiting for their turn" : worst;
};

/** `waiting for their turn`, `2 failed, 5 deployed` */
export const tally = (entries: readonly Entry[]): Line => {
  const words = [...Map.groupBy(sorted(entries), wordOf)];
  if (words.length === 1) return words.map(([word, [first]]) => span(word, first?.worst));
  return words.flatMap(([word, all], index) => [span(index === 0 ? "" : ", "), span(`${String(all.length)} ${word}`, all[0]?.worst)]);
};

const sorted = (entries: readonly Entry[]): readonly Entry[] => entries.toSorted((a, b) => STANDINGS.indexOf(a.worst) - STANDINGS.indexOf(b.worst));

/** `49 of 120 charts satisfied, 1 failed`: charts, and parents that no member explains. */
export const summaryOf = (nodes: readonly Node[], forest: readonly Entry[]): Line => {
  if (nodes.length === 0) return [span("no ArmadaChart, ArmadaChartGroup or ArmadaManifest yet", "faint")];
  const explained = ({ standing, children }: Entry): boolean => children.some(({ worst }) => worst === standing);
  const flat = (entries: readonly Entry[]): readonly Entry[] => entries.flatMap((entry) => [entry, ...flat(entry.children)]);
  const standings = flat(forest).flatMap((entry) => (isParent(entry.node) && explained(entry) ? [] : [entry.standing]));
  const charts = nodes.filter(isChart);
  const all = `${String(charts.filter(isSatisfied).length)} of ${String(charts.length)} chart${charts.length === 1 ? "" : "s"} satisfied`;
  const parts = STANDINGS.map((standing) => ({ standing, count: standings.filter((each) => each === standing).length }));
  return [
    span(all, "strong"),
    ...parts
      .filter(({ standing, count }) => standing !== "done" && count > 0)
      .flatMap(({ standing, count }) => [span(", "), span(`${String(count)} ${standing}`, standing)]),
  ];
};
