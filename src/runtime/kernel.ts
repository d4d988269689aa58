import type { Clock } from "../base/clock.ts";
import { deepEqual } from "../base/json.ts";
import type { Logger } from "../base/log.ts";
import { isApiError, type ApiClient, type ApiError } from "./api.ts";
import type { Requeue } from "./controller.ts";
import type { EventSink } from "./events.ts";
import { keyOf, type KubeObject, type Resource } from "./object.ts";

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
}

/** What each kind supplies. `decide` and `report` are pure; `observe` and `perform` do the I/O. */
export interface Kind<Obj extends KubeObject, Observed, Action, Verdict> {
  readonly resource: Resource;
  readonly finalizer: string;
  /** Of an earlier operator that will not come back for them: taken off whenever finalizers are written. */
  readonly legacyFinalizers?: readonly string[];
  observe(obj: Obj, signal: AbortSignal): Promise<Observed>;
  decide(obj: Obj, observed: Observed, outcomes: readonly Outcome<Action, Observed>[]): Decision<Action, Verdict>;
  /** Returns warnings to show. Throws when the effect was not made. */
  perform(obj: Obj, observed: Observed, action: Action, signal: AbortSignal): Promise<readonly string[]>;
  report(obj: Obj, pass: Pass<Observed, Action, Verdict>): Report<unknown>;
  /** What to say when the object cannot be observed, and only a change will help. Keeps what the status knows. */
  blind(obj: Obj, error: ApiError): Report<unknown>;
  /** For the log line at the decision. */
  describe(action: Action): string;
}

export interface KernelDeps<Obj extends KubeObject> {
  readonly api: ApiClient;
  readonly store: { get(key: string): Obj | undefined; upsert(obj: Obj): boolean };
  readonly events: EventSink;
  readonly clock: Clock;
  readonly log: Logger;
  /** Checks what the API server returned. */
  readonly parse: (object: KubeObject) => Obj;
}

/** Looks at one key before another gets a turn; more would be a loop that does not converge. */
const MAX_STEPS = 32;
/** How long a pass steps back when the API server knows something newer; the watch usually wakes it before. */
const CONFLICT_MS = 50;
const CONFLICT_MAX_MS = 30_000;
/** Minor news of one object is written at most this often. */
const MINOR_MS = 250;

interface Said<Obj> {
  /** The object as it is now; undefined when it is gone. */
  readonly current?: Obj;
  /** What is new was minor and told too soon after the last: look again after this time. */
  readonly againMs?: number;
}

/**
 * Brings one object closer to what it asks for: look, decide, say, act, and look again until nothing is left to do.
 * The same for every kind. Any step may be lost: what it knew is read again, and an outcome that was not yet written down is kept for the next pass.
 */
export class Kernel<Obj extends KubeObject & { readonly status?: unknown }, Observed, Action, Verdict> {
  readonly #kind: Kind<Obj, Observed, Action, Verdict>;
  readonly #deps: KernelDeps<Obj>;
  /** Monotonic time of the last status write, by key. */
  readonly #saidAt = new Map<string, number>();
  /** Conflicts in a row, by key. */
  readonly #conflicts = new Map<string, number>();
  /** Outcomes not yet in any status, by uid. */
  readonly #unreported = new Map<string, readonly Outcome<Action, Observed>[]>();

  constructor(kind: Kind<Obj, Observed, Action, Verdict>, deps: KernelDeps<Obj>) {
    this.#kind = kind;
    this.#deps = deps;
  }

  /** One pass over `key`. Returns when to look again. Rejects with the signal's reason when it was aborted. */
  async reconcile(key: string, signal: AbortSignal): Promise<Requeue> {
    for (let step = 0; step < MAX_STEPS; step += 1) {
      signal.throwIfAborted();
      const obj = this.#deps.store.get(key);
      if (obj === undefined) {
        this.#saidAt.delete(key);
        this.#conflicts.delete(key);
        return {};
      }
      const finished = await this.#step(obj, signal);
      if (finished !== undefined) return finished;
    }
    this.#deps.log.warn("still busy after many steps, others go first", { object: key });
    return { afterMs: 0 };
  }

  /** Undefined: look again at once. */
  async #step(obj: Obj, signal: AbortSignal): Promise<Requeue | undefined> {
    const { finalizer } = this.#kind;
    const terminating = obj.metadata.deletionTimestamp !== undefined;
    const foreign = this.#foreignFinalizers(obj);
    const protectedByUs = obj.metadata.finalizers?.includes(finalizer) ?? false;
    if (terminating && !protectedByUs) {
      this.#unreported.delete(obj.metadata.uid);
      if (foreign.length < (obj.metadata.finalizers ?? []).length) await this.#patchFinalizers(obj, foreign, signal);
      return {};
    }
    if (!protectedByUs) {
      await this.#patchFinalizers(obj, [...foreign, finalizer], signal);
      return undefined;
    }
    const outcomes = this.#unreported.get(obj.metadata.uid) ?? [];
    const observed = await this.#observe(obj, signal);
    const decision = this.#kind.decide(obj, observed, outcomes);
    const pass = { observed, decision, outcomes };
    if (terminating && decision.gone === true) {
      const { current } = await this.#say(obj, pass, signal);
      if (current !== undefined) await this.#patchFinalizers(current, this.#foreignFinalizers(current), signal);
      return {};
    }
    if (decision.actions.length > 0) return this.#sayAndAct(obj, pass, signal);
    const { current, againMs } = await this.#say(obj, pass, signal);
    if (current === undefined) return {};
    const wakeMs = decision.wakeAtMs === undefined ? undefined : Math.max(0, decision.wakeAtMs - this.#deps.clock.now());
    const afterMs = againMs === undefined || wakeMs === undefined ? (againMs ?? wakeMs) : Math.min(againMs, wakeMs);
    return afterMs === undefined ? {} : { afterMs };
  }

  /** A refusal (no right, no such thing) is said on the object; what may pass by itself is in the log only. */
  async #observe(obj: Obj, signal: AbortSignal): Promise<Observed> {
    try {
      return await this.#kind.observe(obj, signal);
    } catch (error) {
      if (isApiError(error, 400, 401, 403)) await this.#tell(obj, this.#kind.blind(obj, error), signal);
      throw error;
    }
  }

  /**
   * Says what is being done while it is being done: no effect waits for the status that announces it, because nothing is read from that
   * status to make it. Both are over when this returns.
   */
  async #sayAndAct(obj: Obj, pass: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<Requeue | undefined> {
    const [said, acted] = await Promise.allSettled([this.#say(obj, pass, signal), this.#act(obj, pass, signal)]);
    if (acted.status === "rejected") throw acted.reason;
    if (said.status === "rejected") throw said.reason;
    if (acted.value === "done") {
      this.#conflicts.delete(keyOf(obj));
      return undefined;
    }
    const conflicts = (this.#conflicts.get(keyOf(obj)) ?? 0) + 1;
    this.#conflicts.set(keyOf(obj), conflicts);
    return { afterMs: Math.min(CONFLICT_MS * 2 ** (conflicts - 1), CONFLICT_MAX_MS) };
  }

  async #say(obj: Obj, pass: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<Said<Obj>> {
    const said = await this.#tell(obj, this.#kind.report(obj, pass), signal);
    if (said.current !== undefined && said.againMs === undefined) this.#forget(obj, pass.outcomes);
    return said;
  }

  /** Writes the status if it changed, then the events. */
  async #tell(obj: Obj, report: Report<unknown>, signal: AbortSignal): Promise<Said<Obj>> {
    let current = obj;
    if (!deepEqual(obj.status, report.status)) {
      const againMs = report.minor === true && report.events.length === 0 ? this.#untilMayTell(keyOf(obj)) : 0;
      if (againMs > 0) return { current, againMs };
      this.#saidAt.set(keyOf(obj), this.#deps.clock.monotonic());
      const written = await this.#writeStatus(obj, report.status, signal);
      if (written === undefined) return {};
      current = written;
    }
    for (const { type, reason, note } of report.events) {
      this.#deps.events.emit({ regarding: obj, type, reason, action: reason, note });
    }
    return { current };
  }

  #untilMayTell(key: string): number {
    const saidAt = this.#saidAt.get(key);
    return saidAt === undefined ? 0 : Math.max(0, saidAt + MINOR_MS - this.#deps.clock.monotonic());
  }

  async #writeStatus(obj: Obj, status: unknown, signal: AbortSignal): Promise<Obj | undefined> {
    const { api, store, parse } = this.#deps;
    const operations = [
      { op: "test" as const, path: "/metadata/uid", value: obj.metadata.uid },
      { op: "add" as const, path: "/status", value: status },
    ];
    try {
      const written = parse(await api.patch(this.#ref(obj), { type: "json", operations }, signal, { subresource: "status" }));
      store.upsert(written);
      return written;
    } catch (error) {
      if (isApiError(error, 404) || (isApiError(error, 422) && (await this.#isReplaced(obj, signal)))) return undefined;
      throw error;
    }
  }

  /** The name belongs to another object by now: what is known of this one is of no use. */
  async #isReplaced(obj: Obj, signal: AbortSignal): Promise<boolean> {
    const live = await this.#deps.api.get(this.#ref(obj), signal, { metadataOnly: true });
    return live?.metadata.uid !== obj.metadata.uid;
  }

  /** `conflict`: the API server knows something newer than what was decided on; the watch will bring the news. */
  async #act(obj: Obj, { observed, decision }: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<"done" | "conflict"> {
    const { clock, log } = this.#deps;
    for (const action of decision.actions) {
      signal.throwIfAborted();
      log.info("performing", { object: `${obj.kind} ${keyOf(obj)}`, action: this.#kind.describe(action) });
      const attempt = { action, generation: obj.metadata.generation, observed, startedAtMs: clock.now() };
      try {
        const warnings = await this.#kind.perform(obj, observed, action, signal);
        this.#remember(obj, { ...attempt, finishedAtMs: clock.now(), warnings });
      } catch (error) {
        if (isApiError(error, 404, 409)) return "conflict";
        if (signal.aborted && error === signal.reason) throw error;
        this.#remember(obj, { ...attempt, finishedAtMs: clock.now(), warnings: [], error });
        return "done";
      }
    }
    return "done";
  }

  /** Neither ours nor of the operator before us. */
  #foreignFinalizers({ metadata }: Obj): readonly string[] {
    const { finalizer, legacyFinalizers = [] } = this.#kind;
    return (metadata.finalizers ?? []).filter((name) => name !== finalizer && !legacyFinalizers.includes(name));
  }

  #remember(obj: Obj, outcome: Outcome<Action, Observed>): void {
    this.#unreported.set(obj.metadata.uid, [...(this.#unreported.get(obj.metadata.uid) ?? []), outcome]);
  }

  /** What status now tells. Outcomes that came meanwhile stay. */
  #forget(obj: Obj, reported: readonly Outcome<Action, Observed>[]): void {
    const left = (this.#unreported.get(obj.metadata.uid) ?? []).filter((outcome) => !reported.includes(outcome));
    if (left.length > 0) this.#unreported.set(obj.metadata.uid, left);
    else this.#unreported.delete(obj.metadata.uid);
  }

  async #patchFinalizers(obj: Obj, finalizers: readonly string[], signal: AbortSignal): Promise<void> {
    const { api, store, parse } = this.#deps;
    const body = { metadata: { uid: obj.metadata.uid, resourceVersion: obj.metadata.resourceVersion, finalizers } };
    try {
      store.upsert(parse(await api.patch(this.#ref(obj), { type: "merge", body }, signal)));
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
    }
  }

  #ref(obj: Obj): { resource: Resource; namespace: string | undefined; name: string } {
    return { resource: this.#kind.resource, namespace: obj.metadata.namespace, name: obj.metadata.name };
  }
}
