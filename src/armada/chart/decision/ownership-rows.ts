import type { ReleaseStatus } from "../../../helm/release.ts";
import type { ActualState } from "../../api/common.ts";
import { rfc3339 } from "../../../base/time/clock.ts";
import type { TakeAction } from "../action.ts";
import { inputsOf } from "../facts/source-facts.ts";
import { UNINSTALLED_BY } from "../../names.ts";
import { inBackoff, nextLookMs, verdict, waitTimeoutMs, type ChartContext, type ChartDecision, type ReleasedContext, type Row } from "./context.ts";
import { isRemembered, wasSuperseded } from "../release/ownership.ts";
import { isAtRest } from "../release/writer.ts";
import { helmFailed } from "./failure-rows.ts";
import { atWork } from "./pending-row.ts";

const mayTake = ({ chart, observed }: ChartContext): boolean => {
  const { ownership, claim, target } = observed;
  if (target !== "deployed" || ownership.of !== "chart") return false;
  return (claim && ownership.sameChart && !ownership.against.stays) || (chart.spec.adoption === "overwrite" && (claim || !wasSuperseded(chart)));
};

/** Another chart has taken the release over: this one owns nothing and says what the release says. */
export const superseded: Row = (context) => {
  const { chart, observed } = context;
  const { ownership, release, target } = observed;
  if (ownership.of !== "chart" || !wasSuperseded(chart) || mayTake(context) || isWantedAgain(context)) return undefined;
  const state = mirrored(ownership.state, observed.record?.newest.status);
  const satisfied = state === "deployed" || target === "uninitialized";
  const message = `release ${release.name} was taken over by ${ownership.name}: ${ownership.message}`;
  return {
    verdict: verdict(context, {
      state,
      satisfied,
      reason: "Superseded",
      message,
      waiting: {
        what: `for ${ownership.name}, which has release ${release.name}: ${ownership.message}`,
        next: "this chart mirrors its status",
      },
    }),
    actions: [],
  };
};

/** Its parent has had it uninstalled, and its release returned, and is to be deployed again: it is enabled in its turn, and takes the release then. */
const isWantedAgain = ({ chart, observed }: ChartContext): boolean =>
  observed.target === "uninitialized" && chart.metadata.annotations?.[UNINSTALLED_BY] !== undefined;

/** A parked owner looks after nothing: then the release says itself what it is. */
const mirrored = (owner: ActualState | undefined, release: ReleaseStatus | undefined): ActualState => {
  const state = owner === "uninitialized" && release === "deployed" ? release : owner;
  return state === "deployed" ? "deployed" : state === "failed" || state === "error" ? "failed" : "running";
};

/** The release belongs to another chart, or another one comes first. */
export const conflict: Row = (context) => {
  const { observed } = context;
  const { ownership, release, rival, record } = observed;
  if (ownership.of === "chart") {
    if (record !== undefined && mayTake(context)) return taking({ ...context, record }, `from ${ownership.name}`);
    const different = observed.claim && !ownership.sameChart ? ", and uses another chart" : "";
    const first = observed.claim && ownership.sameChart ? ", which has precedence: both were enabled at the same time, or this chart later" : "";
    return refused(
      context,
      `release ${release.name} belongs to ${ownership.name}${different}${first}: give this chart another spec.release, or delete that one`,
    );
  }
  if (rival === undefined) return undefined;
  return refused(
    context,
    `release ${release.name} is also wanted by ${rival}, which has precedence: give this chart another spec.release, or delete that one`,
  );
};

const refused = (context: ChartContext, message: string): ChartDecision => ({
  verdict: verdict(context, {
    state: "error",
    reason: "ReleaseConflict",
    message,
    stalled: true,
    waiting: { what: `for release ${context.observed.release.name}`, next: `${message}; this chart then continues by itself` },
  }),
  actions: [],
});

/** The release exists and no chart owns it. */
export const ownerless: Row = (context) => {
  const { chart, observed } = context;
  const { ownership, release, record } = observed;
  if (ownership.of !== "nobody" || record === undefined) return undefined;
  const { adoption } = chart.spec;
  if (adoption === "fail")
    return refused(
      context,
      `release ${release.name} exists and no ArmadaChart owns it, and spec.adoption is fail: remove it, or change spec.adoption`,
    );
  const back = chart.status?.release?.superseded_by !== undefined;
  const remembered = isRemembered(chart, release, record);
  if (ownership.agrees || back || remembered || adoption === "adopt" || adoption === "overwrite")
    return taking({ ...context, record }, "which no ArmadaChart owns");
  const remedy = `set spec.adoption to adopt, or remove it with: helm -n ${release.namespace} uninstall ${release.name}`;
  return {
    verdict: verdict(context, {
      state: "pending",
      reason: "AdoptionRequired",
      message: `release ${release.name} exists, no ArmadaChart owns it, and it was made from another chart or other values, so it is not touched: ${remedy}`,
      waiting: { what: `for release ${release.name}, which no ArmadaChart owns`, next: remedy },
    }),
    actions: [],
  };
};

/** A helm that works for another chart ends under that one's eyes; of nobody's, what is known of its operator tells, its age, or a person who asks. */
const believedUntilMs = (context: ReleasedContext): number => {
  const { chart, observed, requested, record } = context;
  if (observed.ownership.of === "chart") return Number.POSITIVE_INFINITY;
  if (observed.writer !== undefined) return atWork(context)?.deadlineMs ?? 0;
  return requested ? 0 : record.newest.modifiedAtMs + waitTimeoutMs(chart);
};

/** Becomes the owner by a mark on the newest Secret, before any helm runs. */
const taking = (context: ReleasedContext, whose: string): ChartDecision => {
  const { observed, requested, record } = context;
  const what = `release ${observed.release.name}, ${whose}`;
  const untilMs = believedUntilMs(context);
  if (!isAtRest(record.newest.status) && observed.nowMs < untilMs) return afterHelm(context, what, untilMs);
  const turn = observed.turns.install;
  if (!turn.ready && !requested) return inTurn(context, what, turn.waitingFor);
  if (inBackoff(context)?.action === "take") return helmFailed(context);
  return {
    verdict: verdict(context, {
      state: "running",
      reason: "TakingRelease",
      message: `takes ${what}`,
      waiting: {
        doing: `release ${observed.release.name} is being marked as owned by this ArmadaChart`,
        next: "apply the desired inputs, if they differ",
      },
    }),
    actions: [takeAction(context, whose)],
  };
};

const afterHelm = (context: ReleasedContext, what: string, untilMs: number): ChartDecision => {
  const message = `${what}, is ${context.record.newest.status}`;
  const ends = Number.isFinite(untilMs);
  const dead = ends ? `, or at ${rfc3339(untilMs)}, when that helm is considered dead` : "";
  return {
    verdict: verdict(context, {
      state: "pending",
      reason: "OperationInProgress",
      message,
      waiting: { what: `for helm to finish: ${message}`, next: `then it is taken over${dead}` },
    }),
    actions: [],
    ...(ends ? { wakeAtMs: untilMs } : {}),
  };
};

const inTurn = (context: ChartContext, what: string, waitingFor: string): ChartDecision => ({
  verdict: verdict(context, {
    state: "pending",
    reason: "WaitingForTurn",
    message: `taking over ${what}; waiting for its turn: ${waitingFor}`,
    waiting: { what: `for ${waitingFor}`, next: "then the release is taken over" },
  }),
  actions: [],
  wakeAtMs: nextLookMs(context),
});

export const takeAction = ({ observed, record }: Pick<ReleasedContext, "observed" | "record">, whose: string): TakeAction => {
  const { ownership } = observed;
  const isNobodys = ownership.of === "nobody";
  return {
    type: "take",
    record,
    whose,
    unknownOwner: isNobodys ? record.newest.labels?.owner : undefined,
    inputsDigest: isNobodys && ownership.agrees ? inputsOf(observed) : undefined,
  };
};
