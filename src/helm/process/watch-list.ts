import { isRecord } from "../../base/json/json.ts";
import { isIdentity, type ProcessIdentity } from "./children.ts";

/** What the operator tells its watchdog, one JSON text a line. Times are {@link machineMs}. */
export type Told =
  /** The Lease was renewed: helm may run until then, and is killed when it still does at the second time. */
  | { readonly type: "renewed"; readonly terminateAt: number; readonly killAt: number }
  | { readonly type: "started"; readonly child: ProcessIdentity }
  | { readonly type: "ended"; readonly pid: number };

/** What is to be done to a helm. */
export interface Ending {
  readonly child: ProcessIdentity;
  readonly signal: "SIGTERM" | "SIGKILL";
}

/** Undefined for a line that is none of {@link Told}. */
export const parseTold = (line: string): Told | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return isTold(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const isTold = (value: unknown): value is Told => {
  if (!isRecord(value)) return false;
  const { type, child, pid, terminateAt, killAt } = value;
  if (type === "renewed") return typeof terminateAt === "number" && typeof killAt === "number";
  if (type === "started") return isIdentity(child) && child.pid > 1;
  return type === "ended" && typeof pid === "number";
};

/** Which helm processes run, and until when they may. Before the first renewal: not at all. */
export class WatchList {
  readonly #children = new Map<number, { readonly child: ProcessIdentity; done: "nothing" | Ending["signal"] }>();
  #terminateAt = Number.NEGATIVE_INFINITY;
  #killAt = Number.NEGATIVE_INFINITY;

  take(told: Told): void {
    if (told.type === "started") this.#children.set(told.child.pid, { child: told.child, done: "nothing" });
    else if (told.type === "ended") this.#children.delete(told.pid);
    else {
      this.#terminateAt = told.terminateAt;
      this.#killAt = told.killAt;
    }
  }

  /** What is due now. Each is named once. */
  due(nowMs: number): readonly Ending[] {
    const signal = nowMs >= this.#killAt ? "SIGKILL" : nowMs >= this.#terminateAt ? "SIGTERM" : undefined;
    if (signal === undefined) return [];
    const entries = [...this.#children.values()].filter(({ done }) => done !== "SIGKILL" && done !== signal);
    for (const entry of entries) entry.done = signal;
    return entries.map(({ child }) => ({ child, signal }));
  }

  /** Everything that still runs: nobody is there any more who would end it. */
  left(): readonly Ending[] {
    return [...this.#children.values()].map(({ child }) => ({ child, signal: "SIGKILL" }));
  }

  /** When to look again; undefined when only something told changes anything. */
  nextAt(nowMs: number): number | undefined {
    if (this.#children.size === 0) return undefined;
    return [this.#terminateAt, this.#killAt].find((at) => at > nowMs);
  }
}
