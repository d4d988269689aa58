import { findCondition } from "../../runtime/conditions.ts";
import { listed } from "../../base/text.ts";
import type { ArmadaChart } from "../api/chart.ts";
import { isChart, isManifest, memberNames, nameOf, type Estate, type Parent } from "../estate/estate.ts";

/** One sentence on charts below the parent whose source cannot be read; undefined when there is none. */
export const unreadableSources = (parent: Parent, estate: Pick<Estate, "member">): string | undefined => {
  const { charts, all } = chartsBelow(parent, estate);
  const unreadable = charts.filter(isUnreadable);
  if (unreadable.length === 0) return undefined;
  const what = isManifest(parent) ? "charts" : "members";
  const have = unreadable.length === 1 ? "has a source" : "have sources";
  const names = listed(unreadable.map((chart) => nameOf(chart, parent)));
  return `${String(unreadable.length)} of ${String(all)} ${what} ${have} that cannot be read: ${names}`;
};

/** Each once, and how many are listed, whether they exist or not. */
const chartsBelow = (parent: Parent, estate: Pick<Estate, "member">): { readonly charts: readonly ArmadaChart[]; readonly all: number } => {
  const charts = new Map<string, ArmadaChart>();
  let missing = 0;
  const visit = (node: Parent): void => {
    for (const name of memberNames(node)) {
      const member = estate.member(node, name);
      if (member === undefined) missing += isManifest(node) ? 0 : 1;
      else if (isChart(member)) charts.set(member.metadata.uid, member);
      else visit(member);
    }
  };
  visit(parent);
  return { charts: [...charts.values()], all: charts.size + missing };
};

/** It says so itself. */
const isUnreadable = ({ status }: ArmadaChart): boolean =>
  status?.reason === "SourceError" || findCondition(status?.conditions, "SourceStale")?.status === "True";
