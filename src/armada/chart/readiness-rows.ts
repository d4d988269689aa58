import { rfc3339 } from "../../base/clock.ts";
import { DRIFT } from "../names.ts";
import { listObjects } from "./action.ts";
import { notReadySinceMs, verdict, waitTimeoutMs, type ChartContext, type ChartDecision, type Row } from "./context.ts";
import { deadlineMs } from "./deadline.ts";
import type { ObservedObject } from "./observed.ts";

/** Released with the inputs wanted: its objects decide. Matches whatever the rows before left. */
export const readiness: Row = (context) => {
  const { observed } = context;
  if (observed.leftovers.length > 0) {
    const what = `for ${listObjects(observed.leftovers)}, left by a failed first installation, to be removed`;
    return running(context, {
      message: `removing what only a failed first installation had: ${listObjects(observed.leftovers)}`,
      what,
      actions: [{ type: "prune", objects: observed.leftovers }],
    });
  }
  const open = observed.objects.filter(({ readiness: { state }, finished }) => !finished && state !== "ready");
  if (open.length === 0) return deployed(context);
  const absent = open.filter(isRestorable);
  if (absent.length > 0) {
    const objects = absent.map(({ object }) => object);
    return running(context, {
      message: `putting back ${listObjects(objects)}`,
      what: `for ${listObjects(objects)} to be put back`,
      actions: [{ type: "restore", objects }],
    });
  }
  const failed = open.find(({ readiness: { state } }) => state === "failed");
  return failed === undefined ? notReady(context, open) : objectFailed(context, failed);
};

const isRestorable = ({ object, readiness: { state } }: ObservedObject): boolean => state === "missing" && object.annotations[DRIFT] !== "ignore";

const deployed = (context: ChartContext): ChartDecision => {
  const { observed } = context;
  const revision = String(observed.record?.newest.revision ?? 0);
  const stale = observed.source.state === "failed" ? { sourceStale: observed.source.failure.message } : {};
  return {
    verdict: verdict(context, {
      state: "deployed",
      satisfied: true,
      reason: "UnderlyingResourcesReady",
      message: `release ${observed.release.name} revision ${revision}: every object is ready`,
      ...stale,
    }),
    actions: [],
    ...nextSourceRead(context),
  };
};

/** Local trees are read again every interval; the only timer of a chart that is as it should be. */
const nextSourceRead = ({ chart, observed }: ChartContext): { readonly wakeAtMs?: number } => {
  const seconds = chart.spec.source.interval ?? 600;
  return { wakeAtMs: observed.nowMs + seconds * 1000 };
};

const notReady = (context: ChartContext, open: readonly ObservedObject[]): ChartDecision => {
  const { chart, observed } = context;
  const sentence = describe(context, open);
  const deadline = deadlineMs(chart, observed, notReadySinceMs(chart));
  if (observed.nowMs >= deadline) {
    const message = `not ready ${String(waitTimeoutMs(chart) / 1000)} s (wait.timeout) after the deployment: ${sentence}`;
    return {
      verdict: verdict(context, {
        state: "failed",
        reason: "WaitTimeout",
        message,
        waiting: { what: `for ${sentence}`, next: "deployed by itself when they are ready" },
      }),
      actions: [],
    };
  }
  return running(context, {
    message: sentence,
    what: `for ${sentence}`,
    next: `failed at ${rfc3339(deadline)} (wait.timeout)`,
    actions: [],
    wakeAtMs: deadline,
    reason: "ResourcesNotReady",
  });
};

const objectFailed = (context: ChartContext, { readiness: state }: ObservedObject): ChartDecision => {
  const message = state.state === "failed" ? state.message : "an object has failed";
  return {
    verdict: verdict(context, {
      state: "failed",
      reason: "UnderlyingResourcesError",
      message,
      waiting: { what: `for a change: ${message}`, next: "deployed by itself when every object is ready" },
    }),
    actions: [],
  };
};

const describe = ({ observed }: ChartContext, open: readonly ObservedObject[]): string => {
  const first = open
    .slice(0, 3)
    .map(({ object, readiness: state }) => ("message" in state ? state.message : `${object.kind} ${object.name} is missing`));
  const more = open.length > 3 ? [`${String(open.length - 3)} more objects`] : [];
  return [...first, ...more, ...observed.podProblems.slice(0, 3)].join("; ");
};

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
