import { isLibrary } from "../../estate/estate.ts";
import { nextLookMs, retryAt, verdict, type ChartContext, type ChartDecision, type Row } from "./context.ts";

/** There is no chart (yet), and no release made from what the spec says runs. */
export const sourceUnusable: Row = (context) => {
  const { observed } = context;
  if (observed.source.state === "ready" || runsSpec(context)) return undefined;
  if (observed.source.state === "unread" || observed.source.state === "reading") return beingRead(context);
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

/** What runs already does not begin to wait: it is on its way to what is asked for now. */
const beingRead = (context: ChartContext): ChartDecision => {
  const { ownership, record, release } = context.observed;
  const runs = record?.newest.status === "deployed" && ownership.of === "ours";
  const message = runs
    ? `its chart is being read; release ${release.name} revision ${String(record.newest.revision)} stays deployed until then`
    : "its chart is being read";
  const next = runs ? "helm upgrade runs, if chart or values have changed" : "helm runs";
  return {
    verdict: verdict(context, { state: runs ? "running" : "pending", reason: "WaitingForSource", message, waiting: { doing: message, next } }),
    actions: [],
  };
};

/** No failure: it goes on when the dependency is there. An ArmadaChart wakes it; a folder below a chart root is looked for. */
const waitingForDependency = (context: ChartContext, missing: string): ChartDecision => ({
  verdict: verdict(context, {
    state: "pending",
    reason: "WaitingForDependency",
    message: missing,
    waiting: { what: `for a dependency: ${missing}`, next: "then it continues automatically" },
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

/** Nothing is to be installed of it now. */
export const isIdle = ({ chart, observed }: Pick<ChartContext, "chart" | "observed">): boolean =>
  observed.target === "uninitialized" || isLibrary(chart);

/** Why the source cannot be read, although a release made from what the spec says runs, or nothing is to be installed. */
export const staleSource = (context: Pick<ChartContext, "chart" | "observed">): string | undefined => {
  const { source } = context.observed;
  const runs = runsSpec(context);
  if (source.state === "failed" && (runs || isIdle(context))) return source.failure.message;
  // Files are applied one after the other: what a parked chart depends on may be about to come.
  return source.state === "waiting" && runs ? source.missing : undefined;
};
