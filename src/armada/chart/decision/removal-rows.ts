import { rfc3339 } from "../../../base/time/clock.ts";
import type { ReleaseRecord } from "../../../helm/release.ts";
import { isTerminating } from "../../estate/estate.ts";
import { closedAccount } from "../account.ts";
import { listObjects } from "../action.ts";
import {
  inBackoff,
  retryNext,
  skipCommand,
  untilRecordRemoved,
  verdict,
  type ChartContext,
  type ChartDecision,
  type ReleasedContext,
  type Row,
} from "./context.ts";
import type { ChartObserved } from "../observed.ts";
import { atWork } from "./pending-row.ts";
import { pruneActions } from "./put-back-rows.ts";
import { uninstalling, untilGoneThen } from "./uninstalling.ts";
import { untilGone } from "./until-gone.ts";

/** Deleted, asked to be uninstalled, or in the middle of an uninstallation that must end before anything else. */
export const removing: Row = (context) => {
  const { chart, observed } = context;
  if (!mustGo(context)) return undefined;
  const stays = isTerminating(chart) ? lettingGo(context) : undefined;
  if (stays !== undefined) return stays;
  const { record, ownership } = observed;
  const release = record === undefined || ownership.of !== "ours" ? undefined : { ...context, record };
  const closed = release === undefined && observed.orphanedObjects.length === 0 ? undefined : closedAccount(observed.account);
  if (closed !== undefined) return notAdmitted(context, closed);
  return release === undefined ? withoutRelease(context) : withRelease(release);
};

/** Whose account it is, may withdraw it. */
const notAdmitted = (context: ChartContext, closed: string): ChartDecision => {
  const { release } = context.observed;
  const next = `release ${release.name} is removed when it does; spec.deletion_policy orphan leaves it as it is`;
  return uninstalling(context, { message: `${closed}; ${next}`, waiting: { what: `for its account: ${closed}`, next }, is: "stalled", actions: [] });
};

const mustGo = ({ chart, observed }: ChartContext): boolean => {
  if (isTerminating(chart)) return true;
  if (chart.spec.suspend === true) return false;
  const { target, ownership, record } = observed;
  return target === "uninstalled" || (target === "deployed" && ownership.of === "ours" && record !== undefined && isBegun(record));
};

const isBegun = ({ newest: { status } }: ReleaseRecord): boolean => status === "uninstalling" || status === "uninstalled";

/** The object goes and its release stays. */
const lettingGo = (context: ChartContext): ChartDecision | undefined => {
  const { chart, observed } = context;
  const orphan = chart.spec.deletion_policy === "orphan" && observed.heir === undefined;
  if (!observed.losingItsApi && !orphan) return undefined;
  const why = observed.losingItsApi ? "its CustomResourceDefinition is being deleted" : "spec.deletion_policy is orphan";
  return {
    verdict: verdict(context, {
      state: "running",
      reason: observed.losingItsApi ? "LettingGo" : "Orphaning",
      message: `${why}: release ${observed.release.name} stays as it is`,
      waiting: { what: "for its finalizer to be removed", next: "then the object is deleted, and the release stays" },
    }),
    actions: [],
    gone: true,
  };
};

/** How often what is left of a release without a record is looked for while it terminates. */
const STRAYS_MS = 5_000;

/** No record of ours. What still carries the annotations of a record that vanished goes first. */
const withoutRelease = (context: ChartContext): ChartDecision => {
  const { observed, journal } = context;
  const failed = observed.orphanedObjects.length > 0 ? inBackoff(context) : undefined;
  if (failed !== undefined) {
    const message = failed.message ?? "removing what is left failed";
    return uninstalling(context, {
      message,
      waiting: { fault: `removing what is left failed: ${failed.message ?? "no message"}`, next: retryNext(journal) },
      is: "stalled",
      actions: [],
      wakeAtMs: journal.nextRetryMs,
    });
  }
  if (observed.orphanedObjects.length > 0) {
    const message = `the record of release ${observed.release.name} no longer exists; removing the objects that still have its annotations: ${listObjects(observed.orphanedObjects)}${unseenNote(observed)}`;
    return uninstalling(context, {
      message,
      waiting: untilGoneThen(`for ${listObjects(observed.orphanedObjects)} to be deleted`),
      actions: pruneActions(context, observed.orphanedObjects),
      // Nothing watches kinds of which no record tells.
      wakeAtMs: context.pruned ? observed.nowMs + STRAYS_MS : undefined,
    });
  }
  const other = observed.ownership.of === "none" ? "" : `; release ${observed.release.name} does not belong to this ArmadaChart and stays`;
  return {
    verdict: verdict(context, {
      state: "uninstalled",
      satisfied: observed.target === "uninstalled",
      reason: "UninstallSuccessful",
      message: `nothing of this chart is installed${other}${unseenNote(observed)}`,
      waiting: { what: "for its finalizer to be removed", next: "then the object is deleted" },
    }),
    actions: [],
    gone: true,
  };
};

/** A right that is missing, or a kind whose server is away, must not hold up a removal for ever; who reads it is told where to look. */
const unseenNote = ({ unseen }: ChartObserved): string => (unseen.length === 0 ? "" : `; not checked: ${unseen.join("; ")}`);

const withRelease = (context: ReleasedContext): ChartDecision => {
  const { observed } = context;
  if (observed.damaged !== undefined) return damagedRecord(context, observed.damaged);
  return untilTurn(context) ?? afterFailure(context) ?? givingBack(context) ?? untilHelmEnds(context) ?? goingAway(context);
};

const untilTurn = (context: ChartContext): ChartDecision | undefined => {
  const { chart, observed, requested } = context;
  const turn = observed.turns.remove;
  if (turn.ready || observed.namespaceTerminating || requested) return undefined;
  return uninstalling(context, {
    message: `waiting for its turn to be removed: ${turn.waitingFor}`,
    waiting: { what: `for ${turn.waitingFor}`, next: skipCommand(chart) },
    is: "waiting for its turn",
    actions: [],
    wakeAtMs: turn.untilMs,
  });
};

const afterFailure = (context: ChartContext): ChartDecision | undefined => {
  const failed = inBackoff(context);
  if (failed === undefined) return undefined;
  const { message = "helm uninstall failed", reason } = failed;
  return uninstalling(context, {
    message: `${message}${reason === "HookFailed" ? waysAroundHooks(context) : ""}`,
    waiting: { fault: `helm uninstall failed: ${failed.message ?? "no message"}`, next: retryNext(context.journal) },
    is: failed.class === "terminal" ? "stalled" : "failing",
    actions: [],
    wakeAtMs: context.journal.nextRetryMs,
  });
};

const givingBack = (context: ReleasedContext): ChartDecision | undefined => {
  const { observed, record } = context;
  const { heir, release } = observed;
  if (heir === undefined || isBegun(record)) return undefined;
  return uninstalling(context, {
    message: `returning release ${release.name} to ${heir.name}, which had it before`,
    waiting: { doing: `release ${release.name} is being returned to ${heir.name}, which had it before`, next: "this object is removed" },
    actions: [{ type: "giveBack", record, heir }],
  });
};

const untilHelmEnds = (context: ChartContext): ChartDecision | undefined => {
  const other = atWork(context);
  if (other === undefined || context.observed.writer?.is === "somebody else's") return undefined;
  const what = `for ${other.whose} (${other.lock})`;
  const waiting = { what, next: `considered dead at ${rfc3339(other.deadlineMs)}` };
  return uninstalling(context, { message: `waits ${what}`, waiting, actions: [], wakeAtMs: other.wakeAtMs });
};

const goingAway = (context: ReleasedContext): ChartDecision => {
  const { observed, record } = context;
  if (record.newest.status === "uninstalled") return untilGone(context);
  return uninstalling(context, {
    message: `uninstalling release ${observed.release.name}`,
    waiting: { doing: "helm uninstall is running", next: "wait for its objects to be deleted" },
    actions: [{ type: "uninstall", record, noHooks: observed.namespaceTerminating }],
  });
};

/** A hook may never succeed: what its author thinks of a removal is not the last word. */
const waysAroundHooks = ({ chart, observed: { release } }: ChartContext): string => {
  const { name, namespace = "default" } = chart.metadata;
  const orphan = `kubectl -n ${namespace} patch act ${name} --type merge -p '{"spec":{"deletion_policy":"orphan"}}'`;
  const leave = isTerminating(chart) ? `; to leave the release as it is: ${orphan}` : "";
  return `; to remove it without its hooks: helm -n ${release.namespace} uninstall ${release.name} --no-hooks${leave}`;
};

const damagedRecord = (context: ChartContext, damaged: string): ChartDecision =>
  uninstalling(context, { message: damaged, waiting: untilGoneThen(untilRecordRemoved(damaged)), is: "stalled", actions: [] });
