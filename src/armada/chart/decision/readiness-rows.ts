import { rfc3339 } from "../../../base/clock.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { summarize } from "../../readiness/summary.ts";
import { listObjects } from "../action.ts";
import { nextLookMs, notReadySinceMs, safetyLookMs, verdict, waitTimeoutMs, type ChartContext, type ChartDecision, type Row } from "./context.ts";
import { deadlineMs } from "./deadline.ts";
import { lastFailure } from "./journal.ts";
import { isOpen, type ChartObserved, type ClosedNamespace } from "../observed.ts";
import { contested, contradiction, due, restoreActions } from "./put-back-rows.ts";
import { helmFailed } from "./release-rows.ts";

/** Released with the inputs wanted: its objects decide. Matches whatever the rows before left. */
export const readiness: Row = (context) => {
  const { observed } = context;
  const open = observed.objects.filter(isOpen);
  const absent = open.filter(({ readiness: { state } }) => state === "missing").map(({ object }) => object);
  const stop = contradiction(context, absent, observed.leftovers);
  if (stop !== undefined) return stop;
  const going = removingLeftovers(context);
  if (going !== undefined && going.actions.length > 0) return going;
  const [held, free] = [absent.filter((object) => isHeld(object, observed)), absent.filter((object) => !isHeld(object, observed))];
  const again = contested(context, free);
  if (again !== undefined) return again;
  const summary = summarize(open);
  if (summary === undefined) return going ?? deployed(context);
  if (free.length > 0) return restoring(context, free, summary.message);
  if (held.length > 0) return untilOpen(context, held);
  if (summary.failed !== undefined) return objectFailed(context, summary.failed);
  return notReady(context, [summary.message, ...observed.podProblems.slice(0, 3)].join("; "));
};

/** What does not go, because of its finalizers or because something makes it anew, holds up no put-back, and no answer for ever. */
const removingLeftovers = (context: ChartContext): ChartDecision | undefined => {
  const { leftovers, nowMs } = context.observed;
  if (leftovers.length === 0) return undefined;
  const { objects, nextMs } = due(context, leftovers);
  const what = `${listObjects(leftovers)}, which only a failed revision had, to be removed`;
  const actions = context.pruned || objects.length === 0 ? [] : [{ type: "prune" as const, objects }];
  if (nowMs >= deadlineOf(context)) return { ...late(context, what), actions };
  const message = `removing what only a failed revision had: ${listObjects(leftovers)}`;
  return running(context, { message, what: `for ${what}`, actions, ...(nextMs === undefined ? {} : { wakeAtMs: nextMs }) });
};

const deployed = (context: ChartContext): ChartDecision => {
  const { observed } = context;
  const revision = String(observed.record?.newest.revision ?? 0);
  return {
    verdict: verdict(context, {
      state: "deployed",
      satisfied: true,
      reason: "UnderlyingResourcesReady",
      message: `release ${observed.release.name} revision ${revision}: every object is ready`,
    }),
    actions: [],
    wakeAtMs: nextLookMs(context),
  };
};

/** Deleted objects are put back, however late it is. What a retry says after the deadline is what was said while it was waited for. */
const restoring = (context: ChartContext, absent: readonly ReleaseObject[], sentence: string): ChartDecision => {
  const { chart, observed, journal } = context;
  const now = due(context, absent);
  const actions = restoreActions(now);
  const wake = now.nextMs === undefined ? {} : { wakeAtMs: nextLookMs(context, now.nextMs) };
  if (observed.nowMs < deadlineOf(context)) {
    return running(context, { message: `putting back ${listObjects(absent)}`, what: `for ${listObjects(absent)} to be put back`, actions, ...wake });
  }
  const failedBefore = lastFailure(journal, chart, observed)?.action === "restore";
  return { ...(failedBefore ? helmFailed(context) : late(context, sentence)), actions, ...wake };
};

const isHeld = ({ namespace }: ReleaseObject, { closed }: ChartObserved): boolean => closed.some(({ name }) => name === namespace);

const opening = ({ name, state }: ClosedNamespace): string =>
  state === "terminating" ? `namespace ${name}, which is being deleted, to be gone` : `namespace ${name}, which does not exist, to be created`;

/** Nothing can be made there now. */
const untilOpen = (context: ChartContext, held: readonly ReleaseObject[]): ChartDecision => {
  const { observed } = context;
  const sentence = `${observed.closed.map(opening).join(", ")}, before ${listObjects(held)} can be put back`;
  if (observed.nowMs >= deadlineOf(context)) return late(context, sentence);
  const wakeAtMs = nextLookMs(context, safetyLookMs(observed));
  return running(context, { message: `waiting for ${sentence}`, what: `for ${sentence}`, next: "then they are put back", actions: [], wakeAtMs });
};

const deadlineOf = ({ chart, observed }: ChartContext): number => deadlineMs(chart, observed, notReadySinceMs(chart, observed.nowMs));

const late = (context: ChartContext, sentence: string): ChartDecision => ({
  verdict: verdict(context, {
    state: "failed",
    reason: "WaitTimeout",
    message: `not ready ${String(waitTimeoutMs(context.chart) / 1000)} s (wait.timeout) after the deployment: ${sentence}`,
    waiting: { what: `for ${sentence}`, next: "deployed by itself when they are ready" },
  }),
  actions: [],
  wakeAtMs: nextLookMs(context, safetyLookMs(context.observed)),
});

const notReady = (context: ChartContext, sentence: string): ChartDecision => {
  const deadline = deadlineOf(context);
  if (context.observed.nowMs >= deadline) return late(context, sentence);
  return running(context, {
    message: sentence,
    what: `for ${sentence}`,
    next: `will fail at ${rfc3339(deadline)} (wait.timeout)`,
    actions: [],
    wakeAtMs: nextLookMs(context, Math.min(deadline, safetyLookMs(context.observed))),
    reason: "ResourcesNotReady",
  });
};

const objectFailed = (context: ChartContext, message: string): ChartDecision => ({
  verdict: verdict(context, {
    state: "failed",
    reason: "UnderlyingResourcesError",
    message,
    waiting: { what: `for a change: ${message}`, next: "deployed by itself when every object is ready" },
  }),
  actions: [],
  wakeAtMs: nextLookMs(context),
});

interface Running {
  readonly message: string;
  readonly what: string;
  readonly next?: string;
  readonly reason?: "ResourcesNotReady";
  readonly actions: ChartDecision["actions"];
  readonly wakeAtMs?: number;
}

const running = (context: ChartContext, facts: Running): ChartDecision => ({
  verdict: verdict(context, {
    state: "running",
    reason: facts.reason ?? "RestoringResources",
    message: facts.message,
    waiting: { what: facts.what, next: facts.next ?? "then every object must be ready" },
  }),
  actions: facts.actions,
  ...(facts.wakeAtMs === undefined ? {} : { wakeAtMs: facts.wakeAtMs }),
});
