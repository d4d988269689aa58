import { rfc3339 } from "../../../base/clock.ts";
import { listed } from "../../../base/text.ts";
import { isTerminating } from "../../estate/estate.ts";
import { isKept, listObjects, type ChartAction } from "../action.ts";
import {
  deleteTimeoutMs,
  inBackoff,
  retryNext,
  safetyLookMs,
  skipCommand,
  verdict,
  type ChartContext,
  type ChartDecision,
  type Row,
} from "./context.ts";
import type { ChartObserved } from "../observed.ts";
import { atWork } from "./pending-row.ts";
import { due } from "./put-back-rows.ts";

/** Deleted, asked to be uninstalled, or in the middle of an uninstallation that must end before anything else. */
export const removing: Row = (context) => {
  const { chart, observed } = context;
  const wanted = isTerminating(chart) || observed.target === "uninstalled";
  const begun = observed.ownership.of === "ours" && ["uninstalling", "uninstalled"].includes(observed.record?.newest.status ?? "");
  if (!wanted && !(begun && observed.target === "deployed" && chart.spec.suspend !== true)) return undefined;
  if (!isTerminating(chart) && chart.spec.suspend === true) return undefined;
  const stays = isTerminating(chart) ? lettingGo(context) : undefined;
  if (stays !== undefined) return stays;
  if (observed.ownership.of !== "ours") return withoutRelease(context);
  return withRelease(context);
};

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
      waiting: { what: "for its finalizer to be removed", next: "then the object is gone, and the release stays" },
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
      what: `for ${message}`,
      next: retryNext(journal),
      failed: true,
      actions: [],
      wakeAtMs: journal.nextRetryMs,
    });
  }
  if (observed.orphanedObjects.length > 0) {
    const message = `the record of release ${observed.release.name} no longer exists; removing the objects that still have its annotations: ${listObjects(observed.orphanedObjects)}${unseenNote(observed)}`;
    return uninstalling(context, {
      message,
      what: `for ${listObjects(observed.orphanedObjects)} to be gone`,
      actions: context.pruned ? [] : [{ type: "prune", objects: observed.orphanedObjects }],
      // Nothing watches kinds of which no record tells.
      wakeAtMs: context.pruned ? observed.nowMs + STRAYS_MS : undefined,
    });
  }
  const other = observed.ownership.of === "none" ? "" : `; release ${observed.release.name} is not its own and stays`;
  return {
    verdict: verdict(context, {
      state: "uninstalled",
      satisfied: observed.target === "uninstalled",
      reason: "UninstallSuccessful",
      message: `nothing of this chart is installed${other}${unseenNote(observed)}`,
      waiting: { what: "for its finalizer to be removed", next: "then the object is gone" },
    }),
    actions: [],
    gone: true,
  };
};

/** A right that is missing, or a kind whose server is away, must not hold up a removal for ever; who reads it is told where to look. */
const unseenNote = ({ unseen }: ChartObserved): string => (unseen.length === 0 ? "" : `; not checked: ${unseen.join("; ")}`);

const withRelease = (context: ChartContext): ChartDecision => {
  const { chart, observed, journal, requested } = context;
  if (observed.damaged !== undefined) return damagedRecord(context, observed.damaged);
  const turn = observed.turns.remove;
  if (!turn.ready && !observed.namespaceTerminating && !requested) {
    const what = `for ${turn.waitingFor}`;
    return uninstalling(context, {
      message: `waits for its turn to be removed: ${turn.waitingFor}`,
      what,
      next: skipCommand(chart),
      waitingForTurn: true,
      actions: [],
      wakeAtMs: turn.untilMs,
    });
  }
  const failed = inBackoff(context);
  if (failed !== undefined) {
    return uninstalling(context, {
      message: `${failed.message ?? "helm uninstall failed"}${failed.reason === "HookFailed" ? waysAroundHooks(context) : ""}`,
      what: `for helm uninstall to succeed: ${failed.message ?? "it failed"}`,
      next: retryNext(journal),
      failed: true,
      stalled: failed.class === "terminal",
      actions: [],
      wakeAtMs: journal.nextRetryMs,
    });
  }
  const status = observed.record?.newest.status ?? "";
  if (observed.heir !== undefined && !["uninstalling", "uninstalled"].includes(status)) {
    const what = `for release ${observed.release.name} to be given back to ${observed.heir.name}, which had it before`;
    return uninstalling(context, { message: `waits ${what}`, what, actions: [{ type: "giveBack", heir: observed.heir }] });
  }
  const other = atWork(context);
  if (other !== undefined && observed.writer?.is !== "somebody else's") {
    const what = `for ${other.whose} (${other.lock})`;
    const next = `considered dead at ${rfc3339(other.deadlineMs)}`;
    return uninstalling(context, { message: `waits ${what}`, what, next, actions: [], wakeAtMs: other.wakeAtMs });
  }
  if (status !== "uninstalled") {
    return uninstalling(context, {
      message: `uninstalling release ${observed.release.name}`,
      what: "for helm uninstall",
      actions: [{ type: "uninstall" }],
    });
  }
  return untilGone(context);
};

/** A hook may never succeed: what its author thinks of a removal is not the last word. */
const waysAroundHooks = ({ chart, observed: { release } }: ChartContext): string => {
  const { name, namespace = "default" } = chart.metadata;
  const orphan = `kubectl -n ${namespace} patch act ${name} --type merge -p '{"spec":{"deletion_policy":"orphan"}}'`;
  const leave = isTerminating(chart) ? `; to leave the release as it is: ${orphan}` : "";
  return `; to remove it without its hooks: helm -n ${release.namespace} uninstall ${release.name} --no-hooks${leave}`;
};

const damagedRecord = (context: ChartContext, damaged: string): ChartDecision =>
  uninstalling(context, { message: damaged, what: `for ${damaged}`, failed: true, actions: [] });

/** helm has deleted the objects; they are gone when watches say so. */
const untilGone = (context: ChartContext): ChartDecision => {
  const { chart, observed } = context;
  const remaining = remainingOf(observed);
  if (remaining.length === 0 && observed.leftovers.length > 0) return removingLeftovers(context);
  if (remaining.length === 0) {
    return uninstalling(context, {
      message: `removing the records of release ${observed.release.name}`,
      what: "for its records to be removed",
      actions: [{ type: "purge" }],
    });
  }
  const deadlineMs = (observed.record?.newest.modifiedAtMs ?? observed.nowMs) + deleteTimeoutMs(chart);
  const late = observed.nowMs >= deadlineMs;
  const safetyMs = safetyLookMs(observed);
  const shown = listed(remaining);
  return uninstalling(context, {
    message: late
      ? `${shown} still exist ${String(deleteTimeoutMs(chart) / 1000)} s (delete.timeout) after helm uninstall: check finalizers and pods that do not terminate`
      : `waits for ${shown} to be gone`,
    what: `for ${shown} to be gone`,
    next: late ? "delete.timeout has passed; the removal completes when they are deleted" : `reported as late at ${rfc3339(deadlineMs)}`,
    failed: late,
    actions: [],
    wakeAtMs: late ? safetyMs : Math.min(safetyMs, deadlineMs),
  });
};

/** What only failed revisions had, helm does not know of. */
const removingLeftovers = (context: ChartContext): ChartDecision => {
  const { observed, pruned } = context;
  const { objects, nextMs } = due(context, observed.leftovers);
  const what = listObjects(observed.leftovers);
  return uninstalling(context, {
    message: `removing what only a failed revision had: ${what}`,
    what: `for ${what}, which only a failed revision had, to be gone`,
    actions: pruned || objects.length === 0 ? [] : [{ type: "prune", objects }],
    wakeAtMs: Math.min(nextMs ?? Number.POSITIVE_INFINITY, safetyLookMs(observed)),
  });
};

const namespaceNote = ({ observed: { namespaceTerminating, release } }: ChartContext): string =>
  namespaceTerminating ? ` (namespace ${release.namespace} is being deleted: out of turn and without hooks)` : "";

/** What keeps a release from being gone: objects of its manifest that helm was not told to keep, and pods of its workloads. */
const remainingOf = (observed: ChartObserved): readonly string[] => [
  ...observed.objects
    .filter(({ object, readiness }) => readiness.state !== "missing" && !isKept(object))
    .map(({ object }) => `${object.kind} ${object.name}`),
  ...observed.pods,
];

interface Uninstalling {
  readonly message: string;
  readonly what: string;
  readonly next?: string;
  readonly failed?: boolean;
  /** Nothing but a change helps; default: as `failed`. */
  readonly stalled?: boolean;
  readonly waitingForTurn?: boolean;
  readonly actions: readonly ChartAction[];
  readonly wakeAtMs?: number | undefined;
}

const uninstalling = (context: ChartContext, facts: Uninstalling): ChartDecision => ({
  verdict: verdict(context, {
    state: "running",
    reason: facts.failed === true ? "UninstallError" : facts.waitingForTurn === true ? "WaitingForTurn" : "Uninstalling",
    message: `${facts.message}${namespaceNote(context)}`,
    stalled: facts.stalled ?? facts.failed === true,
    waiting: { what: `${facts.what}${namespaceNote(context)}`, next: facts.next ?? "then the release is gone" },
  }),
  actions: facts.actions,
  wakeAtMs: facts.wakeAtMs,
});
