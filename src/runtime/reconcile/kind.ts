import type { KubeObject, Resource } from "../object.ts";

/** What one look at the world decided. */
export interface Decision<Action, Verdict> {
  /** For people: goes into status. */
  readonly verdict: Verdict;
  /** Effects to make now, in order. Empty: nothing to do until something changes. At most one of them runs helm. */
  readonly actions: readonly Action[];
  /** Wall-clock milliseconds at which to look again although nothing changed. */
  readonly wakeAtMs?: number | undefined;
  /** Of a terminating object: nothing is left that its finalizer protects. */
  readonly gone?: boolean;
}

/** What became of one action. */
export interface Outcome<Action, Observed = unknown> {
  readonly action: Action;
  /** What it was decided on: the object's generation, and what was seen. */
  readonly generation: number | undefined;
  readonly observed: Observed;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** One sentence each, to be shown on the object. */
  readonly warnings: readonly string[];
  /** Present when the action failed. */
  readonly error?: unknown;
}

export interface EventFact {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly note: string;
}

export interface Report<Status> {
  readonly status: Status;
  /** Transitions only: what changed against the status the object carries. */
  readonly events: readonly EventFact[];
  /** Only how far things are has changed, not what is so: it may be told a moment later, together with what comes next. */
  readonly minor?: boolean;
}

export interface Pass<Observed, Action, Verdict> {
  readonly observed: Observed;
  readonly decision: Decision<Action, Verdict>;
  /** Of the actions performed since the last status write. */
  readonly outcomes: readonly Outcome<Action, Observed>[];
  /** What the action waits for before it can begin, as in "for a free helm slot". */
  readonly awaits?: string | undefined;
}

/** To be called by an action that has to wait before it can begin, and again with undefined when it begins. */
export type Awaiting = (awaits: string | undefined) => void;

/** What each kind supplies. `decide` and `report` are pure; `observe` and `perform` do the I/O. */
export interface Kind<Obj extends KubeObject, Observed, Action, Verdict> {
  readonly resource: Resource;
  readonly finalizer: string;
  /** Of an earlier operator that will not come back for them: taken off whenever finalizers are written. */
  readonly legacyFinalizers?: readonly string[];
  observe(obj: Obj, signal: AbortSignal): Promise<Observed>;
  decide(obj: Obj, observed: Observed, outcomes: readonly Outcome<Action, Observed>[]): Decision<Action, Verdict>;
  /** Returns warnings to show. Throws when the effect was not made. */
  perform(obj: Obj, observed: Observed, action: Action, awaiting: Awaiting, signal: AbortSignal): Promise<readonly string[]>;
  report(obj: Obj, pass: Pass<Observed, Action, Verdict>): Report<unknown>;
  /** What to say when a pass breaks off, and it will not go on by itself, or has not for long. Keeps what the status knows. */
  reportUnobserved(obj: Obj, error: Error): Report<unknown>;
  /** For the log line at the decision. */
  describe(action: Action): string;
}
