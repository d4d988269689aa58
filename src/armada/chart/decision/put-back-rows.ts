import { rfc3339 } from "../../../base/time/clock.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { listObjects, type ChartAction } from "../action.ts";
import { nextLookMs, verdict, type ChartContext, type ChartDecision, type ReleasedContext } from "./context.ts";
import { identityOf } from "../objects/identity.ts";
import { DOUBTED, pauseMs, type ObjectEffect } from "../objects/effects.ts";

/** Put back so many times in a row, an object is somebody else's to delete. */
const TRIES = 5;
/** How long it must stay at most. */
const STAYS_MS = 60_000;

export const effectOf = ({ observed }: Pick<ChartContext, "observed">, object: ReleaseObject): ObjectEffect | undefined =>
  observed.effects.get(identityOf(object));

/** When the same may be done to the object again; 0: now. */
const dueMs = (context: ChartContext, object: ReleaseObject): number => {
  const effect = effectOf(context, object);
  return effect === undefined || (context.requested && !context.restored) ? 0 : effect.atMs + pauseMs(effect);
};

export interface Due {
  readonly objects: readonly ReleaseObject[];
  /** When the next of the others is; undefined when there is none. */
  readonly nextMs: number | undefined;
}

/** Of `objects`, those whose turn it is. */
export const due = (context: ChartContext, objects: readonly ReleaseObject[]): Due => {
  const { nowMs } = context.observed;
  const later = objects.map((object) => dueMs(context, object)).filter((atMs) => atMs > nowMs);
  return {
    objects: objects.filter((object) => dueMs(context, object) <= nowMs),
    nextMs: later.length === 0 ? undefined : Math.min(...later),
  };
};

export const restoreActions = ({ record }: ReleasedContext, { objects }: Due): readonly ChartAction[] =>
  objects.length === 0 ? [] : [{ type: "restore", record, objects }];

/** Once a pass: those that terminate are waited for. */
export const pruneActions = ({ pruned, observed: { record } }: ChartContext, objects: readonly ReleaseObject[]): readonly ChartAction[] =>
  pruned || objects.length === 0 ? [] : [{ type: "prune", record, objects }];

/** What was removed is wanted, or what was put back is to be removed: doing it would undo the operator's own work, without end. */
export const contradiction = (
  context: ReleasedContext,
  absent: readonly ReleaseObject[],
  leftovers: readonly ReleaseObject[],
): ChartDecision | undefined => {
  const revision = `revision ${String(context.record.newest.revision)}`;
  const wanted = absent.find((object) => effectOf(context, object)?.type === "prune");
  const unwanted = leftovers.find((object) => effectOf(context, object)?.type === "restore");
  if (wanted !== undefined) {
    const what = listObjects([wanted]);
    return stopped(context, `${what} was removed because only a failed revision had it; ${what} is missing, and ${revision} has it`);
  }
  if (unwanted === undefined) return undefined;
  const what = listObjects([unwanted]);
  return stopped(context, `${what} was put back because ${revision} has it; ${what} is to be removed, because only a failed revision had it`);
};

const stopped = (context: ChartContext, sentences: string): ChartDecision => {
  const message = `the operator's decisions contradict each other, so it leaves the object unchanged: ${sentences}`;
  return {
    verdict: verdict(context, {
      state: "failed",
      reason: "ReconcileError",
      stalled: true,
      message,
      waiting: { what: `for a change: ${message}`, next: "create or delete the object by hand, or change the chart or its values" },
    }),
    actions: [],
    wakeAtMs: nextLookMs(context),
  };
};

/**
 * Objects that were put back again and again. Undefined when there are none, or all of them have stayed for a while. `absent`: what is missing
 * and can be made now.
 */
export const contested = (context: ReleasedContext, absent: readonly ReleaseObject[]): ChartDecision | undefined => {
  const doubted = context.observed.objects.flatMap((seen) => {
    const effect = effectOf(context, seen.object);
    if (effect?.type !== "restore" || effect.times < DOUBTED) return [];
    const missing = seen.readiness.state === "missing";
    const untilMs = effect.atMs + (missing ? pauseMs(effect) : Math.min(pauseMs(effect), STAYS_MS));
    const open = missing ? absent.includes(seen.object) : untilMs > context.observed.nowMs && !context.requested;
    return open ? [{ object: seen.object, effect, untilMs }] : [];
  });
  const [worst] = doubted.toSorted((a, b) => b.effect.times - a.effect.times);
  if (worst === undefined) return undefined;
  const often = worst.effect.times >= TRIES;
  const by = worst.effect.by === undefined ? "" : `: ${worst.effect.by}`;
  const objects = listObjects(doubted.map(({ object }) => object));
  const message = `${objects} ${doubted.length === 1 ? "was" : "were"} put back ${String(worst.effect.times)} times, but another client keeps deleting what is put back${by}`;
  const nextMs = Math.min(...doubted.map(({ untilMs }) => untilMs));
  return {
    verdict: verdict(context, {
      state: often ? "failed" : "running",
      reason: often ? "UnderlyingResourcesError" : "RestoringResources",
      stalled: often,
      message,
      waiting: { what: `for ${objects} to stay: ${message}`, next: `put back again, or accepted as it is, at ${rfc3339(nextMs)}` },
    }),
    actions: restoreActions(context, due(context, absent)),
    wakeAtMs: nextLookMs(context, nextMs),
  };
};
