import { backoffMs } from "../../../runtime/backoff.ts";
import type { Reason } from "../../verdict.ts";
import { inBackoff, nextLookMs, retryNext, verdict, type ChartContext, type ChartDecision, type Row } from "./context.ts";

/** An effect failed on what is wanted now, and its back-off has not passed: nothing is made until then, or until what was in helm's way is gone. */
export const failing: Row = (context) => {
  const failed = inBackoff(context);
  if (failed === undefined) return undefined;
  if (failed.reason !== "Conflict" || !context.observed.unblocked) return helmFailed(context);
  // What is said of it may be wrong: then it is no more than an early retry.
  const againMs = Date.parse(failed.finished_at ?? "") + backoffMs(context.journal.failures, { random: () => 0 });
  return !(context.observed.nowMs < againMs) ? undefined : { ...helmFailed(context), wakeAtMs: nextLookMs(context, againMs) };
};

/** In back-off after a helm run, or another effect, that failed on what is wanted now. */
export const helmFailed = (context: ChartContext): ChartDecision => {
  const { journal } = context;
  const [failed] = journal.history;
  const reasons: Readonly<Record<string, Reason>> = { install: "InstallError", upgrade: "UpdateError" };
  const action = failed?.action ?? "install";
  const message = `${verbOf(action)} failed: ${failed?.message ?? "no message"}`;
  if (failed?.class === "waiting") return waitingForNamespace(context, message);
  return {
    verdict: verdict(context, {
      state: "failed",
      reason: reasons[action] ?? "ReconcileError",
      message,
      stalled: failed?.class === "terminal",
      waiting: { fault: message, next: retryNext(journal) },
    }),
    actions: [],
    wakeAtMs: nextLookMs(context, journal.nextRetryMs),
  };
};

/** The one thing that helm is made to wait for. */
const waitingForNamespace = (context: ChartContext, message: string): ChartDecision => ({
  verdict: verdict(context, {
    state: "pending",
    reason: "NamespaceTerminating",
    message,
    waiting: { what: "for a namespace to finish terminating", next: retryNext(context.journal) },
  }),
  actions: [],
  wakeAtMs: nextLookMs(context, context.journal.nextRetryMs),
});

const verbOf = (action: string): string => {
  if (action === "take") return "taking the release";
  return action === "install" || action === "upgrade" ? `helm ${action}` : action;
};
