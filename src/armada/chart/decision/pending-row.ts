import { rfc3339 } from "../../../base/time/clock.ts";
import { assertNever } from "../../../base/errors.ts";
import { verdict, waitTimeoutMs, type ChartContext, type Row } from "./context.ts";
import type { Writer } from "../release/writer.ts";

/** How long a helm of an operator outlives its timeout at most: until it is told to end, and killed. */
const HELM_REST_MS = 60_000;
/** How often the Lease of another operator is looked at: nothing watches it. */
const LOOK_MS = 5_000;

/** A helm that may still work on the release. */
export interface AtWork {
  /** `the helm of …`. */
  readonly whose: string;
  /** `revision 3, pending-upgrade`. */
  readonly lock: string;
  /** When it counts as dead whatever is known. */
  readonly deadlineMs: number;
  readonly wakeAtMs: number;
}

/** The helm that has locked the release, unless it is known to be gone or its deadline has passed. */
export const atWork = ({ chart, observed, requested }: ChartContext): AtWork | undefined => {
  const { writer, nowMs, record } = observed;
  if (record === undefined || writer === undefined || writer.is === "gone") return undefined;
  const { revision, status, modifiedAtMs } = record.newest;
  const foreign = writer.is === "somebody else's";
  const deadlineMs = modifiedAtMs + waitTimeoutMs(chart) + (foreign ? 0 : HELM_REST_MS);
  if (writer.is !== "ours" && (nowMs >= deadlineMs || (foreign && requested))) return undefined;
  const wakeAtMs = foreign ? deadlineMs : nowMs + LOOK_MS;
  return { whose: describe(writer), lock: `revision ${String(revision)}, ${status}`, deadlineMs, wakeAtMs };
};

/** helm has locked the release: it is unlocked when that helm is known to be gone, or at its deadline. */
export const pending: Row = (context) => {
  const { record } = context.observed;
  if (record?.newest.status.startsWith("pending-") !== true) return undefined;
  const { newest } = record;
  const revision = `revision ${String(newest.revision)}`;
  const other = atWork(context);
  if (other === undefined) {
    return {
      verdict: verdict(context, {
        state: "running",
        reason: "Unlocking",
        message: `${revision} is ${newest.status}, but the helm process that wrote it no longer runs`,
        waiting: { doing: `${revision}, left ${newest.status}, is being marked failed`, next: "helm runs again" },
      }),
      actions: [{ type: "unlock", record }],
    };
  }
  return {
    verdict: verdict(context, {
      state: "pending",
      reason: "OperationInProgress",
      message: `${other.whose} is running: ${revision} is ${newest.status}`,
      waiting: { what: `for ${other.whose} (${other.lock})`, next: `considered dead at ${rfc3339(other.deadlineMs)}` },
    }),
    actions: [],
    wakeAtMs: other.wakeAtMs,
  };
};

const describe = (writer: Exclude<Writer, { readonly is: "gone" }>): string => {
  switch (writer.is) {
    case "another operator's":
      return `the helm of another operator (${writer.who})`;
    case "unknown":
      return `the helm of an operator that may still be running (${writer.why})`;
    case "ours":
      return "a helm started for another ArmadaChart";
    case "somebody else's":
      return "a helm that this operator did not start";
    default:
      return assertNever(writer);
  }
};
