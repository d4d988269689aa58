import { problemOf } from "../api/refuse.ts";
import type { ArmadaChart } from "../api/chart.ts";
import { isLibrary, isNamedLibrary, isTerminating } from "../estate/estate.ts";
import { suspendedVerdict } from "../verdict.ts";
import { closedAccount } from "./account.ts";
import { contextOf, nextLookMs, verdict, type ChartContext, type ChartDecision, type Row } from "./decision/context.ts";
import type { ChartOutcome } from "./decision/journal.ts";
import type { ChartObserved } from "./observed.ts";
import { accountless } from "./decision/account-row.ts";
import { readiness } from "./decision/readiness-rows.ts";
import { mislabelled, unnamed } from "./decision/label-rows.ts";
import { conflict, ownerless, superseded } from "./decision/ownership-rows.ts";
import { failing } from "./decision/failure-rows.ts";
import { changing, locked, namespaceTerminating, unstamped } from "./decision/release-rows.ts";
import { isIdle, sourceUnusable, staleSource } from "./decision/source-rows.ts";
import { removing } from "./decision/removal-rows.ts";

/** What a deletion would do to a release that nobody manages now: to be known before. */
const deletionNote = ({ chart, observed: { record, ownership, release } }: Pick<ChartContext, "chart" | "observed">): string => {
  if (record === undefined || ownership.of !== "ours") return "";
  return chart.spec.deletion_policy === "orphan"
    ? `; deleting this object leaves release ${release.name} (spec.deletion_policy is orphan)`
    : `; deleting this object uninstalls release ${release.name}, unless spec.deletion_policy is orphan`;
};

/** What would keep it from being installed now. */
const dependencyNote = ({ source }: ChartObserved): string => (source.state === "waiting" ? `; ${source.missing}` : "");

/** Deletion is not held up. */
const suspended: Row = ({ chart, observed }) =>
  chart.spec.suspend !== true || isTerminating(chart)
    ? undefined
    : {
        verdict: suspendedVerdict(
          chart.status,
          observed.target,
          `spec.suspend is true: nothing is done until it is false, but deletion is carried out${deletionNote({ chart, observed })}`,
        ),
        actions: [],
      };

const refused: Row = (context) => {
  const { chart, observed } = context;
  const problem = problemOf(chart) ?? observed.refusal ?? closedAccount(observed.account);
  if (problem === undefined) return undefined;
  return {
    verdict: verdict(context, {
      state: "error",
      reason: "InvalidSpec",
      message: problem,
      stalled: true,
      waiting: { what: "for a change of its spec", next: problem },
    }),
    actions: [],
  };
};

const library: Row = (context) => {
  const { chart, observed } = context;
  // A chart that can be read says so itself; what status remembers counts while it cannot.
  const isOne = observed.source.state === "ready" ? observed.source.artifact.library || isNamedLibrary(chart) : isLibrary(chart);
  if (!isOne) return undefined;
  const message = "a library chart is never installed; other charts use it as a dependency";
  return { verdict: verdict(context, { state: "uninitialized", reason: "Library", satisfied: true, message }), actions: [] };
};

const parked: Row = (context) => {
  const { observed } = context;
  if (observed.target !== "uninitialized") return undefined;
  const note = `${deletionNote(context)}${dependencyNote(observed)}`;
  const [parent] = observed.activeParents;
  if (parent !== undefined) {
    return {
      verdict: verdict(context, {
        state: "uninitialized",
        reason: "WaitingForTurn",
        message: `parked until ${parent} enables it${note}`,
        waiting: { what: `for its turn in ${parent}`, next: "then it is enabled" },
      }),
      actions: [],
    };
  }
  const unmanaged = observed.record !== undefined && observed.ownership.of === "ours";
  return {
    verdict: verdict(context, {
      state: "uninitialized",
      satisfied: true,
      reason: unmanaged ? "Unmanaged" : "Parked",
      message: unmanaged
        ? `parked: release ${observed.release.name} stays as it is and is not managed${note}`
        : `parked: spec.target_state is uninitialized and no active parent lists it${note}`,
    }),
    actions: [],
  };
};

/** Beyond what its namespace may have: what it has stays as it is, and nothing more is done for it. */
const crowdedOut: Row = (context) => {
  const { crowding, record, release } = context.observed;
  if (crowding === undefined) return undefined;
  const kept = record === undefined ? "" : `; release ${release.name} stays as it is`;
  return {
    verdict: verdict(context, {
      state: "pending",
      reason: "TooManyCharts",
      message: `a namespace may have ${String(crowding)} ArmadaCharts (--max-charts-per-namespace), and as many here are older${kept}`,
      waiting: {
        what: `for one of the ${String(crowding)} older ArmadaCharts of its namespace to be deleted`,
        next: "then it is installed, or upgraded",
      },
    }),
    actions: [],
  };
};

/** First matching row wins, in the order of the contract's table. `readiness` always matches. */
const ROWS: readonly Row[] = [
  removing,
  library,
  suspended,
  refused,
  superseded,
  parked,
  crowdedOut,
  conflict,
  sourceUnusable,
  ownerless,
  namespaceTerminating,
  accountless,
  failing,
  mislabelled,
  locked,
  unstamped,
  changing,
  unnamed,
  readiness,
];

/** Whatever else is waited for, what is said of the source must not be an old sentence, and charts that hold this one must hear of a new one. */
const looksAgain = (context: ChartContext): boolean =>
  context.observed.source.state !== "unread" && (context.observed.hasDependents || isIdle(context) || staleSource(context) !== undefined);

/** What to do with a chart, and what to say of it. Pure. */
export const decideChart = (chart: ArmadaChart, observed: ChartObserved, outcomes: readonly ChartOutcome[]): ChartDecision => {
  const context: ChartContext = contextOf(chart, observed, outcomes);
  for (const row of ROWS) {
    const decision = row(context);
    if (decision === undefined) continue;
    return looksAgain(context) ? { ...decision, wakeAtMs: nextLookMs(context, decision.wakeAtMs) } : decision;
  }
  throw new Error("no row of the decision matched");
};
