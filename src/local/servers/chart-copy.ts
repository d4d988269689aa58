import { cp } from "node:fs/promises";
import { join } from "node:path";

/** Copies a chart's own files: not what `helm dependency build` has put beside them. */
export const copyChart = async (from: string, to: string): Promise<void> => {
  const built = [join(from, "charts"), join(from, "Chart.lock")];
  await cp(from, to, { recursive: true, filter: (path) => !built.includes(path) });
};
