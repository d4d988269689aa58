import { rfc3339 } from "../../../base/time/clock.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { summarize } from "../../readiness/summary.ts";
import type { Waiting } from "../../verdict.ts";
import { listObjects } from "../action.ts";
import {
  nextLookMs,
  notReadySinceMs,
  safetyLookMs,
  verdict,
  waitTimeoutMs,
  type ChartContext,
  type ChartDecision,
  type ReleasedContext,
  type Row,
} from "./context.ts";
import { deadlineMs } from "./deadline.ts";
import { lastFailure } from "./journal.ts";
import type { ClosedNamespace } from "../objects/closed-namespaces.ts";
import { isOpen, type ObservedObject } from "../objects/observed-object.ts";
import type { ChartObserved } from "../observed.ts";
import { contested, contradiction, due, pruneActions, restoreActions } from "./put-back-rows.ts";
import { helmFailed } from "./failure-rows.ts";

/** Released with the inputs wanted: its objects decide. */
export const readiness: Row = (context) => {
  const { record } = context.observed;
  return record === undefined ? undefined : byObjects({ ...context, record });
};

const byObjects = (context: ReleasedContext): ChartDecision => {
  const { observed } = context;
  const open = observed.objects.filter(isOpen);
  const absent = open.filter(({ readiness: { state } }) => state === "missing").map(({ object }) => object);
  const stop = contradiction(context, absent, observed.leftovers);
  if (stop !== undefined) return stop;
  const going = removingLeftovers(context);
  if (going !== undefined && going.actions.length > 0) return going;
  const { held = [], free = [] } = Object.groupBy(absent, (object) => (isHeld(object, observed) ? "held" : "free"));
  return contested(context, free) ?? ofOpen(context, { open, held, free }) ?? going ?? deployed(context);
};

interface OpenObjects {
  readonly open: readonly ObservedObject[];
  /** Of those that are missing: what cannot be put back now, and what can. */
  readonly held: readonly ReleaseObject[];
  readonly free: readonly ReleaseObject[];
}

/** Undefined when none is. */
const ofOpen = (context: ReleasedContext, { open, held, free }: OpenObjects): ChartDecision | undefined => {
  const summary = summarize(open);
  if (summary === undefined) return undefined;
  if (free.length > 0) return restoring(context, free, summary.message);
  if (held.length > 0) return untilOpen(context, held);
  if (summary.failed !== undefined) return objectFailed(context, summary.failed);
  return notReady(context, [summary.message, ...context.observed.podProblems.slice(0, 3)].join("; "));
};

/** What does not go, because of its finalizers or because something makes it anew, holds up no put-back, and no answer for ever. */
const removingLeftovers = (context: ReleasedContext): ChartDecision | undefined => {
  const { leftovers, nowMs } = context.observed;
  if (leftovers.length === 0) return undefined;
  const { objects, nextMs } = due(context, leftovers);
  const what = `${listObjects(leftovers)}, which only a failed revision had, to be removed`;
  const actions = pruneActions(context, objects);
  if (nowMs >= deadlineOf(context)) return { ...late(context, what), actions };
  const message = `removing what only a failed revision had: ${listObjects(leftovers)}`;
  const waiting = { what: `for ${what}`, next: "then every object must be ready" };
  return running(context, { message, waiting, actions, ...(nextMs === undefined ? {} : { wakeAtMs: nextMs }) });
};

const deployed = (context: ReleasedContext): ChartDecision => {
  const { observed, record } = context;
  return {
    verdict: verdict(context, {
      state: "deployed",
      satisfied: true,
      reason: "UnderlyingResourcesReady",
      message: `release ${observed.release.name} revision ${String(record.newest.revision)}: every object is ready`,
    }),
    actions: [],
    wakeAtMs: nextLookMs(context),
  };
};

/** Deleted objects are put back, however late it is. What a retry says after the deadline is what was said while it was waited for. */
const restoring = (context: ReleasedContext, absent: readonly ReleaseObject[], sentence: string): ChartDecision => {
  const { chart, observed, journal } = context;
  const now = due(context, absent);
  const actions = restoreActions(context, now);
  const wake = now.nextMs === undefined ? {} : { wakeAtMs: nextLookMs(context, now.nextMs) };
  if (observed.nowMs < deadlineOf(context)) {
    const waiting = {
      doing: `${listObjects(absent)} ${absent.length === 1 ? "is" : "are"} being put back`,
      next: "wait for every object to become ready",
    };
    return running(context, { message: `putting back ${listObjects(absent)}`, waiting, actions, ...wake });
  }
  const failedBefore = lastFailure(journal, chart, observed)?.action === "restore";
  return { ...(failedBefore ? helmFailed(context) : late(context, sentence)), actions, ...wake };
};

const isHeld = ({ namespace }: ReleaseObject, { closed }: ChartObserved): boolean => closed.some(({ name }) => name === namespace);

const opening = ({ name, state }: ClosedNamespace): string =>
  state === "terminating" ? `namespace ${name} to finish terminating` : `namespace ${name}, which does not exist, to be created`;

/** Nothing can be made there now. */
const untilOpen = (context: ChartContext, held: readonly ReleaseObject[]): ChartDecision => {
  const { observed } = context;
  const sentence = `${observed.closed.map(opening).join(", ")}, before ${listObjects(held)} can be put back`;
  if (observed.nowMs >= deadlineOf(context)) return late(context, sentence);
  const wakeAtMs = nextLookMs(context, safetyLookMs(observed));
  const waiting = { what: `for ${sentence}`, next: "then they are put back" };
  return running(context, { message: `waiting for ${sentence}`, waiting, actions: [], wakeAtMs });
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
    waiting: { what: `for ${sentence}`, next: `will fail at ${rfc3339(deadline)} (wait.timeout)` },
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
  readonly waiting: Waiting;
  readonly reason?: "ResourcesNotReady";
  readonly actions: ChartDecision["actions"];
  readonly wakeAtMs?: number;
}

const running = (context: ChartContext, facts: Running): ChartDecision => ({
  verdict: verdict(context, {
    state: "running",
    reason: facts.reason ?? "RestoringResources",
    message: facts.message,
    waiting: facts.waiting,
  }),
  actions: facts.actions,
  ...(facts.wakeAtMs === undefined ? {} : { wakeAtMs: facts.wakeAtMs }),
});
