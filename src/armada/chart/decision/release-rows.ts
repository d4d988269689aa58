import { backoffMs } from "../../../runtime/backoff.ts";
import type { Revision } from "../../../helm/release.ts";
import { isRequested } from "../../attempts.ts";
import type { Reason } from "../../verdict.ts";
import { listObjects } from "../action.ts";
import {
  inBackoff,
  nextLookMs,
  notReadySinceMs,
  retryAt,
  retryNext,
  safetyLookMs,
  skipCommand,
  verdict,
  type ChartContext,
  type ChartDecision,
  type Row,
} from "./context.ts";
import { deadlinePassed } from "./deadline.ts";
import { needsName } from "./label-rows.ts";
import { paced, paceMs } from "./pace.ts";
import { pending } from "./pending-row.ts";
import { due } from "./put-back-rows.ts";

/** There is no chart (yet), and no release made from what the spec says runs. */
export const sourceUnusable: Row = (context) => {
  const { observed } = context;
  if (observed.source.state === "ready" || runsSpec(context)) return undefined;
  if (observed.source.state === "unread" || observed.source.state === "reading") {
    return {
      verdict: verdict(context, {
        state: "pending",
        reason: "WaitingForSource",
        message: "its chart is being read",
        waiting: { what: "for its chart to be read", next: "then helm runs" },
      }),
      actions: [],
    };
  }
  if (observed.source.state === "waiting") return waitingForDependency(context, observed.source.missing);
  const { failure, retryAtMs } = observed.source;
  return {
    verdict: verdict(context, {
      state: "error",
      reason: "SourceError",
      message: failure.message,
      stalled: failure.class === "terminal",
      waiting: { what: `for its source: ${failure.message}`, next: retryAt(retryAtMs) },
    }),
    actions: [],
    wakeAtMs: nextLookMs(context),
  };
};

/** No failure: it goes on when the dependency is there. An ArmadaChart wakes it; a folder below a chart root is looked for. */
const waitingForDependency = (context: ChartContext, missing: string): ChartDecision => ({
  verdict: verdict(context, {
    state: "pending",
    reason: "WaitingForDependency",
    message: missing,
    waiting: { what: `for a dependency: ${missing}`, next: "then it goes on by itself" },
  }),
  actions: [],
  wakeAtMs: nextLookMs(context),
});

/** The release that runs was made from the source and values that the spec names now. */
const runsSpec = ({ chart, observed }: Pick<ChartContext, "chart" | "observed">): boolean => {
  const newest = observed.record?.newest;
  return (
    newest?.status === "deployed" &&
    newest.labelsCurrent &&
    observed.ownership.of === "ours" &&
    chart.status?.release?.spec_digest === observed.specDigest
  );
};

/** Why the source cannot be read, although a release made from what the spec says runs. */
export const staleSource = (context: Pick<ChartContext, "chart" | "observed">): string | undefined => {
  const { source } = context.observed;
  if (!runsSpec(context)) return undefined;
  return source.state === "failed" ? source.failure.message : source.state === "waiting" ? source.missing : undefined;
};

/** An effect failed on what is wanted now, and its back-off has not passed: nothing is made until then, or until what was in helm's way is gone. */
export const failing: Row = (context) => {
  const failed = inBackoff(context);
  if (failed === undefined) return undefined;
  if (failed.reason !== "Conflict" || !context.observed.unblocked) return helmFailed(context);
  // What is said of it may be wrong: then it is no more than an early retry.
  const againMs = Date.parse(failed.finished_at ?? "") + backoffMs(context.journal.failures, { random: () => 0 });
  return !(context.observed.nowMs < againMs) ? undefined : { ...helmFailed(context), wakeAtMs: nextLookMs(context, againMs) };
};

/** The newest record cannot be read, or says that helm is at work. */
export const locked: Row = (context) => {
  const { observed } = context;
  if (observed.damaged !== undefined) {
    return {
      verdict: verdict(context, {
        state: "error",
        reason: "ReconcileError",
        message: observed.damaged,
        stalled: true,
        waiting: { what: `for ${observed.damaged}`, next: "then it goes on" },
      }),
      actions: [],
    };
  }
  return pending(context);
};

/** How often a namespace is looked at: nothing watches them. */
const NAMESPACE_MS = 10_000;

/** The release went with its namespace, which is not gone yet: helm could create nothing there. */
export const namespaceTerminating: Row = (context) => {
  const { observed } = context;
  if (observed.record !== undefined || !observed.namespaceTerminating) return undefined;
  const { name, namespace } = observed.release;
  return {
    verdict: verdict(context, {
      state: "pending",
      reason: "NamespaceTerminating",
      message: `release ${name} is gone, because its namespace ${namespace} is being deleted`,
      waiting: { what: `for namespace ${namespace}, which is being deleted, to be gone`, next: "then the release is installed again" },
    }),
    actions: [],
    wakeAtMs: observed.nowMs + NAMESPACE_MS,
  };
};

/** Made from what is wanted, but marked in a way that this version does not know: marked anew, without helm. */
export const unstamped: Row = (context) => {
  if (!context.observed.unstamped) return undefined;
  const message = "its release has the labels of another version of the operator and was made from the desired inputs; updating its labels";
  return {
    verdict: verdict(context, {
      state: "running",
      reason: "Restamping",
      message,
      waiting: { what: "for the labels of its release to be updated", next: "then its objects decide" },
    }),
    actions: [{ type: "restamp" }],
  };
};

/** helm has something to do: nothing there, other inputs, a foreign or failed revision. */
export const changing: Row = (context) => {
  const { observed, chart, journal, requested } = context;
  if (observed.source.state !== "ready") return undefined;
  const newest = observed.record?.newest;
  const why = whyChange(context, newest);
  if (why === undefined) return undefined;
  const upgrade = newest !== undefined && (newest.status === "deployed" || observed.record?.everDeployed === true);
  const turn = observed.turns[upgrade ? "upgrade" : "install"];
  if (!turn.ready && !requested) {
    return {
      verdict: verdict(context, {
        state: "pending",
        reason: "WaitingForTurn",
        message: `${why}; waits for its turn: ${turn.waitingFor}`,
        waiting: { what: `for ${turn.waitingFor}`, next: upgrade ? skipCommand(chart) : "then helm install runs" },
      }),
      actions: [],
      wakeAtMs: nextLookMs(context),
    };
  }
  const verb = upgrade ? "upgrade" : "install";
  const pacedUntilMs = requested ? 0 : paceMs(context);
  if (observed.nowMs < pacedUntilMs) return paced(context, { upgrade, why, untilMs: pacedUntilMs });
  if (newest !== undefined && madeAnew(context)) return removingRemains(context, why);
  const attempt = journal.failures > 0 ? ` (attempt ${String(journal.failures + 1)})` : "";
  return {
    verdict: verdict(context, {
      state: "running",
      reason: upgrade ? "Upgrading" : "Installing",
      message: `helm ${verb} runs${attempt}: ${why}`,
      waiting: { what: `for helm ${verb}${attempt}`, next: "then its objects must become ready" },
    }),
    actions: needsName(context)
      ? [{ type: "recordName" }]
      : [upgrade ? { type: "upgrade", because: why } : { type: "install", replace: newest !== undefined, because: why }],
  };
};

/** Another try than the one that failed, and none was ever deployed: what the others left may be what it cannot change. */
const madeAnew = ({ observed }: ChartContext): boolean =>
  observed.leftovers.length > 0 && observed.record?.newest.status === "failed" && observed.record.newest.labels?.inputs !== observed.inputsDigest;

const removingRemains = (context: ChartContext, why: string): ChartDecision => {
  const { observed, pruned } = context;
  const { objects, nextMs } = due(context, observed.leftovers);
  const what = listObjects(observed.leftovers);
  return {
    verdict: verdict(context, {
      state: "running",
      reason: "Installing",
      message: `${why}, and the inputs have changed: ${what}, left by failed installations, will be recreated`,
      waiting: { what: `for ${what}, left by failed installations, to be deleted`, next: "then helm install runs" },
    }),
    actions: pruned || objects.length === 0 ? [] : [{ type: "prune", objects }],
    wakeAtMs: nextLookMs(context, Math.min(nextMs ?? Number.POSITIVE_INFINITY, safetyLookMs(observed))),
  };
};

/** The last helm run that went well made a release: nobody here has removed it since. */
const wasReleased = ({ chart, journal }: ChartContext): boolean => {
  const last = journal.history.find(({ result, action }) => result === "succeeded" && ["install", "upgrade", "uninstall"].includes(action));
  return chart.status?.release?.revision !== undefined || (last !== undefined && last.action !== "uninstall");
};

const whyChange = (context: ChartContext, newest: Revision | undefined): string | undefined => {
  const { chart, observed, requested } = context;
  if (newest === undefined) return wasReleased(context) ? "the release no longer exists" : "first installation";
  if (newest.status !== "deployed") return `revision ${String(newest.revision)} is ${newest.status}`;
  if (!newest.labelsCurrent) return `revision ${String(newest.revision)} was not made by this operator`;
  if (newest.labels?.inputs !== observed.inputsDigest) return "its inputs changed";
  const unready = deadlinePassed(chart, observed, notReadySinceMs(chart, observed.nowMs));
  return requested && isRequested(chart) && unready ? "requested by annotation while its objects are not ready" : undefined;
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
      waiting: { what: `for ${verbOf(action)} to succeed`, next: retryNext(journal) },
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
    waiting: { what: "for a namespace, which is being deleted, to be gone", next: retryNext(context.journal) },
  }),
  actions: [],
  wakeAtMs: nextLookMs(context, context.journal.nextRetryMs),
});

const verbOf = (action: string): string => (action === "install" || action === "upgrade" ? `helm ${action}` : action);
