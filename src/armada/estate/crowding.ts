import type { ArmadaChart } from "../api/chart.ts";
import { olderFirst } from "./estate.ts";

/** The limit that an ArmadaChart is beyond: so many of its namespace are older, in whatever state. Undefined when it is not, or there is no limit (0). */
export const crowdingOf = (chart: ArmadaChart, ofNamespace: readonly ArmadaChart[], limit: number): number | undefined => {
  if (limit === 0 || ofNamespace.length <= limit) return undefined;
  const older = ofNamespace.filter((other) => other.metadata.uid !== chart.metadata.uid && olderFirst(other, chart) < 0);
  return older.length < limit ? undefined : limit;
};
