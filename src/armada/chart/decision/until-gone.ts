import { rfc3339 } from "../../../base/time/clock.ts";
import { listed } from "../../../base/text.ts";
import { isKept, listObjects } from "../action.ts";
import { deleteTimeoutMs, safetyLookMs, type ChartContext, type ChartDecision, type ReleasedContext } from "./context.ts";
import type { ChartObserved } from "../observed.ts";
import { due, pruneActions } from "./put-back-rows.ts";
import { uninstalling, untilGoneThen } from "./uninstalling.ts";

/** helm has deleted the objects; they are gone when watches say so. */
export const untilGone = (context: ReleasedContext): ChartDecision => {
  const { chart, observed, record } = context;
  const remaining = remainingOf(observed);
  if (remaining.length === 0 && observed.leftovers.length > 0) return removingLeftovers(context);
  if (remaining.length === 0) {
    return uninstalling(context, {
      message: `removing the records of release ${observed.release.name}`,
      waiting: { doing: `the records of release ${observed.release.name} are being removed`, next: "the release is removed" },
      actions: [{ type: "purge", record }],
    });
  }
  const deadlineMs = record.newest.modifiedAtMs + deleteTimeoutMs(chart);
  const late = observed.nowMs >= deadlineMs;
  const safetyMs = safetyLookMs(observed);
  const shown = listed(remaining);
  return uninstalling(context, {
    message: late
      ? `${shown} still exist ${String(deleteTimeoutMs(chart) / 1000)} s (delete.timeout) after helm uninstall: check finalizers and pods that do not terminate`
      : `waiting for ${shown} to be deleted`,
    waiting: {
      what: `for ${shown} to be deleted`,
      next: late ? "delete.timeout has passed; the removal completes when they are deleted" : `will be reported as late at ${rfc3339(deadlineMs)}`,
    },
    ...(late ? { is: "stalled" } : {}),
    actions: [],
    wakeAtMs: late ? safetyMs : Math.min(safetyMs, deadlineMs),
  });
};

/** What only failed revisions had, helm does not know of. */
const removingLeftovers = (context: ChartContext): ChartDecision => {
  const { observed } = context;
  const { objects, nextMs } = due(context, observed.leftovers);
  const what = listObjects(observed.leftovers);
  return uninstalling(context, {
    message: `removing what only a failed revision had: ${what}`,
    waiting: untilGoneThen(`for ${what}, which only a failed revision had, to be deleted`),
    actions: pruneActions(context, objects),
    wakeAtMs: Math.min(nextMs ?? Number.POSITIVE_INFINITY, safetyLookMs(observed)),
  });
};

/** What keeps a release from being gone: objects of its manifest that helm was not told to keep, and pods of its workloads. */
const remainingOf = (observed: ChartObserved): readonly string[] => [
  ...observed.objects
    .filter(({ object, readiness }) => readiness.state !== "missing" && !isKept(object))
    .map(({ object }) => `${object.kind} ${object.name}`),
  ...observed.pods,
];
