import type { Waiting } from "../../verdict.ts";
import type { ChartAction } from "../action.ts";
import { verdict, type ChartContext, type ChartDecision } from "./context.ts";

/** A chart speaks for itself. */
type Clauses = Exclude<Waiting, { readonly member: string }>;

export const untilGoneThen = (what: string): Clauses => ({ what, next: "then the release is removed" });

/** What is said of an uninstallation, and done. */
interface Uninstalling {
  readonly message: string;
  readonly waiting: Clauses;
  /** `stalled`: it has failed, and nothing but a change helps. Absent: it is on its way. */
  readonly is?: "waiting for its turn" | "failing" | "stalled";
  readonly actions: readonly ChartAction[];
  readonly wakeAtMs?: number | undefined;
}

const namespaceNote = ({ observed: { namespaceTerminating, release } }: ChartContext): string =>
  namespaceTerminating ? ` (namespace ${release.namespace} is being deleted: out of turn and without hooks)` : "";

const REASONS = { "waiting for its turn": "WaitingForTurn", failing: "UninstallError", stalled: "UninstallError" } as const;

export const uninstalling = (context: ChartContext, { message, waiting, is, actions, wakeAtMs }: Uninstalling): ChartDecision => ({
  verdict: verdict(context, {
    state: "running",
    reason: is === undefined ? "Uninstalling" : REASONS[is],
    message: `${message}${namespaceNote(context)}`,
    stalled: is === "stalled",
    waiting: noted(waiting, namespaceNote(context)),
  }),
  actions,
  wakeAtMs,
});

const noted = (waiting: Clauses, note: string): Clauses => {
  if ("doing" in waiting) return { ...waiting, doing: `${waiting.doing}${note}` };
  if ("fault" in waiting) return { ...waiting, fault: `${waiting.fault}${note}` };
  return { ...waiting, what: `${waiting.what}${note}` };
};
