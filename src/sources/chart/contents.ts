import { listed } from "../../base/text.ts";
import { quote } from "../net/remote-url.ts";

/** What a message lists. */
const MOST_NAMES = 5;

/** What a message says of an archive or a folder that is no chart: which charts it contains, else which folders, else which files. */
export const contentsOf = (files: readonly string[]): string => {
  const charts = files.flatMap((path) => (path.endsWith("/Chart.yaml") ? [path.slice(0, -"/Chart.yaml".length)] : []));
  if (charts.length > 0) return `it contains the ${named("chart", withoutSubcharts(charts))}`;
  const folders = files.flatMap((path) => (path.includes("/") ? [path.slice(0, path.indexOf("/"))] : []));
  if (folders.length > 0) return `it contains no chart, but the ${named("folder", folders)}`;
  return files.length === 0 ? "it contains no files" : `it contains no chart, but the ${named("file", files)}`;
};

/** `charts "a", "b" and 2 more`. */
const named = (noun: string, names: readonly string[]): string => {
  const once = [...new Set(names)].sort();
  return `${noun}${once.length === 1 ? "" : "s"} ${listed(once.map(quote), MOST_NAMES)}`;
};

const withoutSubcharts = (charts: readonly string[]): readonly string[] => {
  const all = new Set(charts);
  return charts.filter((chart) => !parentsOf(chart).some((parent) => all.has(parent)));
};

const parentsOf = (path: string): readonly string[] => {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
};
