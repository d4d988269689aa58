import { isChart, isManifest, isParent, type Node } from "../../armada/estate/estate.ts";
import { bodyOf, linesWanted, type BodyOptions } from "./body.ts";
import { forestOf, shortKind, type Entry } from "./forest.ts";
import { hiddenOf, layOut, type Layout } from "./layout.ts";
import { cutLine, span, type Line, type Tone } from "./line.ts";
import { isSatisfied, STANDINGS, stateOf } from "./standing.ts";
import { fit, printable, widthOf } from "./text.ts";

export interface TreeOptions {
  /** Width and height of the terminal. */
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
}

const GAP = "  ";

/** A summary, and the objects as a tree, in at most `rows` lines of less than `columns` columns: many terminals go on to the next line after the last. */
export const treeLines = (nodes: readonly Node[], { columns, rows, nowMs }: TreeOptions): readonly Line[] => {
  const width = Math.max(1, columns - 1);
  const forest = forestOf(nodes);
  const names = columnOfNames(forest, width);
  const options: BodyOptions = { width: Math.max(1, width - names - GAP.length), wide: Math.max(1, width - INDENT.length), nowMs };
  const summary = rows < 4 ? [] : [summaryOf(nodes, forest)];
  const layout = layOut(forest, rows - summary.length, (entry) => linesWanted(entry, options));
  return [...summary, ...draw(forest, undefined, { layout, names, options })].slice(0, rows).map((line) => cutLine(line, width));
};

/** Of a sentence below a name, whatever the depth: they are easier read below each other. */
const INDENT = "        ";
/** Of the terminal: names that are longer are cut. */
const NAMES_AT_MOST = 0.45;

const columnOfNames = (forest: readonly Entry[], width: number): number => {
  const widths = (entries: readonly Entry[], depth: number): readonly number[] =>
    entries.flatMap((entry) => [
      2 * depth + widthOf(labelOf(entry)) + (isParent(entry.node) ? 2 + countOf(entry).length : 0),
      ...widths(
        entry.children.filter(({ node, worst }) => !isChart(node) || worst !== "done"),
        depth + 1,
      ),
    ]);
  return Math.min(Math.max(20, ...widths(forest, 0)), Math.floor(width * NAMES_AT_MOST));
};

const labelOf = ({ node, name }: Entry): string => `${shortKind(node)} ${printable(name)}`;

const countOf = ({ done, total }: Entry): string => `${String(done)}/${String(total)}`;

interface Drawing {
  readonly layout: Layout;
  readonly names: number;
  readonly options: BodyOptions;
}

/** `above`: what stands before each line of the list, undefined for objects without a parent. */
const draw = (list: readonly Entry[], parent: Entry | undefined, drawing: Drawing, above?: string): readonly Line[] => {
  const shown = list.filter((entry) => drawing.layout.has(entry));
  const hidden = hiddenOf(list, parent, drawing.layout);
  const lines = shown.flatMap((entry, index) => drawEntry(entry, drawing, above, index === shown.length - 1 && hidden.length === 0));
  if (hidden.length === 0) return lines;
  const label = `${above === undefined ? "" : `${above}${above === "" ? "└ " : "  "}`}${whatOf(hidden, shown.length > 0)}`;
  return [...lines, [span(fit(label, drawing.names), "faint"), span(GAP), ...tally(hidden)]];
};

const drawEntry = (entry: Entry, drawing: Drawing, above: string | undefined, isLast: boolean): readonly Line[] => {
  const { layout, names, options } = drawing;
  const branch = above === undefined ? "" : above === "" ? (isLast ? "└ " : "├ ") : `${above}  `;
  const trunk = above === undefined ? "" : above === "" ? (isLast ? "  " : "│ ") : above;
  const { beside, below } = bodyOf(entry, layout.get(entry) ?? 1, options);
  const count = isParent(entry.node) ? ` ${countOf(entry)}` : "";
  const label = fit(`${branch}${labelOf(entry)}`, names - count.length);
  const tone: Tone = isManifest(entry.node) ? "strong" : "plain";
  return [
    [span(label, tone), span(`${count}${GAP}`), ...beside],
    ...below.map((text): Line => [span(fit(trunk, INDENT.length)), span(text, entry.standing === "failed" ? "failed" : "plain")]),
    ...draw(entry.children, entry, drawing, trunk),
  ];
};

const NOUNS: Readonly<Record<string, string>> = { ArmadaChart: "chart", ArmadaChartGroup: "group", ArmadaManifest: "manifest" };

/** `10 more groups` */
const whatOf = (entries: readonly Entry[], more: boolean): string => {
  const kinds = new Set(entries.map(({ node }) => NOUNS[node.kind] ?? "object"));
  const noun = kinds.size === 1 ? [...kinds].join("") : "object";
  return `${String(entries.length)}${more ? " more" : ""} ${noun}${entries.length === 1 ? "" : "s"}`;
};

const wordOf = ({ node, worst }: Entry): string => (worst === "done" ? stateOf(node) : worst === "waiting" ? "waiting for their turn" : worst);

/** `waiting for their turn`, `2 failed, 5 deployed` */
const tally = (entries: readonly Entry[]): Line => {
  const words = [...Map.groupBy(sorted(entries), wordOf)];
  if (words.length === 1) return words.map(([word, [first]]) => span(word, first?.worst));
  return words.flatMap(([word, all], index) => [span(index === 0 ? "" : ", "), span(`${String(all.length)} ${word}`, all[0]?.worst)]);
};

const sorted = (entries: readonly Entry[]): readonly Entry[] => entries.toSorted((a, b) => STANDINGS.indexOf(a.worst) - STANDINGS.indexOf(b.worst));

/** `49 of 120 charts satisfied, 1 failed`: charts, and parents that no member explains. */
const summaryOf = (nodes: readonly Node[], forest: readonly Entry[]): Line => {
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
