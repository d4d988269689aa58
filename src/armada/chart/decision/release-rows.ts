import type { ReleaseRecord, Revision } from "../../../helm/release.ts";
import { isRequested } from "../../attempts.ts";
import { listObjects, type Change } from "../action.ts";
import type { ReadySource } from "../facts/source-facts.ts";
import type { ChartObserved } from "../observed.ts";
import { wasMade } from "../release/was-made.ts";
import {
  nextLookMs,
  notReadySinceMs,
  safetyLookMs,
  skipCommand,
  untilRecordRemoved,
  verdict,
  type ChartContext,
  type ChartDecision,
  type Row,
} from "./context.ts";
import { deadlinePassed } from "./deadline.ts";
import { lastFailure } from "./journal.ts";
import { needsName } from "./label-rows.ts";
import { paced, paceMs } from "./pace.ts";
import { pending } from "./pending-row.ts";
import { due, pruneActions } from "./put-back-rows.ts";

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
        waiting: { what: untilRecordRemoved(observed.damaged), next: "then it continues" },
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
      message: `release ${name} no longer exists, because its namespace ${namespace} is being deleted`,
      waiting: { what: `for namespace ${namespace} to finish terminating`, next: "then the release is installed again" },
    }),
    actions: [],
    wakeAtMs: observed.nowMs + NAMESPACE_MS,
  };
};

/** Made from what is wanted, but marked in a way that this version does not know: marked anew, without helm. */
export const unstamped: Row = (context) => {
  const { unstamped: isUnstamped, record, source } = context.observed;
  if (!isUnstamped || record === undefined || source.state !== "ready") return undefined;
  const message = "its release has the labels of another version of the operator and was made from the desired inputs; updating its labels";
  return {
    verdict: verdict(context, {
      state: "running",
      reason: "Restamping",
      message,
      waiting: { doing: "the labels of its release are being updated", next: "check its objects" },
    }),
    actions: [{ type: "restamp", record, inputsDigest: source.inputsDigest }],
  };
};

/** helm has something to do: nothing there, other inputs, a foreign or failed revision. */
export const changing: Row = (context) => {
  const { observed, requested } = context;
  const { source, record } = observed;
  if (source.state !== "ready") return undefined;
  const because = whyChange(context, source, record);
  if (because === undefined) return undefined;
  const action = changeOf(source, record, because);
  const turn = observed.turns[action.type];
  if (!turn.ready && !requested) return waitingForTurn(context, action, turn.waitingFor);
  const pacedUntilMs = requested ? 0 : paceMs(context);
  if (observed.nowMs < pacedUntilMs) return paced(context, action, pacedUntilMs);
  if (record !== undefined && madeAnew(observed, source, record)) return removingRemains(context, because);
  return runningHelm(context, action);
};

const changeOf = (source: ReadySource, record: ReleaseRecord | undefined, because: string): Change =>
  record !== undefined && (record.newest.status === "deployed" || record.everDeployed)
    ? { type: "upgrade", record, source, because }
    : { type: "install", replaces: record, source, because };

const waitingForTurn = (context: ChartContext, { type, because }: Change, waitingFor: string): ChartDecision => ({
  verdict: verdict(context, {
    state: "pending",
    reason: "WaitingForTurn",
    message: `${because}; waiting for its turn: ${waitingFor}`,
    waiting: { what: `for ${waitingFor}`, next: type === "upgrade" ? skipCommand(context.chart) : "then helm install runs" },
  }),
  actions: [],
  wakeAtMs: nextLookMs(context),
});

const runningHelm = (context: ChartContext, action: Change): ChartDecision => {
  const { failures } = context.journal;
  const attempt = failures > 0 ? `attempt ${String(failures + 1)}` : "";
  const cause = lastFailure(context.journal, context.chart, context.observed)?.message;
  const known = failures === 0 || cause === undefined ? attempt : `${attempt}; the one before failed: ${cause}`;
  const run = (what: string): string => `helm ${action.type} is running${what === "" ? "" : ` (${what})`}`;
  return {
    verdict: verdict(context, {
      state: "running",
      reason: action.type === "upgrade" ? "Upgrading" : "Installing",
      message: `${run(attempt)}: ${action.because}`,
      waiting: { doing: run(known), next: "wait for its objects to become ready" },
    }),
    actions: needsName(context) ? [{ type: "recordName" }] : [attempt === "" ? action : { ...action, because: `${action.because}, ${attempt}` }],
  };
};

/** Another try than the one that failed, and none was ever deployed: what the others left may be what it cannot change. */
const madeAnew = ({ leftovers }: ChartObserved, { inputsDigest }: ReadySource, { newest }: ReleaseRecord): boolean =>
  leftovers.length > 0 && newest.status === "failed" && newest.labels?.inputs !== inputsDigest;

const removingRemains = (context: ChartContext, why: string): ChartDecision => {
  const { observed } = context;
  const { objects, nextMs } = due(context, observed.leftovers);
  const what = listObjects(observed.leftovers);
  return {
    verdict: verdict(context, {
      state: "running",
      reason: "Installing",
      message: `${why}, and the inputs have changed: ${what}, left by failed installations, will be recreated`,
      waiting: { what: `for ${what}, left by failed installations, to be deleted`, next: "then helm install runs" },
    }),
    actions: pruneActions(context, objects),
    wakeAtMs: nextLookMs(context, Math.min(nextMs ?? Number.POSITIVE_INFINITY, safetyLookMs(observed))),
  };
};

const whyChange = (context: ChartContext, source: ReadySource, record: ReleaseRecord | undefined): string | undefined => {
  const { chart, journal } = context;
  if (record !== undefined) return whyUpgrade(context, source, record.newest);
  const wasReleased = chart.status?.release?.revision !== undefined || wasMade(journal.history);
  return wasReleased ? "the release no longer exists" : "first installation";
};

const whyUpgrade = ({ chart, observed, requested }: ChartContext, source: ReadySource, newest: Revision): string | undefined => {
  if (newest.status !== "deployed") return `revision ${String(newest.revision)} is ${newest.status}`;
  if (!newest.labelsCurrent) return `revision ${String(newest.revision)} was not made by this operator`;
  if (newest.labels?.inputs !== source.inputsDigest) return "its inputs changed";
  const unready = deadlinePassed(chart, observed, notReadySinceMs(chart, observed.nowMs));
  return requested && isRequested(chart) && unready ? "requested by annotation while its objects are not ready" : undefined;
};
