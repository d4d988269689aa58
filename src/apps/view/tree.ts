import { isChart, isManifest, isParent, type Node } from "../../armada/estate/estate.ts";
import { bodyOf, linesWanted, type BodyOptions } from "./body.ts";
import { summaryOf, tally, whatOf } from "./counts.ts";
import { forestOf, shortKind, type Entry } from "./forest.ts";
import { hiddenOf, layOut, type Layout } from "./layout.ts";
import { cutLine, span, type Line, type Tone } from "./line.ts";
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
