import { CHART_LIMITS, type ChartFile, type ChartLimits, foldersOf } from "../chart/files.ts";
import { type HeldChart, isArchive } from "../chart/held.ts";
import { tooLarge } from "../errors.ts";

/** A chart that goes into `charts/` of another. */
export interface ChartToPlace {
  readonly name: string;
  readonly version: string;
  readonly files: readonly ChartFile[];
}

export interface Placement {
  /** The chart's own. */
  readonly files: readonly ChartFile[];
  /** What its `charts/` holds. */
  readonly held: readonly HeldChart[];
  readonly charts: readonly ChartToPlace[];
  /** Begins the messages. */
  readonly what: string;
  readonly limits?: ChartLimits;
}

/**
 * The files of a chart with others in its `charts/`, instead of those of their names there. Its `.helmignore` has been applied and is left out:
 * helm would apply it to what is placed.
 * @throws {SourceError} The whole is beyond the limits.
 */
export const placeCharts = ({ files, held, charts, what, limits = CHART_LIMITS }: Placement): readonly ChartFile[] => {
  const gone = held.filter((chart) => charts.some(({ name }) => isCalled(chart, name))).map(({ entry }) => `charts/${entry}`);
  const kept = files.filter(({ path }) => path !== ".helmignore" && !gone.some((place) => path === place || path.startsWith(`${place}/`)));
  const taken = new Set(kept.flatMap(({ path }) => (path.startsWith("charts/") ? [path.split("/")[1] ?? ""] : [])));
  const placed = charts.flatMap((chart) => {
    const folder = freeFolder(chart, taken);
    taken.add(folder);
    return chart.files.map(({ path, bytes }) => ({ path: `charts/${folder}/${path}`, bytes }));
  });
  return within(limits, [...kept, ...placed], what);
};

/** A folder of that name without a Chart.yaml is what is left of such a chart. */
const isCalled = ({ entry, name }: HeldChart, wanted: string): boolean =>
  name === wanted || (name === undefined && !isArchive(entry) && entry === wanted);

/** Another chart may stand in the folder, or another version have been placed there. helm does not care what a folder is called. */
const freeFolder = ({ name }: ChartToPlace, taken: ReadonlySet<string>): string => {
  let folder = name;
  for (let next = 2; taken.has(folder); next++) folder = `${name}-${next}`;
  return folder;
};

const within = ({ entries, totalBytes }: ChartLimits, files: readonly ChartFile[], what: string): readonly ChartFile[] => {
  const count = files.length + foldersOf(files).size;
  const bytes = files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
  if (count <= entries && bytes <= totalBytes) return files;
  const excess = count > entries ? `${entries} entries` : `${totalBytes} bytes`;
  throw tooLarge(`${what} has more than ${excess} with the charts it depends on: list what helm does not need in .helmignore`);
};
