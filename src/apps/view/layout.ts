import { isChart } from "../../armada/estate/estate.ts";
import type { Entry } from "./forest.ts";
import type { Standing } from "./standing.ts";

/** How many lines each entry has that is shown. */
export type Layout = ReadonlyMap<Entry, number>;

/**
 * What is shown in at most `rows` lines: what failed and its sentences, what runs and its sentences, what is suspended; then as a whole or not at
 * all what waits and what is done. Whatever is left out stands in one line below its neighbours. `wanted`: lines that an entry asks for.
 */
export const layOut = (forest: readonly Entry[], rows: number, wanted: (entry: Entry) => number): Layout => {
  const layout = new Map<Entry, number>();
  const grant = (lines: readonly (readonly [Entry, number])[]): void => {
    const before = lines.map(([entry]) => [entry, layout.get(entry)] as const);
    for (const [entry, count] of lines) layout.set(entry, Math.max(count, layout.get(entry) ?? 0));
    if (heightOf(forest, undefined, layout) <= rows) return;
    for (const [entry, count] of before) {
      if (count === undefined) layout.delete(entry);
      else layout.set(entry, count);
    }
  };
  const trails = trailsOf(forest, []);
  for (const standing of ["failed", "running", "suspended"] as const) {
    const concerned = trails.filter(({ entry }) => entry.standing === standing);
    for (const { trail } of concerned) grant(trail.map((entry) => [entry, 1]));
    for (const { entry } of concerned) if (layout.has(entry) && wanted(entry) > 1) grant([[entry, wanted(entry)]]);
  }
  for (const standing of ["waiting", "done"] as const)
    for (const [parent, list] of listsOf(forest, undefined))
      if (parent === undefined || layout.has(parent))
        for (const entries of setsOf(list, standing, parent)) grant(entries.map((entry) => [entry, wanted(entry)]));
  return layout;
};

interface Trail {
  readonly entry: Entry;
  /** From the root to the entry. */
  readonly trail: readonly Entry[];
}

const trailsOf = (entries: readonly Entry[], above: readonly Entry[]): readonly Trail[] =>
  entries.flatMap((entry) => {
    const trail = [...above, entry];
    return [{ entry, trail }, ...trailsOf(entry.children, trail)];
  });

const listsOf = (list: readonly Entry[], parent: Entry | undefined): readonly (readonly [Entry | undefined, readonly Entry[]])[] => [
  [parent, list],
  ...list.flatMap((entry) => listsOf(entry.children, entry)),
];

/** Entries that are shown together or not at all: of a parent whatever stands so, without one what is of the same kind, too. */
const setsOf = (list: readonly Entry[], standing: Standing, parent: Entry | undefined): readonly (readonly Entry[])[] => {
  const concerned = list.filter((entry) => entry.standing === standing && entry.worst === standing);
  if (parent === undefined) return [...Map.groupBy(concerned, ({ node }) => node.kind).values()];
  // A person sees no more in ten lines of members that wait for their turn than in one.
  return isCounted(concerned[0], parent) || (standing === "waiting" && concerned.length > 1) ? [] : [concerned];
};

/** Its parent's line says it all: the count tells of charts that are done, the state of members that wait with it. */
const isCounted = (entry: Entry | undefined, parent: Entry): boolean =>
  entry !== undefined && ((isChart(entry.node) && entry.worst === "done") || (parent.standing === "waiting" && entry.worst === "waiting"));

/** Entries of a list that have no line, and that one line together tells of. */
export const hiddenOf = (list: readonly Entry[], parent: Entry | undefined, layout: Layout): readonly Entry[] =>
  list.filter((entry) => !layout.has(entry) && (parent === undefined || !isCounted(entry, parent)));

const heightOf = (list: readonly Entry[], parent: Entry | undefined, layout: Layout): number =>
  list.reduce(
    (sum, entry) => {
      const lines = layout.get(entry);
      return lines === undefined ? sum : sum + lines + heightOf(entry.children, entry, layout);
    },
    hiddenOf(list, parent, layout).length > 0 ? 1 : 0,
  );
