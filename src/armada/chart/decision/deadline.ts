import type { ArmadaChart } from "../../api/chart.ts";
import { waitTimeoutMs } from "./context.ts";
import { isOpen } from "../objects/observed-object.ts";
import type { ChartObserved } from "../observed.ts";

/** When the objects must be ready: `wait.timeout` after the revision was deployed or readiness was lost, whichever came later. */
export const deadlineMs = (chart: ArmadaChart, observed: Pick<ChartObserved, "record">, notReadySinceMs: number): number =>
  Math.max(observed.record?.newest.modifiedAtMs ?? 0, notReadySinceMs) + waitTimeoutMs(chart);

/** Objects are failed, or not ready although their deadline has passed. */
export const deadlinePassed = (chart: ArmadaChart, observed: ChartObserved, notReadySinceMs: number): boolean => {
  const unready = observed.objects.filter(isOpen);
  if (unready.length === 0) return false;
  return unready.some(({ readiness }) => readiness.state === "failed") || observed.nowMs >= deadlineMs(chart, observed, notReadySinceMs);
};
