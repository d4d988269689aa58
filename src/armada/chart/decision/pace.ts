import { rfc3339 } from "../../../base/time/clock.ts";
import type { Change } from "../action.ts";
import { verdict, type ChartContext, type ChartDecision } from "./context.ts";
import { lastFailure } from "./journal.ts";

/** At least this long from one helm run to the next on another spec: edits in quick succession make one revision. */
const PACE_MS = 1_000;
/** Times in the history are cut to whole seconds. */
const SECOND_MS = 1_000;

/** When helm may run again; 0: now. The first change after an installation that went well need not wait, and retries have their back-off. */
export const paceMs = ({ chart, observed, journal }: ChartContext): number => {
  const last = journal.history.find(({ action }) => action === "install" || action === "upgrade");
  const settled = last === undefined || (last.action === "install" && last.result === "succeeded");
  if (settled || last.started_at === undefined || lastFailure(journal, chart, observed) !== undefined) return 0;
  const untilMs = Date.parse(last.started_at) + SECOND_MS + PACE_MS;
  // Later than that, helm ran before the clock was set back.
  return untilMs - observed.nowMs <= SECOND_MS + PACE_MS ? untilMs : 0;
};

/** Waits for more changes. */
export const paced = (context: ChartContext, { type, because }: Pick<Change, "type" | "because">, untilMs: number): ChartDecision => ({
  verdict: verdict(context, {
    state: "running",
    reason: type === "upgrade" ? "Upgrading" : "Installing",
    message: `${because}; helm has just run, so the next run waits a second to combine quick changes into one revision`,
    waiting: { what: `for more changes: ${because}`, next: `helm runs at ${rfc3339(untilMs)}` },
  }),
  actions: [],
  wakeAtMs: untilMs,
});
